"""A package's schedule, from its start until each form is made with its own last day."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from tests.clinic import STAFF, WEEKLY, Clinic
from tests.people import ANNA
from utskick.domain.calendar import SendingWindow
from utskick.domain.errors import SpecRefused
from utskick.domain.packages import PackageTemplate
from utskick.domain.schedules import AnswerWithin, OlderUnanswered, RedDayRule
from utskick.domain.specs import OccasionSpec
from utskick.use_cases.preview_dispatch import to_working_day
from utskick.use_cases.submissions import Started

MIDSUMMER_EVE = {"date": "2027-06-25", "time": "08:00"}
SIX_DAYS = replace(WEEKLY, answer_within=AnswerWithin(6))
CLOSING = replace(SIX_DAYS, older_unanswered=OlderUnanswered.CLOSE)


async def started(clinic: Clinic, package: PackageTemplate, **changes: Any) -> Started:
    with clinic.store.transaction() as records:
        records.packages.save(package)
    return await clinic.start(
        package=package.key, **{"recipients": [ANNA.digits], "start": None} | changes
    )


def last_days(start: Started) -> list[str]:
    return [str(occasion.answer_by) for occasion in start.dispatch.occasions]


async def test_each_form_is_made_with_its_occasions_own_last_day(clinic: Clinic) -> None:
    dispatch = (await started(clinic, SIX_DAYS)).dispatch

    for occasion in clinic.dispatch(dispatch).occasions:
        await clinic.run(occasion)

    made = [str(form.order.answer_by) for form in clinic.forms.forms]
    assert made == ["2027-02-14", "2027-02-21", "2027-02-28"]


async def test_the_time_of_the_last_day_stands_in_the_message(clinic: Clinic) -> None:
    same_evening = replace(
        WEEKLY, answer_within=AnswerWithin(0, time(20)), inbox_message="{{ besvaras_senast }}"
    )
    dispatch = (await started(clinic, same_evening)).dispatch

    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert [str(form.order.answer_by) for form in clinic.forms.forms] == ["2027-02-08"]
    assert [message.text for _, message in clinic.inbox.messages] == ["8 februari 2027 kl. 20:00"]


async def test_a_rows_own_last_day_stands_and_what_staff_chose_for_all_comes_next(
    clinic: Clinic,
) -> None:
    rows = [
        {"date": "2027-03-08", "time": "08:00"},
        {"date": "2027-02-08", "time": "08:00", "answer_by": "2027-02-09"},
    ]

    by_package = await started(clinic, CLOSING, occasions=rows)
    by_staff = await started(clinic, CLOSING, occasions=rows, answer_by="2027-03-31")

    assert last_days(by_package) == ["2027-02-09", "2027-03-14"]
    assert last_days(by_staff) == ["2027-02-09", "None"]
    assert [o.number for o in by_staff.dispatch.occasions] == [1, 2]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"answer_by": "2027-02-07"}, "besvaras senast ligger före tillfället."),
        ({"answer_by": "7 feb"}, "besvaras senast: Datumet går inte att tolka."),
    ],
)
async def test_a_last_day_that_cannot_be_is_refused_at_its_row(
    clinic: Clinic, row: dict[str, str], said: str
) -> None:
    with pytest.raises(SpecRefused) as caught:
        await started(clinic, WEEKLY, occasions=[{"date": "2027-02-08", "time": "08:00"} | row])

    (problem,) = caught.value.problems
    assert str(problem).startswith(f"occasions, rad 1: {said}")


async def test_a_time_of_the_same_day_that_has_passed_at_the_sending_is_refused(
    clinic: Clinic,
) -> None:
    by_seven = replace(WEEKLY, answer_within=AnswerWithin(0, time(7)))

    with pytest.raises(SpecRefused) as caught:
        await started(clinic, by_seven, start={"date": "2027-02-08", "time": "08:00"})

    assert "2027-02-08 kl. 07:00, ligger före tillfället" in str(caught.value.problems[0])


async def test_nothing_may_be_purged_before_the_last_occasions_own_day(clinic: Clinic) -> None:
    with pytest.raises(SpecRefused) as caught:
        await started(clinic, SIX_DAYS, purge_after="2027-02-27")

    assert [problem.place for problem in caught.value.problems] == ["purge_after"]


async def test_a_banner_that_is_left_out_is_the_packages_and_one_that_is_emptied_is_none(
    clinic: Clinic,
) -> None:
    package = replace(WEEKLY, form_banner="Kom fastande.")

    assert (await started(clinic, package)).dispatch.form_banner == "Kom fastande."
    assert (await started(clinic, package, form_banner="")).dispatch.form_banner == ""


async def test_a_red_day_is_warned_of_moved_or_kept_as_the_package_says(clinic: Clinic) -> None:
    once = {"start": MIDSUMMER_EVE}
    warned, moved, kept = [
        await started(clinic, replace(WEEKLY, occasions=1, interval=None, red_days=rule), **once)
        for rule in (RedDayRule.WARN, RedDayRule.NEXT_WORKING_DAY, RedDayRule.KEEP)
    ]

    assert warned.warnings == (
        "2027-06-25 är midsommarafton. Nästa arbetsdag är måndag 2027-06-28.",
    )
    assert moved.warnings == (
        "2027-06-25 är midsommarafton: tillfället är flyttat till måndag 2027-06-28.",
    )
    assert str(moved.dispatch.occasions[0].local_date) == "2027-06-28"
    assert kept.warnings == ()


async def test_a_date_that_staff_typed_is_theirs_also_where_the_package_moves(
    clinic: Clinic,
) -> None:
    moving = replace(WEEKLY, red_days=RedDayRule.NEXT_WORKING_DAY)

    start = await started(clinic, moving, occasions=[MIDSUMMER_EVE])

    assert str(start.dispatch.occasions[0].local_date) == "2027-06-25"
    assert "Nästa arbetsdag är måndag 2027-06-28" in start.warnings[0]


async def test_a_units_own_hours_are_those_that_are_warned_of(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        unit = records.units.get(STAFF.unit_id)
        hours = SendingWindow(opens=time(9), closes=time(16))
        records.units.save([replace(unit, sending_hours=hours)])

    start = await started(clinic, WEEKLY, start={"date": "2027-02-08", "time": "08:00"})

    assert len(start.warnings) == len(start.dispatch.occasions)
    assert start.warnings[0] == (
        "2027-02-08 08:00 är tidigt på dagen: mottagaren får en avisering då."
        " Mellan 09:00 och 16:00 är lämpligt."
    )


def test_one_click_moves_a_row_to_the_next_working_day_that_is_free() -> None:
    rows = [OccasionSpec(**MIDSUMMER_EVE), OccasionSpec(date="2027-06-28", time="08:00")]

    once = to_working_day(rows, 1, WEEKLY)

    assert [each.date for each in once] == ["2027-06-29", "2027-06-28"]
    assert to_working_day(once, 1, WEEKLY) == once
    assert to_working_day(rows, 3, WEEKLY) == rows
