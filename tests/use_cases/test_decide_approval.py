"""Två personer: nothing of a dispatch is sent before a colleague has approved it, once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import PACKAGE, STAFF, UNIT, Clinic
from tests.people import ANNA
from utskick.domain.approvals import ApprovalLapsed, NotOwnDispatch, OwnDispatch
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import (
    AlreadyEnded,
    AwaitsApproval,
    SpecRefused,
    UtskickError,
    WrongStatus,
)
from utskick.domain.units import Actor
from utskick.sending.claim_occasion import ClaimResult
from utskick.use_cases.submissions import Started

COLLEAGUE = Actor("SE2321000131-P000000000009", UNIT.id)
MAILBOX = "mottagningen@vgregion.se"


@pytest.fixture
def careful(clinic: Clinic) -> Clinic:
    """Dispatches to more than one recipient wait for a colleague."""
    clinic.rules = replace(clinic.rules, approval_above=1)
    return clinic


def approve(clinic: Clinic, dispatch: Dispatch, by: Actor = COLLEAGUE) -> bool:
    return clinic.decide_approval.approve_dispatch(dispatch.id, actor=by, now=clinic.clock.now())


def decline(clinic: Clinic, dispatch: Dispatch, reason: str = "Fel paket.") -> None:
    clinic.decide_approval.decline_dispatch(
        dispatch.id, reason, actor=COLLEAGUE, now=clinic.clock.now()
    )


def withdraw(clinic: Clinic, dispatch: Dispatch, by: Actor = STAFF) -> None:
    clinic.decide_approval.withdraw_dispatch(dispatch.id, actor=by, now=clinic.clock.now())


def status(clinic: Clinic, dispatch: Dispatch) -> DispatchStatus:
    return clinic.dispatch(dispatch).status


async def started(clinic: Clinic, **changes: Any) -> Dispatch:
    return (await clinic.start(**changes)).dispatch


async def test_what_waits_is_neither_registered_nor_sent_whatever_runs(careful: Clinic) -> None:
    dispatch = await started(careful)

    claimed = await careful.run(dispatch.occasions[0])
    await careful.reconcile()
    careful.audit()

    assert dispatch.status is DispatchStatus.AWAITING
    assert claimed is ClaimResult.NOT_ONGOING
    assert (careful.scheduler.plans, careful.forms.forms) == ([], [])


async def test_a_colleagues_yes_registers_and_sends_it(careful: Clinic, log: Log) -> None:
    dispatch = await started(careful)

    registered = approve(careful, dispatch)
    await careful.run(dispatch.occasions[0])

    assert registered
    assert len(careful.scheduler.plans) == 1
    assert len(careful.sent_to(ANNA)) == 4
    acts = [act for act in log() if "godk" in act]
    assert acts == ["Skriva: bett om godkännande av utskick", "Skriva: godkänt utskick"]


async def test_few_recipients_wait_for_nobody_unless_the_package_says_so(
    careful: Clinic,
) -> None:
    few = await started(careful, recipients=[ANNA.digits])
    with careful.store.transaction() as records:
        records.packages.save(replace(PACKAGE, needs_approval=True))
    marked = await started(careful, recipients=[ANNA.digits])

    assert (few.status, marked.status) == (DispatchStatus.ONGOING, DispatchStatus.AWAITING)


async def test_by_default_nobody_waits(clinic: Clinic) -> None:
    assert (await started(clinic)).status is DispatchStatus.ONGOING


async def test_nobody_approves_their_own(careful: Clinic) -> None:
    dispatch = await started(careful)

    with pytest.raises(OwnDispatch):
        approve(careful, dispatch, by=STAFF)

    assert status(careful, dispatch) is DispatchStatus.AWAITING


async def test_a_form_that_waited_is_sent_when_it_is_approved(careful: Clinic) -> None:
    dispatch = (await careful.send()).dispatch
    careful.clock.advance(2 * 86_400)
    now = careful.clock.now()

    approve(careful, dispatch)
    [occasion] = careful.dispatch(dispatch).occasions
    await careful.run(occasion)

    assert (occasion.sends_at, occasion.by_hand_at) == (now, now)
    assert len(careful.sent_to(ANNA)) == 1


async def test_approved_twice_it_is_registered_once(careful: Clinic) -> None:
    dispatch = await started(careful)
    approve(careful, dispatch)

    with pytest.raises(WrongStatus):
        approve(careful, dispatch)

    assert len(careful.scheduler.plans) == 1


@pytest.mark.parametrize("other", [approve, withdraw, decline])
async def test_of_two_at_once_one_decides(
    careful: Clinic, other: Callable[[Clinic, Dispatch], object]
) -> None:
    dispatch = await started(careful)

    def decide(act: Callable[[Clinic, Dispatch], object]) -> bool:
        try:
            act(careful, dispatch)
        except WrongStatus:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(decide, (approve, other)))

    assert sum(done) == 1
    started_by_it = status(careful, dispatch) is DispatchStatus.ONGOING
    assert len(careful.scheduler.plans) == int(started_by_it)


async def test_a_no_has_its_reason_and_ends_it(careful: Clinic, log: Log) -> None:
    dispatch = await started(careful)

    for reason in ("", f"Inte {ANNA.digits}", "x" * 501):
        with pytest.raises(SpecRefused):
            decline(careful, dispatch, reason)
    decline(careful, dispatch, " Fel datum. ")

    assert status(careful, dispatch) is DispatchStatus.DECLINED
    with careful.store.transaction() as records:
        kept = records.approvals.find(dispatch.id)
    assert kept is not None
    assert (kept.reason, kept.decided_by) == ("Fel datum.", COLLEAGUE.name)
    assert "Skriva: nekat utskick" in log()


async def test_whoever_started_it_takes_it_back_by_a_stop_too(careful: Clinic) -> None:
    first, second = await started(careful), await started(careful)

    with pytest.raises(NotOwnDispatch):
        withdraw(careful, first, by=COLLEAGUE)
    withdraw(careful, first)
    stopped = careful.stop(second)
    with pytest.raises(AwaitsApproval):
        careful.stop_dispatch(
            (await started(careful)).id, actor=COLLEAGUE, now=careful.clock.now()
        )

    assert stopped.dispatch.status is DispatchStatus.WITHDRAWN
    assert status(careful, first) is DispatchStatus.WITHDRAWN


async def test_what_nobody_answers_lapses_at_its_first_moment(careful: Clinic, log: Log) -> None:
    dispatch = await started(careful)
    careful.clock.moment = dispatch.occasions[0].sends_at

    with pytest.raises(ApprovalLapsed):
        approve(careful, dispatch)
    await careful.reconcile()
    await careful.reconcile()

    assert status(careful, dispatch) is DispatchStatus.EXPIRED
    assert careful.forms.forms == []
    assert log().count("Skriva: inte fått godkännande i tid") == 1


async def test_it_lapses_after_a_week_at_the_latest(careful: Clinic) -> None:
    dispatch = (await careful.send()).dispatch
    careful.clock.advance(7 * 86_400 - 1)
    await careful.reconcile()
    before = status(careful, dispatch)
    careful.clock.advance(1)

    await careful.reconcile()

    assert before is DispatchStatus.AWAITING
    assert status(careful, dispatch) is DispatchStatus.EXPIRED


@pytest.mark.parametrize("end", [decline, withdraw])
async def test_what_was_never_approved_is_deleted_after_a_week_and_starts_no_second(
    careful: Clinic, end: Callable[[Clinic, Dispatch], object]
) -> None:
    dispatch = (await careful.start(key="same")).dispatch
    end(careful, dispatch)

    with pytest.raises(AlreadyEnded):
        await careful.start(key="same")
    careful.clock.advance(7 * 86_400)

    assert careful.cleaned_up() == 1


async def test_the_unit_is_mailed_ids_and_nothing_else(careful: Clinic) -> None:
    with careful.store.transaction() as records:
        records.units.save([replace(UNIT, mail=MAILBOX)])
    dispatch = await started(careful)

    careful.mail_errors()

    [mail] = careful.mailer.sent
    assert mail.to == (MAILBOX,)
    assert str(dispatch.id) in mail.body
    for private in (ANNA.digits, ANNA.formatted, PACKAGE.name, UNIT.name):
        assert private not in mail.body + mail.subject


async def test_the_same_submission_again_still_waits(careful: Clinic) -> None:
    first: Started = await careful.start(key="same")
    again = await careful.start(key="same")

    assert again.already
    assert again.dispatch.id == first.dispatch.id
    assert again.dispatch.status is DispatchStatus.AWAITING
    assert careful.decide_approval.count_waiting(actor=STAFF) == 1


async def test_neither_restart_nor_anything_by_hand_gets_around_it(careful: Clinic) -> None:
    dispatch = await started(careful)
    careful.clock.moment = dispatch.occasions[0].sends_at + timedelta(hours=3)

    for way in (careful.restart_dispatch,):
        with pytest.raises(AwaitsApproval):
            way(dispatch.id, actor=STAFF, now=careful.clock.now())
    for by_hand in (
        careful.send_missed_occasion,
        careful.notify_recipients,
        careful.end_occasion,
    ):
        with pytest.raises(UtskickError):
            by_hand(dispatch.occasions[0].id, actor=STAFF, now=careful.clock.now())

    assert (careful.scheduler.plans, careful.forms.forms) == ([], [])


async def test_the_calendar_counts_what_is_approved_and_nothing_else(careful: Clinic) -> None:
    dispatch = await started(careful)
    day = dispatch.occasions[0].local_date

    def counted() -> tuple[list[int], list[bool]]:
        with careful.store.transaction() as records:
            region = records.calendar.of_region(day, day)
            unit = records.calendar.of_unit(UNIT.id, day, day)
        return [each.recipients for each in region], [each.goes_on for each in unit]

    before = counted()
    approve(careful, dispatch)
    after = counted()
    decline(careful, other := await started(careful))

    assert status(careful, other) is DispatchStatus.DECLINED
    assert before == ([], [False])
    assert after == ([2], [True])
    assert counted()[0] == [2]
