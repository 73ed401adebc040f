"""Flows on one shared client, as a real Prefect server sees them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest
from prefect.client.schemas.objects import State, StateType
from prefect.events import Event

from tests.prefect_server import PrefectServer
from tests.waiting import poll
from tests.worker.shared_runs import MANY

_EVENTS_PER_TASK = 3


@dataclass(frozen=True)
class Ran:
    """What a process has run, and the server knows of it."""

    server: PrefectServer
    runs_by_name: Mapping[str, Sequence[str]]
    costs: Mapping[str, Sequence[str]]

    def states(self, name: str) -> list[State]:
        runs = [self.server.client.read_flow_run(UUID(each)) for each in self.runs_by_name[name]]
        return [run.state for run in runs if run.state is not None]

    def events(self, prefix: str) -> Sequence[Event]:
        """Of these runs: others use the same server."""
        ours = [f"prefect.flow-run.{each}" for ids in self.runs_by_name.values() for each in ids]
        asked = {"event": {"prefix": [prefix]}, "any_resource": {"id": ours}}
        answer = self.server.client.request("POST", "/events/filter", json={"filter": asked})
        return [Event.model_validate(each) for each in answer.json()["events"]]


@pytest.fixture(scope="module")
def ran(prefect_server: PrefectServer) -> Ran:
    process = subprocess.run(
        [sys.executable, "-m", "tests.worker.shared_runs"],
        env=os.environ | prefect_server.environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    seen = json.loads(process.stdout)
    return Ran(prefect_server, seen["runs"], seen["costs"])


def test_prefect_learns_how_a_run_went(ran: Ran) -> None:
    (state,) = ran.states("greeted")

    assert (state.type, state.name, state.message) == (StateType.COMPLETED, "Hälsat", "Hej Anna")


def test_prefect_is_notified_of_a_failure(ran: Ran) -> None:
    assert [state.type for state in ran.states("failed")] == [StateType.FAILED]


def test_runs_that_wait_keep_no_other_from_starting(ran: Ran) -> None:
    assert [state.type for state in ran.states("waited")] == [StateType.COMPLETED] * MANY


def test_a_run_that_is_cancelled_ends_at_once_and_prefect_is_notified(ran: Ran) -> None:
    assert [state.type for state in ran.states("cancelled")] == [StateType.CRASHED]


def test_a_task_is_reported_in_three_events_that_name_its_run_alone(ran: Ran) -> None:
    def events() -> Sequence[Event]:
        return ran.events("prefect.task-run.")

    poll(lambda: len(events()) >= _EVENTS_PER_TASK)
    assert len(events()) == _EVENTS_PER_TASK
    for event in events():
        assert {related.role for related in event.related} <= {"flow-run", "flow"}


def test_a_run_sends_no_heartbeats(ran: Ran) -> None:
    assert not ran.events("prefect.flow-run.heartbeat")


def test_a_run_asks_prefect_for_no_more_than_its_beginning_and_its_end(ran: Ran) -> None:
    what = [each.rpartition("/")[2] for each in ran.costs["asked"]]

    assert len(what) == 3, ran.costs["asked"]
    assert [what[0], what[2]] == ["set_state", "set_state"]


def test_a_run_starts_no_thread(ran: Ran) -> None:
    assert ran.costs["threads"] == []
