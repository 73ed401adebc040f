"""Starta, stoppa och återstarta besöksutskick."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.clinic import OTHER_STAFF, PACKAGE, PHQ, STAFF, Clinic
from tests.people import ANNA, BO, CILLA
from tests.use_cases.clinic_days import mails, reconciled
from tests.use_cases.visit_days import (
    AT_ONCE,
    MARCH_1,
    ONE_OFFSET,
    booked,
    cancelled,
    change,
    dispatches,
    moments,
    pass_days,
    seen,
    standing,
)
from utskick.domain.dispatches import DispatchKind
from utskick.domain.errors import NotFound, SpecRefused, WrongStatus
from utskick.domain.visit_messages import Change
from utskick.domain.visits import StandingDispatch
from utskick.failpoints import Step
from utskick.records import DispatchQuery, Store, Transaction
from utskick.use_cases.standing_dispatches import AlreadyStanding, StandingSpec


def stop(clinic: Clinic, started: StandingDispatch) -> int:
    stopped = clinic.standing_dispatches.stop(started.id, actor=STAFF, now=clinic.clock.now())
    return stopped.on_their_way


def restart(clinic: Clinic, started: StandingDispatch) -> None:
    clinic.standing_dispatches.restart(started.id, actor=STAFF, now=clinic.clock.now())


async def test_a_package_is_started_once_for_a_unit(clinic: Clinic) -> None:
    await standing(clinic)

    with pytest.raises(AlreadyStanding):
        await standing(clinic)


async def test_only_a_visit_package_is_started_so_and_only_so(clinic: Clinic) -> None:
    await standing(clinic)

    with pytest.raises(SpecRefused, match="problem"):
        await clinic.standing_dispatches.start(
            StandingSpec(unit=STAFF.unit_id, package=PACKAGE.key),
            actor=STAFF,
            now=clinic.clock.now(),
        )
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(package=ONE_OFFSET.key)
    assert "under Besök" in caught.value.staff_message


async def test_what_is_stopped_sends_nothing_and_goes_on_as_the_visits_are_then(
    clinic: Clinic,
) -> None:
    started = await standing(clinic)
    await change(clinic, booked("b1", ANNA), booked("b2", BO), booked("b3", CILLA))

    stop(clinic, started)
    assert clinic.scheduler.plans == []
    await change(clinic, booked("b1", ANNA, day=MARCH_1 + timedelta(days=7)), cancelled("b2"))
    restart(clinic, started)

    ahead = [d for d in dispatches(clinic) if d.label == "Pågående"]
    assert [f"{d.occasions[0].local:%m-%d}" for d in ahead] == ["02-26", "03-05"]
    for dispatch in ahead:
        await clinic.run(dispatch.occasions[0])
    assert [len(clinic.sent_to(each)) for each in (ANNA, BO, CILLA)] == [2, 0, 2]


async def test_what_was_sent_before_a_stop_is_not_sent_again(clinic: Clinic) -> None:
    started = await standing(clinic, AT_ONCE)
    await change(clinic, booked("b1", ANNA))
    (dispatch,) = dispatches(clinic)
    await clinic.run(dispatch.occasions[0])

    stop(clinic, started)
    restart(clinic, started)

    assert moments(clinic) == [("2027-02-26 09:00", 1)]
    assert len(clinic.sent_to(ANNA)) == 2


async def test_a_moment_that_passed_meanwhile_is_too_late(clinic: Clinic) -> None:
    started = await standing(clinic)
    await change(clinic, booked("b1", ANNA))
    stop(clinic, started)
    clinic.clock.moment = dispatches(clinic)[0].occasions[0].sends_at + timedelta(hours=1)

    restart(clinic, started)

    with clinic.store.transaction() as records:
        visit = records.visits.find(STAFF.unit_id, "b1")
        assert visit is not None
        (send,) = records.visits.shown(visit).sends
    assert send.appearance == "För sent"


async def test_a_visit_that_comes_while_it_is_stopped_is_kept_for_the_restart(
    clinic: Clinic,
) -> None:
    started = await standing(clinic)
    stop(clinic, started)

    (result,) = await change(clinic, booked())
    restart(clinic, started)

    assert (result.change, seen(result)) == (Change.NEW, [])
    assert moments(clinic) == [("2027-02-26 09:00", 1)]


async def test_what_is_not_stopped_cannot_go_on_nor_what_is_stopped_be_stopped(
    clinic: Clinic,
) -> None:
    started = await standing(clinic)

    with pytest.raises(WrongStatus):
        restart(clinic, started)
    stop(clinic, started)
    with pytest.raises(WrongStatus):
        stop(clinic, started)


async def test_another_unit_s_cannot_be_stopped(clinic: Clinic) -> None:
    started = await standing(clinic)

    with pytest.raises(NotFound):
        clinic.standing_dispatches.stop(started.id, actor=OTHER_STAFF, now=clinic.clock.now())


async def test_it_is_deleted_with_its_visits_a_week_after_it_was_stopped(clinic: Clinic) -> None:
    started = await standing(clinic)
    await change(clinic, booked())
    stop(clinic, started)
    pass_days(clinic, 8)

    clinic.cleaned_up()

    with clinic.store.transaction() as records:
        assert records.visits.standings(STAFF.unit_id) == []
        assert records.visits.find(STAFF.unit_id, "b1") is None


async def test_a_form_that_may_not_be_sent_ends_all_of_it_with_one_mail(clinic: Clinic) -> None:
    started = await standing(clinic)
    await change(clinic, booked("b1", ANNA), booked("b2", BO, day=date(2027, 3, 2)))
    first, second = dispatches(clinic)
    clinic.forms.archived.add(PHQ.id)

    await clinic.run(first.occasions[0])
    await clinic.run(second.occasions[0])

    with clinic.store.transaction() as records:
        assert records.visits.standing(STAFF.unit_id, started.id).label == "Avbruten"
    assert [d.label for d in dispatches(clinic)] == ["Avbruten", "Stoppad"]
    assert len({mail.body for mail in mails(clinic)}) == 1


async def test_the_reconciler_registers_what_the_scheduler_did_not_hear_of(
    clinic: Clinic,
) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA))

    await change(clinic, booked("b2", BO))
    clinic.clock.advance(60)
    await reconciled(clinic)

    assert [plan.recipients for plan in clinic.scheduler.plans] == [2]


async def test_each_minute_is_no_dispatch_of_its_own_among_those_that_staff_started(
    clinic: Clinic,
) -> None:
    await standing(clinic)
    await change(clinic, booked())

    assert clinic.listed() == []
    found = clinic.list_dispatches(DispatchQuery(kind=DispatchKind.VISIT), actor=STAFF)
    assert len(found.listed) == 1


class AfterFirstVisit:
    """A store in which something happens once the first visit has been taken."""

    def __init__(self, store: Store, happens: Callable[[], object]) -> None:
        self._store = store
        self._happens: Callable[[], object] | None = happens

    @contextmanager
    def transaction(self, step: Step | None = None) -> Iterator[Transaction]:
        with self._store.transaction(step) as records:
            yield records
        happens = self._happens
        if step is Step.VISIT and happens is not None:
            self._happens = None
            happens()


async def test_a_visit_that_is_moved_while_all_are_planned_anew_is_not_forgotten(
    clinic: Clinic,
) -> None:
    started = await standing(clinic)
    await change(clinic, booked("b1", ANNA), booked("b2", BO, day=MARCH_1 + timedelta(days=1)))
    stop(clinic, started)
    loop, store = asyncio.get_running_loop(), clinic.store
    moving = booked("b1", ANNA, day=MARCH_1 + timedelta(days=7))

    def move() -> None:
        asyncio.run_coroutine_threadsafe(change(clinic, moving), loop).result()

    restarting = replace(clinic.standing_dispatches, store=AfterFirstVisit(store, move))
    await asyncio.to_thread(restarting.restart, started.id, actor=STAFF, now=clinic.clock.now())

    for dispatch in dispatches(clinic):
        await clinic.run(dispatch.occasions[0])
    assert [len(clinic.sent_to(each)) for each in (ANNA, BO)] == [2, 2]
