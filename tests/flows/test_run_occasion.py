"""The flow that operators see: what it sends, and what Prefect is told of it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import State, StateType

from tests.prefect_server import PrefectServer
from tests.waiting import poll

SENT_TO_BO_ALONE = {"forms": {"Anna": 0, "Bo": 4}, "messages": ["Bo"]}
SENT_TO_BOTH = {"forms": {"Anna": 4, "Bo": 4}, "messages": ["Anna", "Bo"]}


@dataclass(frozen=True)
class Ran:
    """What each story came to."""

    server: PrefectServer
    told: Mapping[str, Mapping[str, Any]]

    def sent(self, story: str) -> Mapping[str, Any]:
        return {what: self.told[story][what] for what in ("forms", "messages")}

    def state(self, story: str, run: str = "run") -> State[Any]:
        state = self.server.client.read_flow_run(UUID(self.told[story][run])).state
        assert state is not None
        return state

    def log(self, story: str) -> str:
        run_id = LogFilterFlowRunId(any_=[UUID(self.told[story]["run"])])
        logs = self.server.client.read_logs(LogFilter(flow_run_id=run_id))
        return "\n".join(each.message for each in logs)


@pytest.fixture(scope="module")
def ran(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    process = subprocess.run(
        [sys.executable, "-m", "tests.flows.occasion_runs", tmp_path_factory.mktemp("store")],
        env=os.environ | {"PREFECT_API_URL": prefect_server.api_url},
        stdout=subprocess.PIPE,
        check=True,
    )
    return Ran(prefect_server, json.loads(process.stdout))


def test_a_quick_run_six_minutes_early_ends_as_too_early_and_says_when_it_is_sent(
    ran: Ran,
) -> None:
    state = ran.state("quick_run_six_minutes_early", "early")

    assert (state.type, state.name) == (StateType.COMPLETED, "För tidigt")
    assert state.message == "Skickas 2027-02-01 13:00 som planerat. Den här körningen höll inget"


def test_whoever_is_protected_after_a_quick_run_gets_nothing(ran: Ran) -> None:
    assert ran.sent("quick_run_six_minutes_early") == SENT_TO_BO_ALONE


def test_whoever_is_protected_while_a_run_waits_gets_nothing(ran: Ran) -> None:
    state = ran.state("protected_while_it_waits")

    assert ran.sent("protected_while_it_waits") == SENT_TO_BO_ALONE
    assert (state.name, state.message) == ("Delvis skickat", "4 av 8 formulär skickade")


def test_operators_read_of_how_many_a_register_could_not_tell_again(ran: Ran) -> None:
    assert ran.sent("nobody_answers_again") == SENT_TO_BOTH
    poll(lambda: "Not checked again in time: 2" in ran.log("nobody_answers_again"))


def test_what_a_withdrawn_unit_had_started_is_aborted(ran: Ran) -> None:
    state = ran.state("unit_withdrawn_while_it_waits")

    assert ran.sent("unit_withdrawn_while_it_waits") == {
        "forms": {"Anna": 0, "Bo": 0},
        "messages": [],
    }
    assert (state.type, state.name) == (StateType.FAILED, "Avbruten")
    assert state.message == "Enheten är indragen"


def test_when_all_is_well_everybody_gets_everything(ran: Ran) -> None:
    state = ran.state("all_well")

    assert ran.sent("all_well") == SENT_TO_BOTH
    assert (state.name, state.message) == ("Skickat", "8 av 8 formulär skickade")
