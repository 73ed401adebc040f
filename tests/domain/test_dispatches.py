"""What may be done with a dispatch, and when."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.people import ANNA, BO
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
    require_another_recipient,
)
from utskick.domain.errors import LastRecipient, NothingAhead, OccasionPassed, WrongStatus
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import Aim, Occasion, OccasionId, OccasionState
from utskick.domain.units import HsaId

NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
DAY = timedelta(days=1)
PHQ = DispatchedForm(FormTemplateId(uuid4()), "PHQ-9", "Frågor om hur du mår")
GAD = DispatchedForm(FormTemplateId(uuid4()), "GAD-7", "Frågor om oro")


def an_occasion(
    number: int, sends_at: datetime, state: OccasionState = OccasionState.PLANNED
) -> Occasion:
    local = sends_at.astimezone(STOCKHOLM)
    return Occasion(
        id=OccasionId(uuid4()),
        number=number,
        local_date=local.date(),
        local_time=local.time(),
        zone=STOCKHOLM,
        sends_at=sends_at,
        state=state,
    )


def a_dispatch(**changes: Any) -> Dispatch:
    parts: dict[str, Any] = {
        "id": DispatchId(uuid4()),
        "kind": DispatchKind.PACKAGE,
        "unit_id": HsaId("SE2321000131-E000000000101"),
        "name": "Inför besök",
        "title": "Inför ditt besök",
        "forms": (PHQ, GAD),
        "occasions": (an_occasion(1, NOW + DAY),),
        "error_addresses": (),
        "creates_inbox_message": True,
        "inbox_message": "",
        "form_banner": "",
        "created_by": "SE2321000131-P000000000001",
        "created_at": NOW,
    }
    return Dispatch(**(parts | changes))


def a_recipient(*, state: RecipientState = RecipientState.ACTIVE) -> Recipient:
    return Recipient(id=RecipientId(uuid4()), personnummer=ANNA, state=state)


def test_a_new_dispatch_is_ongoing() -> None:
    assert a_dispatch().label == "Pågående"


def test_a_stopped_dispatch_has_ended() -> None:
    stopped = a_dispatch().stopped(now=NOW)

    assert (stopped.label, stopped.ended_at) == ("Stoppad", NOW)


@pytest.mark.parametrize(
    "status", [DispatchStatus.STOPPED, DispatchStatus.COMPLETED, DispatchStatus.ABORTED]
)
def test_only_what_goes_on_can_be_stopped(status: DispatchStatus) -> None:
    with pytest.raises(WrongStatus):
        a_dispatch(status=status).stopped(now=NOW)


@pytest.mark.parametrize("late", [timedelta(seconds=-1), timedelta(hours=11.9)])
def test_a_stopped_dispatch_can_be_restarted_until_the_date_of_its_next_occasion_has_passed(
    late: timedelta,
) -> None:
    """The manual speaks of the date, not of the time of day."""
    restarted = a_dispatch().stopped(now=NOW).restarted(now=NOW + DAY + late)

    assert (restarted.label, restarted.ended_at) == ("Pågående", None)


def test_a_stopped_dispatch_stays_stopped_once_that_date_has_passed() -> None:
    stopped = a_dispatch().stopped(now=NOW)

    with pytest.raises(OccasionPassed) as caught:
        stopped.restarted(now=NOW + DAY + timedelta(hours=12))

    assert "var 2027-02-02 kl. 12:00 och har passerat" in caught.value.staff_message


def test_what_is_wholly_sent_cannot_be_restarted() -> None:
    sent = an_occasion(1, NOW - DAY, OccasionState.DONE)
    stopped = a_dispatch(occasions=(sent,), status=DispatchStatus.STOPPED)

    with pytest.raises(NothingAhead) as caught:
        stopped.restarted(now=NOW)

    assert caught.value.staff_message == "Inget tillfälle återstår att återstarta."


def test_a_restart_goes_on_with_the_next_occasion_after_one_that_was_stopped_in_the_middle() -> (
    None
):
    halved = an_occasion(1, NOW - 7 * DAY, OccasionState.STOPPED)
    stopped = a_dispatch(
        occasions=(halved, an_occasion(2, NOW + DAY)), status=DispatchStatus.STOPPED
    )

    restarted = stopped.restarted(now=NOW)

    assert [occasion.number for occasion in restarted.ahead] == [2]


def test_with_only_a_stopped_occasion_a_restart_says_what_can_be_done() -> None:
    halved = an_occasion(1, NOW - DAY, OccasionState.STOPPED)
    stopped = a_dispatch(occasions=(halved,), status=DispatchStatus.STOPPED)

    with pytest.raises(NothingAhead) as caught:
        stopped.restarted(now=NOW)

    assert "Vid tillfälle 1 kan du i stället välja att skicka det som är kvar" in (
        caught.value.staff_message
    )


@pytest.mark.parametrize(
    ("status", "state", "aim", "since_s", "label"),
    [
        (DispatchStatus.ONGOING, OccasionState.PLANNED, Aim.SEND, 60, "Planerat"),
        (DispatchStatus.ONGOING, OccasionState.PLANNED, Aim.SEND, 61, "Försenat"),
        (DispatchStatus.ONGOING, OccasionState.RUNNING, Aim.SEND, 61, "Skickas"),
        (DispatchStatus.STOPPED, OccasionState.PLANNED, Aim.SEND, -60, "Stoppat"),
        (DispatchStatus.STOPPED, OccasionState.PLANNED, Aim.SEND, 61, "Stoppat"),
        (DispatchStatus.ABORTED, OccasionState.PLANNED, Aim.SEND, -60, "Avbrutet"),
        (DispatchStatus.ABORTED, OccasionState.BLOCKED, Aim.SEND, 0, "Avbrutet"),
        (DispatchStatus.STOPPED, OccasionState.RUNNING, Aim.STOP, 1, "Stoppat mitt i"),
        (DispatchStatus.STOPPED, OccasionState.STOPPED, Aim.STOP, 1, "Stoppat mitt i"),
        (DispatchStatus.ONGOING, OccasionState.PLANNED, Aim.NOTIFY, 1, "Stoppat mitt i"),
        (DispatchStatus.STOPPED, OccasionState.RUNNING, Aim.END, 1, "Avslutat"),
        (DispatchStatus.STOPPED, OccasionState.ENDED, Aim.END, 1, "Avslutat"),
        (DispatchStatus.STOPPED, OccasionState.DONE, Aim.SEND, 1, "Skickat"),
        (DispatchStatus.COMPLETED, OccasionState.MISSED, Aim.SEND, 1, "Missat"),
    ],
)
def test_an_occasion_looks_as_it_is_within_its_dispatch_and_now(
    status: DispatchStatus, state: OccasionState, aim: Aim, since_s: int, label: str
) -> None:
    occasion = replace(an_occasion(1, NOW, state), aim=aim)
    dispatch = a_dispatch(occasions=(occasion,), status=status)

    appearance = dispatch.appearance(
        occasion, now=NOW + timedelta(seconds=since_s), late_after=timedelta(minutes=1)
    )

    assert appearance == label


@pytest.mark.parametrize("status", [DispatchStatus.ONGOING, DispatchStatus.ABORTED])
def test_only_what_was_stopped_can_be_restarted(status: DispatchStatus) -> None:
    with pytest.raises(WrongStatus):
        a_dispatch(status=status).restarted(now=NOW)


def test_the_title_is_shown_only_when_there_are_several_forms() -> None:
    assert a_dispatch().heading == "Inför ditt besök"
    assert a_dispatch(forms=(PHQ,)).heading == "Frågor om hur du mår"


@pytest.mark.parametrize(("days", "deletable"), [(6.99, False), (7, True)])
def test_ended_dispatches_are_kept_for_seven_days(days: float, deletable: bool) -> None:
    stopped = a_dispatch().stopped(now=NOW)

    assert stopped.may_be_deleted(now=NOW + days * DAY) is deletable


def test_an_ongoing_dispatch_is_never_deleted() -> None:
    assert not a_dispatch().may_be_deleted(now=NOW + 1000 * DAY)


def test_one_of_two_recipients_can_be_removed() -> None:
    require_another_recipient([a_recipient(), a_recipient()], ongoing=True)


@pytest.mark.parametrize("state", [RecipientState.REMOVED, RecipientState.LEFT_OUT])
def test_the_last_recipient_cannot_be_removed(state: RecipientState) -> None:
    with pytest.raises(LastRecipient):
        require_another_recipient([a_recipient(), a_recipient(state=state)], ongoing=True)


def test_a_recipient_shows_nobody() -> None:
    shown = repr(a_recipient())

    assert ANNA.digits not in shown
    assert BO.digits not in shown
    assert "1991••••-••••" in shown


def test_what_is_sent_late_keeps_its_last_day_but_never_one_that_has_passed() -> None:
    occasion = replace(an_occasion(1, NOW), answer_by=date(2027, 2, 3), answer_by_time=time(20))
    dispatch = a_dispatch(occasions=(occasion,), answer_by=date(2027, 3, 1))

    in_time = dispatch.last_day(occasion, sent_on=date(2027, 2, 3))
    too_late = dispatch.last_day(occasion, sent_on=date(2027, 2, 4))

    assert (str(in_time), str(too_late)) == ("2027-02-03 kl. 20:00", "2027-02-04")


def test_without_one_of_its_own_an_occasions_last_day_is_the_dispatchs_or_a_year_on() -> None:
    occasion = an_occasion(1, NOW)
    sent_on = date(2027, 2, 1)

    chosen = a_dispatch(answer_by=date(2027, 3, 1)).last_day(occasion, sent_on=sent_on)

    late = a_dispatch(answer_by=date(2027, 3, 1)).last_day(occasion, sent_on=date(2027, 3, 2))

    assert (str(chosen), str(late)) == ("2027-03-01", "2027-03-02")
    assert str(a_dispatch().last_day(occasion, sent_on=sent_on)) == "2028-02-01"
