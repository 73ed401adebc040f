"""What we use of Prefect that is not public is still there, and still used by Prefect itself."""

import inspect

import pytest
from docket import Docket, Worker

from tests.prefect_server import PrefectServer


@pytest.mark.parametrize("note", ["a heartbeat every 0:00:30", "looked into every 0:00:02"])
def test_prefect_makes_its_queue_of_what_we_have_put_in_place_of_its_own(
    prefect_server: PrefectServer, note: str
) -> None:
    assert note in prefect_server.log()


def test_the_queue_has_the_settings_that_prefect_leaves_out() -> None:
    assert "heartbeat_interval" in inspect.signature(Docket).parameters
    settings = {"minimum_check_interval", "scheduling_resolution"}
    assert settings <= inspect.signature(Worker).parameters.keys()
