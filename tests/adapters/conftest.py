from collections.abc import Iterator

import pytest

from tests.adapters.neighbours import ARCHIVED_FORM, LocalNeighbours, Neighbours, TwinNeighbours
from tests.local_1177.conftest import Local, a_local
from tests.local_1177.region import NAFS, OWN, SHARED


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with a_local(tmp_path_factory.mktemp("neighbours")) as local:
        yield local


@pytest.fixture
def local(running: Local) -> Local:
    running.reset()
    for template_id in (OWN, SHARED, NAFS):
        running.control(f"templates/{template_id}/publish")
    running.control(f"templates/{ARCHIVED_FORM}/archive")
    return running


@pytest.fixture(params=["in-memory", "http"])
def neighbours(request: pytest.FixtureRequest) -> Neighbours:
    if request.param == "in-memory":
        return TwinNeighbours()
    return LocalNeighbours(request.getfixturevalue("local"))
