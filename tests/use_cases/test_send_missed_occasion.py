"""Skicka nu: what was missed is sent by hand, once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, PACKAGE, STAFF, WEEKLY, Clinic
from tests.use_cases.clinic_days import AWAY, pass_hours, reconciled, run_to_its_end
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import NotFound, NothingLeft, WrongStatus
from utskick.domain.schedules import AnswerWithin
from utskick.domain.units import Actor
from utskick.sending.claim_occasion import ClaimResult


async def missed(clinic: Clinic) -> Dispatch:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 24)
    await reconciled(clinic)
    return clinic.dispatch(dispatch)


def send_now(clinic: Clinic, dispatch: Dispatch, *, actor: Actor = STAFF) -> bool:
    return clinic.send_missed_occasion(
        dispatch.occasions[0].id, actor=actor, now=clinic.clock.now()
    )


async def test_a_missed_occasion_is_sent_now(clinic: Clinic) -> None:
    dispatch = await missed(clinic)

    registered = send_now(clinic, dispatch)

    again = clinic.dispatch(dispatch)
    assert registered
    assert (dispatch.label, again.label) == ("Klar", "Pågående")
    assert (clinic.scheduler.runs[-1].version, again.occasions[0].version) == (2, 2)
    assert (await run_to_its_end(clinic, again.occasions[0])).sent == 8
    assert clinic.dispatch(dispatch).label == "Klar"


async def test_what_was_planned_in_time_and_is_sent_late_may_be_answered_that_day(
    clinic: Clinic,
) -> None:
    with clinic.store.transaction() as records:
        records.packages.save(replace(PACKAGE, answer_within=AnswerWithin(0)))
    dispatch = (await clinic.start()).dispatch
    (occasion,) = dispatch.occasions
    with clinic.store.transaction() as records:
        recipients = {each.id for each in records.dispatches.recipients(dispatch.id)}
        day = dispatch.last_day(occasion).day
        records.deliveries.plan(
            occasion.id, recipients=recipients, refused={}, answer_by=day, purge_after=day
        )
    pass_hours(clinic, 24)
    await reconciled(clinic)
    send_now(clinic, dispatch)

    await run_to_its_end(clinic, clinic.dispatch(dispatch).occasions[0])

    assert {form.order.answer_by for form in clinic.forms.forms} == {day + timedelta(days=1)}


async def test_it_may_be_sent_at_night_as_staff_chose_to(clinic: Clinic) -> None:
    dispatch = await missed(clinic)
    pass_hours(clinic, 12)
    send_now(clinic, dispatch)

    closed = await run_to_its_end(clinic, clinic.dispatch(dispatch).occasions[0])

    assert closed.sent == 8


async def test_it_is_sent_once_however_often_it_is_asked_for(clinic: Clinic) -> None:
    dispatch = await missed(clinic)
    send_now(clinic, dispatch)

    with pytest.raises(NothingLeft):
        send_now(clinic, dispatch)


async def test_an_occasion_that_was_sent_is_not_sent_by_hand(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    with pytest.raises(NothingLeft):
        send_now(clinic, dispatch)


async def test_a_stopped_dispatch_goes_on_with_what_is_sent_by_hand(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    clinic.clock.moment = dispatch.occasions[0].sends_at
    pass_hours(clinic, 5)
    await reconciled(clinic)
    clinic.stop(dispatch)

    send_now(clinic, dispatch)

    again = clinic.dispatch(dispatch)
    assert (again.label, [o.number for o in again.ahead]) == ("Pågående", [1, 2, 3])


async def test_what_has_passed_during_a_stop_waits_when_another_is_sent_by_hand(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    clinic.clock.moment = dispatch.occasions[0].sends_at
    pass_hours(clinic, 5)
    await reconciled(clinic)
    clinic.stop(dispatch)
    pass_hours(clinic, 8 * 24)

    send_now(clinic, dispatch)

    first, second, third = clinic.dispatch(dispatch).occasions
    assert (first.state, second.state, third.state) == ("planned", "stopped", "planned")
    assert second.sends_at < clinic.clock.now() < third.sends_at


async def test_an_aborted_dispatch_is_not_sent_by_hand(clinic: Clinic) -> None:
    dispatch = await missed(clinic)
    with clinic.store.transaction() as records:
        records.dispatches.set_status(
            dispatch.id, DispatchStatus.ABORTED, ended_at=clinic.clock.now()
        )

    with pytest.raises(WrongStatus):
        send_now(clinic, dispatch)


async def test_another_unit_can_send_nothing(clinic: Clinic) -> None:
    dispatch = await missed(clinic)

    with pytest.raises(NotFound):
        send_now(clinic, dispatch, actor=OTHER_STAFF)


async def test_with_the_scheduler_away_it_is_sent_when_it_is_back(
    clinic: Clinic, log: Log
) -> None:
    dispatch = await missed(clinic)
    clinic.scheduler.fails_with.append(AWAY)

    registered = send_now(clinic, dispatch)
    mended = await reconciled(clinic)

    assert (registered, mended.registered) == (False, 1)
    assert log()[-1] == "Skriva: skickar missat tillfälle 1 för hand"


async def test_what_staff_send_by_hand_is_never_too_early(clinic: Clinic) -> None:
    dispatch = await missed(clinic)
    send_now(clinic, dispatch)
    (occasion,) = clinic.dispatch(dispatch).occasions
    run = clinic.run_of(occasion)
    clinic.clock.moment = occasion.sends_at - timedelta(hours=1)

    assert run.claim().result is ClaimResult.CLAIMED
