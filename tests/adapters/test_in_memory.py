"""What the twins have beside the contracts: calls that go wrong on purpose, and time by hand."""

import asyncio
import threading
from datetime import timedelta
from uuid import UUID

import pytest

from tests.adapters.neighbours import OWN_FORM, UNIT_ID, TwinNeighbours, a_message, an_order
from tests.local_1177.conftest import NOON
from utskick.adapters.in_memory import (
    FakeClock,
    InMemoryMailer,
    InMemoryScheduler,
    InMemorySmsGateway,
)
from utskick.domain.dispatches import DispatchId
from utskick.domain.occasions import OccasionId
from utskick.domain.sms import parse_mobile
from utskick.ports import (
    Mail,
    OccasionPlan,
    ScheduledOccasion,
    TemporaryFailure,
    UnknownOutcome,
)

OCCASION = OccasionId(UUID(int=1))
MAIL = Mail(to=("a@vgregion.se",), subject="Hej", body="Hej!", message_id="<1@utskick>")


async def test_a_form_may_be_made_although_nobody_learns_of_it() -> None:
    twins = TwinNeighbours()
    anna = twins.add_person()
    twins.forms.fails_after.append(UnknownOutcome("cut off"))

    with pytest.raises(UnknownOutcome):
        await twins.forms.create_form(an_order(anna))

    assert len(twins.forms.forms) == 1


async def test_failures_strike_once_each_in_order() -> None:
    twins = TwinNeighbours()
    anna = twins.add_person()
    twins.forms.fails_before.extend([TemporaryFailure("busy"), UnknownOutcome("cut off")])

    with pytest.raises(TemporaryFailure):
        await twins.forms.create_form(an_order(anna))
    with pytest.raises(UnknownOutcome):
        await twins.forms.create_form(an_order(anna))
    await twins.forms.create_form(an_order(anna))

    assert len(twins.forms.forms) == 1


async def test_readings_fail_apart_from_writings() -> None:
    twins = TwinNeighbours()
    anna = twins.add_person()
    for twin in (twins.forms, twins.inbox, twins.persons):
        twin.fails_reading.append(TemporaryFailure("busy"))

    await twins.forms.create_form(an_order(anna))
    await twins.inbox.add_message(anna, a_message())

    with pytest.raises(TemporaryFailure):
        await twins.forms.find_forms(unit_id=UNIT_ID, personnummer=anna, template_ids=[OWN_FORM])
    with pytest.raises(TemporaryFailure):
        await twins.inbox.user(anna)
    with pytest.raises(TemporaryFailure):
        await twins.persons.look_up([anna])


def test_a_mail_that_failed_before_was_not_sent_and_one_that_failed_after_was() -> None:
    mailer, gateway = InMemoryMailer(), InMemorySmsGateway()
    mailer.fails_before.append(TemporaryFailure("busy"))
    gateway.fails_after.append(UnknownOutcome("cut off"))

    with pytest.raises(TemporaryFailure):
        mailer.send(MAIL, to=MAIL.to)
    with pytest.raises(UnknownOutcome):
        gateway.send(parse_mobile("0701740605"), "Hej!")

    assert (len(mailer.sent), len(gateway.sent)) == (0, 1)


async def test_time_passes_when_somebody_sleeps() -> None:
    clock = FakeClock(NOON)

    await clock.sleep(90)

    assert clock.now() == NOON + timedelta(seconds=90)
    assert clock.monotonic() == 90


async def test_those_who_sleep_at_the_same_time_sleep_beside_each_other() -> None:
    clock = FakeClock(NOON)

    await asyncio.gather(*(clock.sleep(seconds) for seconds in (90, 60, 90)))

    assert clock.monotonic() == 90


async def test_no_time_passes_while_a_thread_is_at_work() -> None:
    clock, ends = FakeClock(NOON), threading.Event()
    work = asyncio.create_task(asyncio.to_thread(ends.wait))
    sleeper = asyncio.create_task(clock.sleep(90))
    for _ in range(10):
        await asyncio.sleep(0.002)

    slept = clock.monotonic()
    ends.set()
    await asyncio.gather(work, sleeper)

    assert (slept, clock.monotonic()) == (0, 90)


def test_only_the_wall_clock_jumps() -> None:
    clock = FakeClock(NOON)

    clock.moment -= timedelta(hours=1)

    assert clock.monotonic() == 0


def test_an_occasion_waits_for_its_moment_and_is_started_once() -> None:
    scheduler = InMemoryScheduler()
    plan = a_plan()

    scheduler.register_all([plan], now=NOON)
    scheduler.pass_time(now=NOON)
    assert scheduler.registered(now=NOON) == [ScheduledOccasion(OCCASION, 1, waiting=True)]
    assert not scheduler.runs

    scheduler.pass_time(now=plan.starts_at)
    scheduler.register_all([plan], now=plan.starts_at)
    assert scheduler.registered(now=plan.starts_at) == [
        ScheduledOccasion(OCCASION, 1, waiting=False)
    ]
    assert [run.occasion_id for run in scheduler.runs] == [OCCASION]


def test_an_occasion_whose_moment_has_passed_is_started_at_once() -> None:
    scheduler = InMemoryScheduler()

    scheduler.register_all([a_plan()], now=NOON + timedelta(days=2))

    assert [run.attempt for run in scheduler.runs] == [""]


def test_each_attempt_is_started_once() -> None:
    scheduler = InMemoryScheduler()

    for attempt in ("first", "first", "second"):
        scheduler.start_now(a_plan(), attempt=attempt, now=NOON)

    assert [run.attempt for run in scheduler.runs] == ["first", "second"]


def test_a_spent_occasion_stays_visible_until_it_is_removed() -> None:
    scheduler = InMemoryScheduler()
    scheduler.register_all([a_plan()], now=NOON)

    scheduler.spend(OCCASION)
    scheduler.pass_time(now=NOON + timedelta(days=2))
    assert scheduler.plans == [a_plan()]
    assert not scheduler.runs

    scheduler.remove_all([OCCASION])
    scheduler.remove_all([OCCASION])
    assert not scheduler.plans


def test_the_scheduler_can_be_away() -> None:
    scheduler = InMemoryScheduler()
    scheduler.fails_with.append(TemporaryFailure("away"))

    with pytest.raises(TemporaryFailure):
        scheduler.register_all([a_plan()], now=NOON)

    assert not scheduler.registered(now=NOON)


def a_plan() -> OccasionPlan:
    starts_at = NOON + timedelta(days=1)
    return OccasionPlan(
        occasion_id=OCCASION,
        dispatch_id=DispatchId(UUID(int=2)),
        number=1,
        of=1,
        version=1,
        starts_at=starts_at,
        local=starts_at,
        package_name="Inför besök",
        unit_id=UNIT_ID,
        form_names=("PHQ-9",),
        recipients=2,
    )
