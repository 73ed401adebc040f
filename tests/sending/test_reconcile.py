"""The reconciler mends what differs between store, scheduler and clock; always safe to repeat."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.clinic import PHQ, UNIT, WEEKLY, Clinic, a_clinic
from tests.people import ANNA
from tests.use_cases.clinic_days import (
    AWAY,
    Meanwhile,
    audited,
    mails,
    order_of,
    pass_hours,
    reconciled,
    run_to_its_end,
    states,
)
from utskick.domain.deliveries import DeliveryState, Outcome
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Aim, OccasionState, RunToken
from utskick.records import DeliveryClaim
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.occasion_plans import unregister_occasions
from utskick.sending.reconcile import Reconciled
from utskick.store import SqlStore


def plan_numbers(clinic: Clinic) -> list[int]:
    return sorted(plan.number for plan in clinic.scheduler.plans)


def dead_run(clinic: Clinic, dispatch: Dispatch) -> RunToken:
    """A run that took the first occasion and died."""
    token = RunToken(uuid4())
    with clinic.store.transaction() as records:
        assert records.occasions.claim(dispatch.occasions[0].id, token=token, lease_s=-1)
    # Its schedule has ended: nothing else is waiting to be started.
    clinic.scheduler.spend(dispatch.occasions[0].id)
    return token


async def test_where_nothing_differs_nothing_is_done(clinic: Clinic) -> None:
    await clinic.start()

    assert await reconciled(clinic) == Reconciled()


async def test_what_the_scheduler_has_lost_is_registered_again(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    unregister_occasions([dispatch.occasions[1].id], scheduler=clinic.scheduler)

    mended = audited(clinic)

    assert mended == Reconciled(registered=1)
    assert plan_numbers(clinic) == [1, 2, 3]


async def test_a_stopped_dispatch_that_is_still_registered_is_removed(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.scheduler.fails_with.append(AWAY)
    clinic.stop(dispatch)

    mended = audited(clinic)

    assert mended == Reconciled(removed=1)
    assert clinic.scheduler.plans == []


async def test_a_deleted_dispatch_that_is_still_registered_is_removed(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    with clinic.store.transaction() as records:
        records.dispatches.delete(dispatch.id)

    assert audited(clinic).removed == 1


async def test_a_spent_occasion_is_removed(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    mended = audited(clinic)

    assert mended == Reconciled(removed=1)
    assert clinic.scheduler.plans == []


async def test_an_occasion_that_is_under_way_stays_registered(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.run_of(dispatch.occasions[0]).claim()

    assert audited(clinic) == Reconciled()
    assert plan_numbers(clinic) == [1]


@pytest.mark.parametrize("difference", ["lost", "stopped"])
async def test_a_quick_audit_sees_by_their_number_that_something_differs(
    clinic: Clinic, difference: str
) -> None:
    dispatch = (await clinic.start()).dispatch
    await clinic.start()
    if difference == "lost":
        clinic.scheduler.remove_all([dispatch.occasions[0].id])
    else:
        clinic.scheduler.fails_with.append(AWAY)
        clinic.stop(dispatch)

    mended = audited(clinic, thorough=False)

    assert (mended.registered, mended.removed) in [(1, 0), (0, 1)]
    assert len(clinic.scheduler.plans) == (2 if difference == "lost" else 1)


async def test_a_quick_audit_lists_nothing_where_the_numbers_are_the_same(clinic: Clinic) -> None:
    await clinic.start()
    calls: list[None] = []
    clinic.scheduler.fails_with = Meanwhile(lambda: calls.append(None))

    assert audited(clinic, thorough=False) == Reconciled()
    assert len(calls) == 1


async def test_an_occasion_that_nobody_started_is_started(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 1)

    mended = await reconciled(clinic)
    await reconciled(clinic)
    clinic.clock.advance(60)
    await reconciled(clinic)

    assert (mended.started, mended.missed) == (1, 0)
    runs = [run for run in clinic.scheduler.runs if run.occasion_id == dispatch.occasions[0].id]
    assert len(runs) == 2


async def test_a_dead_run_is_followed_by_another(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    dead_run(clinic, dispatch)

    mended = await reconciled(clinic)

    (run,) = clinic.scheduler.runs
    assert mended.resumed == 1
    assert (run.occasion_id, bool(run.attempt)) == (dispatch.occasions[0].id, True)
    assert (await run_to_its_end(clinic, dispatch.occasions[0])).sent == 8


async def test_two_reconcilers_at_once_start_one_run(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    dead_run(clinic, dispatch)

    await asyncio.gather(reconciled(clinic), reconciled(clinic))

    assert len(clinic.scheduler.runs) == 1


async def test_a_living_run_is_left_alone(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.run_of(dispatch.occasions[0]).claim()

    mended = await reconciled(clinic)

    assert (mended.resumed, mended.started) == (0, 0)


async def test_what_a_dead_run_of_a_stopped_dispatch_held_is_let_go(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    dead_run(clinic, dispatch)
    clinic.stop(dispatch)

    mended = await reconciled(clinic)

    assert mended.resumed == 0
    assert clinic.dispatch(dispatch).occasions[0].state is OccasionState.PLANNED
    clinic.restart(dispatch)
    assert (await run_to_its_end(clinic, dispatch.occasions[0])).sent == 8


async def test_an_occasion_that_is_too_late_is_missed_and_reported(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    clinic.clock.moment = dispatch.occasions[0].sends_at + timedelta(hours=3)

    mended = await reconciled(clinic)

    after = clinic.dispatch(dispatch)
    assert mended.missed == 1
    assert [o.state.value for o in after.occasions] == ["missed", "planned", "planned"]
    assert after.label == "Pågående"
    (mail,) = mails(clinic)
    assert mail.subject == f"Missat utskickstillfälle: {WEEKLY.name}, {UNIT.name}"
    assert "Inget formulär skickades." in mail.body
    assert "Senare tillfällen skickas som planerat." in mail.body


async def test_a_missed_last_occasion_ends_the_dispatch(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 24)

    await reconciled(clinic)

    assert clinic.dispatch(dispatch).label == "Klar"


async def test_an_occasion_of_the_evening_is_never_sent_at_night(clinic: Clinic) -> None:
    start = {"date": "2027-02-01", "time": "20:30"}
    dispatch = (await clinic.start(start=start)).dispatch
    clinic.clock.moment = datetime(2027, 2, 1, 20, 1, tzinfo=UTC)

    mended = await reconciled(clinic)

    assert mended.missed == 1
    assert await clinic.run(dispatch.occasions[0]) is ClaimResult.ALREADY_SENT
    assert clinic.forms.forms == []


async def test_with_the_scheduler_away_the_rest_is_mended(clinic: Clinic) -> None:
    await clinic.start()
    pass_hours(clinic, 24)
    await clinic.start(start={"date": "2027-02-02", "time": "12:05"})
    clinic.clock.advance(240)
    clinic.scheduler.fails_with.append(AWAY)

    assert await reconciled(clinic) == Reconciled(missed=1, scheduler_away=True)
    assert await reconciled(clinic) == Reconciled(started=1)


async def test_what_lies_ahead_is_nothing_to_ask_the_scheduler_about(clinic: Clinic) -> None:
    await clinic.start()
    clinic.scheduler.fails_with.append(AWAY)

    assert await reconciled(clinic) == Reconciled()
    assert audited(clinic) == Reconciled(scheduler_away=True)


async def test_what_was_unknown_when_its_run_ended_is_settled(store: SqlStore) -> None:
    clinic = a_clinic(store, grace=timedelta(seconds=5))
    dispatch = (await clinic.start(recipients=[ANNA.digits], forms=[PHQ.key])).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.wait_until_due()
    with store.transaction() as records:
        (annas,) = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=9
        )
        records.deliveries.record(
            [Outcome(id=annas.id, attempt=annas.attempt, state=DeliveryState.UNKNOWN)]
        )
    await clinic.forms.create_form(order_of(annas))
    missed = run.close()

    mended = await reconciled(clinic)

    assert (missed.occasion.state, mended.settled) == (OccasionState.MISSED, 1)
    assert states(clinic, dispatch) == {DeliveryState.SENT: 1}
    assert len(clinic.forms.forms) == 1


async def test_what_no_one_could_ask_about_for_hours_is_left_to_staff(store: SqlStore) -> None:
    clinic = a_clinic(store, manual_after_s=0)
    dispatch = (await clinic.start(recipients=[ANNA.digits], forms=[PHQ.key])).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    with store.transaction() as records:
        (annas,) = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=9
        )
        records.deliveries.record(
            [Outcome(id=annas.id, attempt=annas.attempt, state=DeliveryState.UNKNOWN)]
        )
    clinic.forms.fails_reading.append(AWAY)

    await reconciled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.MANUAL: 1}


@pytest.mark.parametrize("state", list(OccasionState))
async def test_reconciling_twice_changes_nothing_more(
    clinic: Clinic, state: OccasionState
) -> None:
    dispatch = (await clinic.start()).dispatch
    with clinic.store.transaction() as records:
        records.occasions.close(dispatch.occasions[0].id, state, now=clinic.clock.now())

    await reconciled(clinic)
    before = clinic.dispatch(dispatch), clinic.scheduler.plans
    await reconciled(clinic)

    assert (clinic.dispatch(dispatch), clinic.scheduler.plans) == before


async def test_a_new_version_is_registered_in_the_place_of_the_old(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    occasion_id = dispatch.occasions[0].id
    with clinic.store.transaction() as records:
        records.occasions.close(occasion_id, OccasionState.MISSED, now=clinic.clock.now())
        records.occasions.plan_by_hand(occasion_id, Aim.SEND, now=clinic.clock.now())

    mended = audited(clinic)

    assert mended.registered == 1
    assert [plan.version for plan in clinic.scheduler.plans] == [2]


async def test_an_occasion_that_nobody_takes_is_late_and_reported_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 1)

    await reconciled(clinic)
    before = list(mails(clinic))
    clinic.clock.advance(61)
    await reconciled(clinic)
    await reconciled(clinic)

    (mail,) = mails(clinic)
    assert before == []
    assert "Försenat utskickstillfälle" in mail.subject
    assert "fram till 2027-02-01 15:00" in mail.body
    pass_hours(clinic, 3)
    await reconciled(clinic)
    assert [m.subject.split(":")[0] for m in mails(clinic)] == [
        "Försenat utskickstillfälle",
        "Missat utskickstillfälle",
    ]
    assert clinic.dispatch(dispatch).label == "Klar"
