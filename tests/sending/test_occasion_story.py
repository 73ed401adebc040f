"""The story of an occasion: its stages in their order, and each place where it can end early."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.domain.test_dispatches import DAY, NOW, a_dispatch, an_occasion
from utskick.domain.deliveries import DeliveryState
from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionState
from utskick.ports import TemporaryFailure
from utskick.records import FormSummary
from utskick.sending.check_again import CheckedAgain
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.sending.occasion_story import Ending, EndName, send_occasion

LOG = logging.getLogger(__name__)
AWAY = TemporaryFailure("away")
ARCHIVED = StartBlocked(archived=["PHQ-9"], unsubscribed=["Levnadsvanor"])
WITHDRAWN = StartBlocked(unit_withdrawn=True)
PLANNED = 8
UNCHECKED = (
    "Not checked again in time: 1 in the population register, 3 for an account."
    " For them the last answers hold"
)

UNTIL_THE_SECOND_CHECK = (
    *("claim", "hold", "check_templates", "validate_recipients", "render_message"),
    "check_again",
)
WHOLE = (*UNTIL_THE_SECOND_CHECK, f"send_forms {PLANNED}", "close", "let go")


class Recorded:
    """Stages that note that they were gone through, and answer what they are given."""

    def __init__(
        self,
        *,
        claim: ClaimResult = ClaimResult.CLAIMED,
        checked: StartBlocked | None = None,
        checked_again: CheckedAgain | StartBlocked | None = None,
        late: bool = False,
        closed: Closed | None = None,
        failures: Mapping[str, Exception] | None = None,
    ) -> None:
        self.passed: list[str] = []
        self._claim = claim
        self._checked = checked
        self._checked_again = checked_again or CheckedAgain()
        self._late = late
        self._closed = closed or a_close()
        self._failures = failures or {}

    @property
    def occasion(self) -> Occasion:
        return an_occasion(1, NOW + DAY)

    async def claim(self) -> ClaimResult:
        self._pass("claim")
        return self._claim

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        self.passed.append("hold")
        try:
            yield
        finally:
            self.passed.append("let go")

    async def check_templates(self) -> StartBlocked | None:
        self._pass("check_templates")
        return self._checked

    async def validate_recipients(self) -> int:
        self._pass("validate_recipients")
        return PLANNED

    async def render_message(self) -> None:
        self._pass("render_message")

    async def check_again(self) -> CheckedAgain | StartBlocked:
        self._pass("check_again")
        return self._checked_again

    async def send_forms(self, planned: int) -> bool:
        self._pass("send_forms", str(planned))
        return self._late

    async def notify_recipients(self) -> None:
        self._pass("notify_recipients")

    async def close(self) -> Closed:
        self._pass("close")
        return self._closed

    async def mail_errors(self) -> None:
        self._pass("mail_errors")

    def _pass(self, stage: str, *seen: str) -> None:
        self.passed.append(" ".join((stage, *seen)))
        if stage in self._failures:
            raise self._failures[stage]


def a_close(
    state: OccasionState = OccasionState.DONE,
    *,
    sent: int = PLANNED,
    uncertain_messages: int = 0,
) -> Closed:
    occasion = replace(an_occasion(1, NOW + DAY), state=state)
    return Closed(
        dispatch=a_dispatch(occasions=(occasion,)),
        occasion=occasion,
        forms=[
            FormSummary(
                form_name="PHQ-9",
                planned=PLANNED,
                by_state={DeliveryState.SENT: sent},
                refused_because={},
            )
        ],
        messages={DeliveryState.MANUAL: uncertain_messages},
    )


async def the_end(stages: Recorded) -> Ending:
    return await send_occasion(stages, log=LOG)


def shown(ending: Ending) -> tuple[str, str, bool]:
    """What operators see of it, and whether as a failure."""
    return ending.name.value, ending.message, ending.failed


async def test_the_stages_are_gone_through_in_their_order() -> None:
    stages = Recorded()

    ending = await the_end(stages)

    assert tuple(stages.passed) == WHOLE
    assert shown(ending) == ("Skickat", "8 av 8 formulär skickade", False)


@pytest.mark.parametrize(
    ("claim", "name", "message"),
    [
        (ClaimResult.NOT_ONGOING, EndName.NOTHING_TO_SEND, "Nothing to send: not ongoing"),
        (ClaimResult.ALREADY_SENT, EndName.NOTHING_TO_SEND, "Nothing to send: already sent"),
        (ClaimResult.TAKEN, EndName.NOTHING_TO_SEND, "Nothing to send: taken"),
        (ClaimResult.OUTDATED, EndName.NOTHING_TO_SEND, "Nothing to send: outdated"),
        (
            ClaimResult.TOO_EARLY,
            EndName.TOO_EARLY,
            "Skickas 2027-02-02 12:00 som planerat. Den här körningen höll inget",
        ),
    ],
)
async def test_whoever_does_not_get_the_occasion_does_nothing(
    claim: ClaimResult, name: EndName, message: str
) -> None:
    stages = Recorded(claim=claim)

    ending = await the_end(stages)

    assert stages.passed == ["claim"]
    assert ending == Ending(name, message, claim)
    assert not ending.failed


async def test_what_comes_too_late_is_missed_and_mailed_at_once() -> None:
    stages = Recorded(claim=ClaimResult.TOO_LATE)

    ending = await the_end(stages)

    assert stages.passed == ["claim", "mail_errors"]
    assert shown(ending) == ("Missat", "Tillfället kunde inte skickas i tid", True)
    assert ending.came_to is ClaimResult.TOO_LATE


@pytest.mark.parametrize(
    ("blocked", "message"),
    [(ARCHIVED, "Spärrade mallar: PHQ-9, Levnadsvanor"), (WITHDRAWN, "Enheten är indragen")],
)
async def test_what_is_blocked_at_the_first_check_is_aborted_before_anything_is_planned(
    blocked: StartBlocked, message: str
) -> None:
    stages = Recorded(checked=blocked)

    ending = await the_end(stages)

    assert stages.passed == ["claim", "hold", "check_templates", "mail_errors", "let go"]
    assert shown(ending) == ("Avbruten", message, True)
    assert ending.came_to is blocked


async def test_what_is_blocked_at_the_second_check_is_aborted_before_anything_is_sent() -> None:
    stages = Recorded(checked_again=WITHDRAWN)

    ending = await the_end(stages)

    assert tuple(stages.passed) == (*UNTIL_THE_SECOND_CHECK, "mail_errors", "let go")
    assert shown(ending) == ("Avbruten", "Enheten är indragen", True)


async def test_after_a_stop_recipients_are_notified_and_no_form_is_sent() -> None:
    stages = Recorded(claim=ClaimResult.TO_NOTIFY, closed=a_close(OccasionState.STOPPED, sent=3))

    ending = await the_end(stages)

    assert stages.passed == ["claim", "hold", "notify_recipients", "close", "let go"]
    assert shown(ending) == ("Stoppat mitt i", "3 av 8 formulär skickade", False)


@pytest.mark.parametrize(
    "stage", ["check_templates", "validate_recipients", "check_again", f"send_forms {PLANNED}"]
)
async def test_a_neighbour_that_stays_away_ends_the_occasion_and_what_is_left_is_mailed(
    stage: str, caplog: pytest.LogCaptureFixture
) -> None:
    missed = a_close(OccasionState.MISSED, sent=0)
    stages = Recorded(failures={stage.partition(" ")[0]: AWAY}, closed=missed)

    ending = await the_end(stages)

    before = WHOLE[: WHOLE.index(stage) + 1]
    assert tuple(stages.passed) == (*before, "close", "let go", "mail_errors")
    assert shown(ending) == ("Missat", "0 av 8 formulär skickade", True)
    assert ending.came_to is missed
    assert "A neighbour stayed away until it was too late: away" in caplog.text


@pytest.mark.parametrize("stage", ["render_message", f"send_forms {PLANNED}", "close"])
async def test_any_other_failure_lets_go_of_the_occasion_and_is_raised(stage: str) -> None:
    stages = Recorded(failures={stage.partition(" ")[0]: RuntimeError("broken")})

    with pytest.raises(RuntimeError):
        await the_end(stages)

    assert tuple(stages.passed) == (*WHOLE[: WHOLE.index(stage) + 1], "let go")


@pytest.mark.parametrize("stage", ["notify_recipients", "close"])
async def test_a_failure_after_a_stop_lets_go_of_the_occasion_and_is_raised(stage: str) -> None:
    stages = Recorded(claim=ClaimResult.TO_NOTIFY, failures={stage: AWAY})

    with pytest.raises(TemporaryFailure):
        await the_end(stages)

    assert stages.passed[-2:] == [stage, "let go"]


@pytest.mark.parametrize(
    ("closed", "name", "mailed", "failed"),
    [
        (a_close(), EndName.SENT, False, False),
        (a_close(uncertain_messages=1), EndName.SENT, True, False),
        (a_close(sent=7), EndName.PARTLY_SENT, True, False),
        (a_close(OccasionState.MISSED, sent=7), EndName.MISSED, True, True),
        (a_close(OccasionState.STOPPED), EndName.STOPPED_MIDWAY, False, False),
        (a_close(OccasionState.ENDED), EndName.ENDED, False, False),
        (a_close(OccasionState.PLANNED), EndName.STOPPED_BEFORE, False, False),
    ],
)
async def test_how_the_occasion_was_closed_is_what_operators_see(
    closed: Closed,
    name: EndName,
    mailed: bool,
    failed: bool,
) -> None:
    stages = Recorded(closed=closed)

    ending = await the_end(stages)

    assert (ending.name, ending.failed) == (name, failed)
    assert tuple(stages.passed) == (*WHOLE, *(["mail_errors"] if mailed else []))


@pytest.mark.parametrize(
    ("checked", "late", "lines"),
    [
        (CheckedAgain(), False, []),
        (CheckedAgain(refused=2), False, ["2 recipients get nothing after all"]),
        (
            CheckedAgain(unchecked_persons=1, unchecked_accounts=3),
            False,
            [UNCHECKED],
        ),
        (CheckedAgain(), True, ["The moment had passed: sent late"]),
    ],
)
async def test_operators_read_on_the_way_what_they_might_wonder_about(
    checked: CheckedAgain,
    late: bool,
    lines: Sequence[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, LOG.name)

    await the_end(Recorded(checked_again=checked, late=late))

    logged = [record.getMessage() for record in caplog.records]
    assert logged == ["8 forms are planned; waiting for the moment", *lines]
