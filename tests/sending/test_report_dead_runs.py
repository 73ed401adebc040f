"""A run whose process died holds no place of the scheduler's limits; one that lives does."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.clinic import Clinic
from tests.use_cases.clinic_days import AWAY, pass_hours, reconciled
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import RunToken
from utskick.ports import RunUnderWay
from utskick.sending.report_dead_runs import report_dead_runs
from utskick.sending.run_occasion import OccasionRun


async def a_run(clinic: Clinic) -> tuple[Dispatch, OccasionRun]:
    """Prepared, and taken by a worker when it began."""
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    taken(clinic, run.token)
    return dispatch, run


def taken(clinic: Clinic, token: RunToken, *, of_occasion: bool = True) -> None:
    clinic.scheduler.taken.append(RunUnderWay(token, of_occasion, clinic.clock.now()))


def lease(clinic: Clinic, run: OccasionRun, *, lease_s: float) -> None:
    with clinic.store.transaction() as records:
        records.occasions.renew({run.token: run.occasion_id}, lease_s=lease_s)


def reported(clinic: Clinic) -> int:
    return report_dead_runs(store=clinic.store, scheduler=clinic.scheduler, now=clinic.clock.now())


async def test_the_reconciler_reports_the_dead_before_it_starts_another(clinic: Clinic) -> None:
    _, run = await a_run(clinic)
    lease(clinic, run, lease_s=-1)

    mended = await reconciled(clinic)

    assert (mended.resumed, clinic.scheduler.dead) == (1, [run.token])


async def test_the_reconciler_reports_the_dead_run_of_a_stopped_dispatch(clinic: Clinic) -> None:
    dispatch, run = await a_run(clinic)
    clinic.stop(dispatch)
    lease(clinic, run, lease_s=-1)

    await reconciled(clinic)

    assert clinic.scheduler.dead == [run.token]


async def test_the_reconciler_reports_nobody_who_lives(clinic: Clinic) -> None:
    _, run = await a_run(clinic)
    lease(clinic, run, lease_s=60)
    clinic.clock.advance(600)

    await reconciled(clinic)

    assert clinic.scheduler.dead == []


async def test_a_scheduler_that_is_away_is_asked_the_next_time(clinic: Clinic) -> None:
    _, run = await a_run(clinic)
    lease(clinic, run, lease_s=-1)
    clinic.scheduler.fails_with.append(AWAY)

    assert (await reconciled(clinic)).scheduler_away
    await reconciled(clinic)

    assert clinic.scheduler.dead == [run.token]


async def test_a_run_that_holds_its_occasion_is_never_reported(clinic: Clinic) -> None:
    _, run = await a_run(clinic)
    lease(clinic, run, lease_s=60)
    pass_hours(clinic, 24)

    assert reported(clinic) == 0


@pytest.mark.parametrize("how", ["its lease ran out", "it ended", "another has it"])
async def test_a_run_that_holds_nothing_any_more_is_reported_when_it_must_have_ended(
    clinic: Clinic, how: str
) -> None:
    _, run = await a_run(clinic)
    lease(clinic, run, lease_s=-1)
    if how == "it ended":
        run.close()
    if how == "another has it":
        clinic.run_of(run.occasion).claim()
    clinic.clock.advance(timedelta(minutes=9).total_seconds())
    soon = reported(clinic)
    clinic.clock.advance(timedelta(minutes=2).total_seconds())

    assert (soon, reported(clinic)) == (0, 1)
    assert clinic.scheduler.dead == [run.token]


async def test_a_run_that_died_before_it_claimed_anything_is_reported(clinic: Clinic) -> None:
    await clinic.start()
    token = RunToken(uuid4())
    taken(clinic, token)
    clinic.clock.advance(timedelta(minutes=11).total_seconds())

    assert reported(clinic) == 1
    assert clinic.scheduler.dead == [token]


async def test_a_run_of_another_flow_may_last_an_hour(clinic: Clinic) -> None:
    token = RunToken(uuid4())
    taken(clinic, token, of_occasion=False)
    clinic.clock.advance(timedelta(minutes=59).total_seconds())
    within = reported(clinic)
    clinic.clock.advance(timedelta(minutes=2).total_seconds())

    assert (within, reported(clinic)) == (0, 1)


async def test_with_the_scheduler_away_nobody_is_reported(clinic: Clinic) -> None:
    taken(clinic, RunToken(uuid4()))
    pass_hours(clinic, 2)
    clinic.scheduler.fails_with.append(AWAY)

    assert reported(clinic) == 0
    assert reported(clinic) == 1
