"""Prefect ignores a setting whose name it does not know, and never says so."""

import os
from pathlib import Path

import pytest
from prefect.settings import Settings
from prefect.settings.models.server.services import ServerServicesDBVacuumSettings

from utskick.adapters.prefect_environment import prefect_environment

_NOT_SETTINGS = {"DO_NOT_TRACK"}
_LOGGERS = "PREFECT_LOGGING_LOGGERS_"
"""Read by Prefect's logging configuration, by a logger's name."""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    environment = prefect_environment(
        home=tmp_path, api_url="http://127.0.0.1:4200/api", login="utskick:secret"
    )
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


def test_prefect_knows_each_setting_by_its_name(environment: dict[str, str]) -> None:
    known = Settings().to_environment_variables(exclude_unset=True, include_aliases=True)

    ours = {name for name in environment if not name.startswith(_LOGGERS)}
    assert ours - _NOT_SETTINGS <= set(known)


@pytest.mark.usefixtures("environment")
def test_ended_runs_and_events_are_kept_for_a_week() -> None:
    vacuum = ServerServicesDBVacuumSettings()

    assert {"events", "flow_runs"} <= vacuum.enabled_vacuum_types
    assert vacuum.retention_period.days == 7
    assert Settings().server.events.retention_period.days == 7


@pytest.mark.usefixtures("environment")
def test_deployments_stay_ready_between_the_workers_looks() -> None:
    foreman = Settings().server.services.foreman

    assert foreman.deployment_last_polled_timeout_seconds >= 3 * 300
    assert foreman.work_queue_last_polled_timeout_seconds >= 3 * 300
