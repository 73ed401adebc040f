"""Stockholm's ten clock shifts 2026-2030 (L4): every quarter hour of the day, and across it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.server.schemas.schedules import RRuleSchedule

from tests.clinic import PHQ, WEEKLY, Clinic, a_clinic
from tests.people import ANNA
from utskick.adapters.prefect_deployments import schedule_of
from utskick.domain.dispatches import Dispatch
from utskick.domain.errors import SpecRefused
from utskick.ports import OccasionPlan
from utskick.sending.close_occasion import Closed
from utskick.sending.occasion_plans import plan_of
from utskick.store import SqlStore

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SPRING = [date(2026, 3, 29), date(2027, 3, 28), date(2028, 3, 26), date(2029, 3, 25)]
SPRING += [date(2030, 3, 31)]
AUTUMN = [date(2026, 10, 25), date(2027, 10, 31), date(2028, 10, 29), date(2029, 10, 28)]
AUTUMN += [date(2030, 10, 27)]
SHIFTS = sorted([*SPRING, *AUTUMN])
WHENEVER_TESTS_ARE_RUN = 2027
QUARTER = timedelta(minutes=15)
CLOCKS = [time(hour, minute) for hour in range(24) for minute in range(0, 60, 15)]
SKIPPED = [time(2, minute) for minute in range(0, 60, 15)]
DAY = timedelta(days=1)
PUNCTUAL = timedelta(minutes=1)
"""The test's clock runs on while others wait beside the sending."""


def each(days: Iterable[date]) -> list[Any]:
    """As parameters; but for one year's, they are left to `make prove`."""
    return [
        pytest.param(
            day, id=str(day), marks=() if day.year == WHENEVER_TESTS_ARE_RUN else pytest.mark.proof
        )
        for day in days
    ]


def instants_of(day: date) -> dict[time, datetime]:
    """When each quarter hour of the day first comes: all those of three days, seen on a clock."""
    first: dict[time, datetime] = {}
    midnight = datetime.combine(day, time.min, UTC) - DAY
    for number in range(3 * 96):
        instant = midnight + number * QUARTER
        shown = instant.astimezone(STOCKHOLM)
        if shown.date() == day:
            first.setdefault(shown.time(), instant)
    return first


def clinic_before(store: SqlStore, day: date) -> Clinic:
    """At noon two days before."""
    now = datetime.combine(day - 2 * DAY, time(12), STOCKHOLM)
    return a_clinic(store, now=now.astimezone(UTC), lease_s=45)


async def planned(clinic: Clinic, day: date, clocks: list[time]) -> Dispatch:
    moments = [{"date": f"{day}", "time": f"{clock:%H:%M}"} for clock in clocks]
    started = await clinic.start(
        occasions=moments,
        recipients=[ANNA.digits],
        forms=[PHQ.key],
        start=None,
        # Whoever waits beside the sending would move the clock on for both.
        creates_inbox_message=False,
    )
    return started.dispatch


def plans_of(clinic: Clinic, dispatch: Dispatch) -> list[OccasionPlan]:
    with clinic.store.transaction() as records:
        return [
            plan_of(records, dispatch, occasion, rules=clinic.rules)
            for occasion in dispatch.occasions
        ]


async def dates_of(plan: OccasionPlan) -> list[datetime]:
    """All that Prefect's server makes of the schedule, from long before until long after."""
    ours = schedule_of(plan, active=True).schedule
    known = RRuleSchedule.model_validate(ours.model_dump())
    return [
        moment.astimezone(UTC)
        for moment in await known.get_dates(
            n=10, start=plan.starts_at - 7 * DAY, end=plan.starts_at + 7 * DAY
        )
    ]


