"""What may be done with a dispatch, and when."""

from datetime import UTC, datetime, timedelta
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
from utskick.domain.errors import LastRecipient, OccasionPassed, WrongStatus
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import Occasion, OccasionId, OccasionState
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


def test_a_stopped_dispatch_can_be_restarted_while_its_next_occasion_lies_ahead() -> None:
    restarted = a_dispatch().stopped(now=NOW).restarted(now=NOW + DAY - timedelta(seconds=1))

    assert (restarted.label, restarted.ended_at) == ("Pågående", None)


def test_a_stopped_dispatch_stays_stopped_once_its_next_occasion_has_passed() -> None:
    stopped = a_dispatch().stopped(now=NOW)

    with pytest.raises(OccasionPassed) as caught:
        stopped.restarted(now=NOW + DAY)

    assert "var 2027-02-02 kl. 12:00 och har passerat" in caught.value.staff_message


def test_what_is_wholly_sent_cannot_be_restarted() -> None:
    sent = an_occasion(1, NOW - DAY, OccasionState.DONE)
    stopped = a_dispatch(occasions=(sent,), status=DispatchStatus.STOPPED)

    with pytest.raises(WrongStatus):
        stopped.restarted(now=NOW)


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
    require_another_recipient([a_recipient(), a_recipient()])


@pytest.mark.parametrize("state", [RecipientState.REMOVED, RecipientState.LEFT_OUT])
def test_the_last_recipient_cannot_be_removed(state: RecipientState) -> None:
    with pytest.raises(LastRecipient):
        require_another_recipient([a_recipient(), a_recipient(state=state)])


def test_a_recipient_shows_nobody() -> None:
    shown = repr(a_recipient())

    assert ANNA.digits not in shown
    assert BO.digits not in shown
    assert "1991••••-••••" in shown
