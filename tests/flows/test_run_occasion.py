"""The flow that operators see: what it sends, and as what Prefect shows its end."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import State, StateType

from tests.prefect_server import PrefectServer
from tests.waiting import poll

SENT_TO_ANNA_UNTIL_STOPPED = {"Anna": 1, "Bo": 0}
SENT_TO_BO_ALONE = {"forms": {"Anna": 0, "Bo": 4}, "messages": ["Bo"]}
SENT_TO_NOBODY = {"forms": {"Anna": 0, "Bo": 0}, "messages": []}
SENT_TO_BOTH = {"forms": {"Anna": 4, "Bo": 4}, "messages": ["Anna", "Bo"]}


@dataclass(frozen=True)
class Ran:
    """What each story came to."""

    server: PrefectServer
    stories: Mapping[str, Mapping[str, Any]]

    def sent(self, story: str) -> Mapping[str, Any]:
        return {what: self.stories[story][what] for what in ("forms", "messages")}

    def mails(self, story: str) -> Sequence[str]:
        """What they are about."""
        mails: Sequence[str] = self.stories[story]["mails"]
        return mails

    def state(self, story: str, run: str = "run") -> State[Any]:
        state = self.server.client.read_flow_run(UUID(self.stories[story][run])).state
        assert state is not None
        return state

    def log(self, story: str) -> str:
        run_id = LogFilterFlowRunId(any_=[UUID(self.stories[story]["run"])])
        logs = self.server.client.read_logs(LogFilter(flow_run_id=run_id))
        return "\n".join(each.message for each in logs)


@pytest.fixture(scope="module")
def ran(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    process = subprocess.run(
        [sys.executable, "-m", "tests.flows.occasion_runs", tmp_path_factory.mktemp("store")],
        env=os.environ | prefect_server.environment,
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
    assert state.type is StateType.COMPLETED
    assert (state.name, state.message) == ("Delvis skickat", "4 av 8 formulär skickade")
    assert ran.mails("protected_while_it_waits") == ["Allt kunde inte skickas"]


def test_operators_read_of_how_many_a_register_could_not_answer_again(ran: Ran) -> None:
    assert ran.sent("nobody_answers_again") == SENT_TO_BOTH
    poll(lambda: "Not checked again in time: 2" in ran.log("nobody_answers_again"))


def test_what_a_withdrawn_unit_had_started_is_aborted(ran: Ran) -> None:
    state = ran.state("unit_withdrawn_while_it_waits")

    assert ran.sent("unit_withdrawn_while_it_waits") == SENT_TO_NOBODY
    assert (state.type, state.name) == (StateType.FAILED, "Avbruten")
    assert state.message == "Enheten är indragen"
    assert ran.mails("unit_withdrawn_while_it_waits") == ["Paketutskick avbrutet"]


def test_when_all_is_well_everybody_gets_everything(ran: Ran) -> None:
    state = ran.state("all_well")

    assert ran.sent("all_well") == SENT_TO_BOTH
    assert state.type is StateType.COMPLETED
    assert (state.name, state.message) == ("Skickat", "8 av 8 formulär skickade")
    assert ran.mails("all_well") == []


def test_a_second_run_has_nothing_to_send(ran: Ran) -> None:
    state = ran.state("run_again_when_all_is_sent")

    assert ran.sent("run_again_when_all_is_sent") == SENT_TO_BOTH
    assert (state.type, state.name) == (StateType.COMPLETED, "Inget att skicka")
    assert state.message == "Nothing to send: already sent"


def test_what_begins_late_is_sent_and_operators_read_that_it_was(ran: Ran) -> None:
    assert ran.sent("run_an_hour_late") == SENT_TO_BOTH
    assert ran.state("run_an_hour_late").name == "Skickat"
    poll(lambda: "The moment had passed: sent late" in ran.log("run_an_hour_late"))


def test_what_begins_too_late_is_missed_and_mailed(ran: Ran) -> None:
    state = ran.state("run_too_late")

    assert ran.sent("run_too_late") == SENT_TO_NOBODY
    assert (state.type, state.name) == (StateType.FAILED, "Missat")
    assert state.message == "Tillfället kunde inte skickas i tid"
    assert ran.mails("run_too_late") == ["Missat utskickstillfälle"]


def test_what_a_silent_register_keeps_from_being_sent_is_missed_and_mailed(ran: Ran) -> None:
    story = "register_away_until_too_late"
    state = ran.state(story)

    assert ran.sent(story) == SENT_TO_NOBODY
    assert (state.type, state.name) == (StateType.FAILED, "Missat")
    assert ran.mails(story) == ["Missat utskickstillfälle"]
    poll(lambda: "A neighbour stayed away until it was too late" in ran.log(story))


def test_an_archived_form_aborts_the_dispatch_before_anybody_is_asked_about(ran: Ran) -> None:
    state = ran.state("archived_before_it_prepares")

    assert ran.sent("archived_before_it_prepares") == SENT_TO_NOBODY
    assert (state.type, state.name) == (StateType.FAILED, "Avbruten")
    assert state.message == "Spärrade mallar: PHQ-9"
    assert ran.mails("archived_before_it_prepares") == ["Paketutskick avbrutet"]


def test_what_is_stopped_before_its_moment_sends_nothing(ran: Ran) -> None:
    state = ran.state("stopped_while_it_waits")

    assert ran.sent("stopped_while_it_waits") == SENT_TO_NOBODY
    assert (state.type, state.name) == (StateType.COMPLETED, "Stoppat")
    assert ran.mails("stopped_while_it_waits") == []


def test_what_is_stopped_in_the_middle_says_how_much_had_been_sent(ran: Ran) -> None:
    state = ran.state("stopped_in_the_middle")

    assert ran.sent("stopped_in_the_middle")["forms"] == SENT_TO_ANNA_UNTIL_STOPPED
    assert (state.type, state.name) == (StateType.COMPLETED, "Stoppat mitt i")
    assert state.message == "1 av 8 formulär skickade"
    assert ran.mails("stopped_in_the_middle") == []


def test_when_the_rest_is_ended_a_run_notifies_all_who_have_got_anything(ran: Ran) -> None:
    state = ran.state("rest_is_ended_after_that")

    assert ran.sent("rest_is_ended_after_that") == {
        "forms": SENT_TO_ANNA_UNTIL_STOPPED,
        "messages": ["Anna"],
    }
    assert (state.type, state.name) == (StateType.COMPLETED, "Avslutat")
    assert state.message == "1 av 8 formulär skickade"