@pytest.mark.parametrize("day", each(SHIFTS))
async def test_every_quarter_hour_is_planned_at_the_right_instant_or_refused(
    store: SqlStore, day: date
) -> None:
    clinic = clinic_before(store, day)
    instants = instants_of(day)
    missing = [clock for clock in CLOCKS if clock not in instants]
    assert missing == (SKIPPED if day in SPRING else [])

    if missing:
        with pytest.raises(SpecRefused) as refused:
            await planned(clinic, day, CLOCKS)
        assert [problem.place for problem in refused.value.problems] == [
            f"{day} {clock:%H:%M}" for clock in missing
        ]
        for problem, clock in zip(refused.value.problems, missing, strict=True):
            assert f"Klockan {clock:%H:%M} finns inte den {day}" in problem.reason
    dispatch = await planned(clinic, day, [clock for clock in CLOCKS if clock in instants])

    occasions = dispatch.occasions
    assert len(occasions) == len(instants)
    for occasion, (clock, instant) in zip(occasions, sorted(instants.items()), strict=True):
        difference = f"{day} {clock}: {occasion.sends_at} instead of {instant}"
        assert occasion.sends_at == instant, difference
        assert occasion.local.replace(tzinfo=None) == datetime.combine(day, clock), difference


@pytest.mark.parametrize("day", each(SHIFTS))
async def test_prefect_starts_every_quarter_hour_at_that_instant_and_once(
    store: SqlStore, day: date
) -> None:
    clinic = clinic_before(store, day)
    instants = instants_of(day)
    dispatch = await planned(clinic, day, sorted(instants))

    for plan, (clock, instant) in zip(
        plans_of(clinic, dispatch), sorted(instants.items()), strict=True
    ):
        expected = instant - clinic.rules.lead
        assert await dates_of(plan) == [expected], f"{day} {clock}"


@pytest.mark.parametrize("clock", [time(0), time(3), time(8), time(23, 45)], ids=str)
@pytest.mark.parametrize("day", each(SHIFTS))
async def test_a_weekly_package_keeps_its_time_of_day_across_the_shift(
    store: SqlStore, day: date, clock: time
) -> None:
    clinic = clinic_before(store, day - 7 * DAY)
    start = {"date": f"{day - 7 * DAY}", "time": f"{clock:%H:%M}"}

    dispatch = (await clinic.start(package=WEEKLY.key, start=start)).dispatch

    shown = [occasion.local.replace(tzinfo=None) for occasion in dispatch.occasions]
    assert shown == [datetime.combine(day + weeks * 7 * DAY, clock) for weeks in (-1, 0, 1)]
    for occasion, weeks in zip(dispatch.occasions, (-1, 0, 1), strict=True):
        assert occasion.sends_at == instants_of(day + weeks * 7 * DAY)[clock]


@pytest.mark.parametrize("day", each(SPRING))
async def test_a_weekly_package_that_meets_the_skipped_hour_is_refused(
    store: SqlStore, day: date
) -> None:
    start = {"date": f"{day - 7 * DAY}", "time": "02:30"}

    with pytest.raises(SpecRefused) as refused:
        await clinic_before(store, day - 7 * DAY).start(package=WEEKLY.key, start=start)

    assert [problem.place for problem in refused.value.problems] == [f"{day} 02:30"]


@pytest.mark.parametrize("clock", [time(1, 45), time(3), time(3, 15), time(8)], ids=str)
@pytest.mark.parametrize("day", each(SHIFTS))
async def test_a_run_that_waits_while_the_clock_shifts_sends_at_the_moment(
    store: SqlStore, day: date, clock: time
) -> None:
    clinic = clinic_before(store, day)
    dispatch = await planned(clinic, day, [clock])
    before_the_shift = datetime.combine(day, time(0, 30), STOCKHOLM).astimezone(UTC)
    clinic.clock.moment = before_the_shift

    closed = await clinic.run(dispatch.occasions[0])

    assert isinstance(closed, Closed)
    assert (closed.sent, closed.occasion.late) == (1, False)
    [form] = clinic.forms.forms
    assert timedelta(0) <= form.created_at - instants_of(day)[clock] < PUNCTUAL


@pytest.mark.parametrize("day", each(AUTUMN))
async def test_in_the_hour_that_comes_twice_a_run_sends_the_first_time(
    store: SqlStore, day: date
) -> None:
    clinic = clinic_before(store, day)
    dispatch = await planned(clinic, day, [time(2, 30)])
    clinic.clock.moment = datetime.combine(day, time(0, 30), STOCKHOLM).astimezone(UTC)

    await clinic.run(dispatch.occasions[0])

    [form] = clinic.forms.forms
    assert form.created_at.astimezone(STOCKHOLM).fold == 0
    assert timedelta(0) <= form.created_at - datetime.combine(day, time(0, 30), UTC) < PUNCTUAL
