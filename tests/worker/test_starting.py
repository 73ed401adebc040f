"""What the worker waits for before it works, and what it does not wait for."""

import pytest

from tests.clinic import Clinic
from tests.web.conftest import services_of
from utskick.domain.starting import RefusedToStart
from utskick.wiring import Services
from utskick.worker import starting
from utskick.worker.starting import opened


class Database:
    """Opening it fails in these ways, one after the other; then it is there."""

    def __init__(self, services: Services, *failures: Exception) -> None:
        self._services = services
        self._failures = list(failures)

    def open(self) -> Services:
        if self._failures:
            raise self._failures.pop(0)
        return self._services


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_LOOKS_AGAIN_S", 0)


async def test_a_database_that_is_away_is_waited_for_and_only_its_kind_of_failure_logged(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    wired = services_of(clinic)
    away = Database(wired, ConnectionError("secret"), TimeoutError("secret"))
    monkeypatch.setattr(starting, "services", away.open)

    assert await opened() is wired

    assert "Waiting for the database: ConnectionError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("fault", [RefusedToStart("weak key"), FileNotFoundError("no key")])
async def test_what_no_waiting_mends_is_not_waited_for(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(starting, "services", Database(services_of(clinic), fault).open)

    with pytest.raises(type(fault)):
        await opened()
