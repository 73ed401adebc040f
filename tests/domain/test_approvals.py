"""Who must approve what, until when, and who may say so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.clinic import MONDAY_NOON, STAFF, Clinic
from utskick.domain.approvals import (
    Approval,
    ApprovalCause,
    ApprovalLapsed,
    NotOwnDispatch,
    OwnDispatch,
    approved,
    ask,
    cause_of,
    declined,
    lapsed,
    withdrawn,
)
from utskick.domain.dispatches import NEVER_SENT, Dispatch, DispatchStatus
from utskick.domain.errors import WrongStatus
from utskick.domain.occasions import Appearance

COLLEAGUE = "SE2321000131-P000000000009"
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def waiting(clinic: Clinic) -> Dispatch:
    """A package dispatch in an hour."""
    return replace((await clinic.start()).dispatch, status=DispatchStatus.AWAITING)


def question(dispatch: Dispatch) -> Approval:
    return ask(dispatch, ApprovalCause.MANY, within=WEEK, now=MONDAY_NOON)


@pytest.mark.parametrize(
    ("recipients", "above", "package_needs", "cause"),
    [
        (50, 0, False, None),
        (50, 50, False, None),
        (51, 50, False, ApprovalCause.MANY),
        (1, 0, True, ApprovalCause.PACKAGE),
        (51, 50, True, ApprovalCause.PACKAGE),
    ],
)
def test_many_recipients_or_the_package_ask_for_a_colleague(
    recipients: int, above: int, *, package_needs: bool, cause: ApprovalCause | None
) -> None:
    assert cause_of(recipients, above=above, package_needs=package_needs) is cause


async def test_a_question_ends_when_the_first_moment_has_passed(waiting: Dispatch) -> None:
    occasion = waiting.occasions[0]
    later = replace(occasion, sends_at=MONDAY_NOON + 3 * WEEK)
    by_hand = replace(occasion, sends_at=MONDAY_NOON, by_hand_at=MONDAY_NOON)

    ends = [
        question(replace(waiting, occasions=(each,))).expires_at
        for each in (occasion, later, by_hand)
    ]

    assert ends == [occasion.sends_at, MONDAY_NOON + WEEK, MONDAY_NOON + WEEK]


async def test_a_colleague_says_yes_and_never_whoever_started_it(waiting: Dispatch) -> None:
    asked = question(waiting)

    with pytest.raises(OwnDispatch):
        approved(waiting, asked, by=STAFF.name, now=MONDAY_NOON)
    started = approved(waiting, asked, by=COLLEAGUE, now=asked.expires_at - MINUTE)

    assert started.status is DispatchStatus.ONGOING


async def test_a_yes_that_comes_too_late_is_none(waiting: Dispatch) -> None:
    asked = question(waiting)

    with pytest.raises(ApprovalLapsed):
        approved(waiting, asked, by=COLLEAGUE, now=asked.expires_at)


async def test_only_whoever_started_it_takes_it_back(waiting: Dispatch) -> None:
    with pytest.raises(NotOwnDispatch):
        withdrawn(waiting, by=COLLEAGUE, now=MONDAY_NOON)

    assert withdrawn(waiting, by=STAFF.name, now=MONDAY_NOON).status is DispatchStatus.WITHDRAWN


async def test_what_was_never_approved_is_over_and_says_so(waiting: Dispatch) -> None:
    over = [
        declined(waiting, now=MONDAY_NOON),
        withdrawn(waiting, by=STAFF.name, now=MONDAY_NOON),
        lapsed(waiting, now=MONDAY_NOON),
    ]

    assert {each.status for each in over} == NEVER_SENT
    assert [each.label for each in over] == ["Nekad", "Återtagen", "Utgången"]
    for each in over:
        occasion = each.occasions[0]
        shown = each.appearance(occasion, now=MONDAY_NOON, late_after=MINUTE)
        assert shown is Appearance.NOT_SENT
        assert not each.awaits_run(occasion)
        assert not each.may_restart(now=MONDAY_NOON)
        assert each.may_be_deleted(now=MONDAY_NOON + WEEK)
        with pytest.raises(WrongStatus):
            each.require_more_to_send(action="remove a recipient")
        with pytest.raises(WrongStatus):
            lapsed(each, now=MONDAY_NOON)
