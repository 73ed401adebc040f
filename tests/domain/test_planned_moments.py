"""When a package's occasions come, and until when each may be answered."""

from dataclasses import replace
from datetime import date, time

from hypothesis import given
from hypothesis import strategies as st

from tests.clinic import PACKAGE, WEEKLY
from utskick.domain.calendar import STOCKHOLM, LocalMoment, default_answer_by
from utskick.domain.packages import PackageTemplate, Weekday
from utskick.domain.planned_moments import planned_moments, red_day_warning, typed_or_planned
from utskick.domain.red_days import red_day
from utskick.domain.schedules import (
    AnswerBy,
    AnswerWithin,
    Interval,
    IntervalUnit,
    OlderUnanswered,
    RedDayRule,
)

EIGHT = time(8)
MONTHLY = replace(WEEKLY, interval=Interval(1, IntervalUnit.MONTH), weekday=None)
IRREGULAR = replace(PACKAGE, offsets_days=(0, 90, 182, 365), occasions=4)
TO_WORKING_DAYS = replace(MONTHLY, red_days=RedDayRule.NEXT_WORKING_DAY)


def days_of(package: PackageTemplate, first: date, count: int | None = None) -> list[date]:
    moments = planned_moments(package, LocalMoment(first, EIGHT), count=count)
    return [each.local.date for each in moments]


def last_days_of(package: PackageTemplate, first: date, chosen: date | None = None) -> list[str]:
    moments = planned_moments(package, LocalMoment(first, EIGHT), answer_by=chosen)
    return [str(each.answer_by) for each in moments]


def test_a_month_later_is_the_same_day_or_the_months_last() -> None:
    assert days_of(MONTHLY, date(2027, 1, 31), 5) == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
        date(2027, 5, 31),
    ]


def test_a_leap_days_months_are_counted_from_the_first() -> None:
    quarterly = replace(MONTHLY, interval=Interval(12, IntervalUnit.MONTH))

    assert days_of(quarterly, date(2028, 2, 29), 5)[1::3] == [date(2029, 2, 28), date(2032, 2, 29)]


def test_days_and_weeks_are_counted_as_they_are() -> None:
    daily = replace(WEEKLY, interval=Interval(10, IntervalUnit.DAY))

    assert days_of(daily, date(2027, 2, 25)) == [
        date(2027, 2, 25),
        date(2027, 3, 7),
        date(2027, 3, 17),
    ]
    assert days_of(WEEKLY, date(2027, 2, 1))[-1] == date(2027, 2, 15)


def test_irregular_occasions_are_counted_from_the_first() -> None:
    first = date(2027, 2, 1)

    assert [(day - first).days for day in days_of(IRREGULAR, first)] == [0, 90, 182, 365]
    assert (days_of(IRREGULAR, first, 5)[-1] - first).days == 365 + 183


def test_occasions_keep_their_local_time_across_a_shift() -> None:
    moments = planned_moments(WEEKLY, LocalMoment(date(2027, 3, 22), EIGHT))

    sent = [each.local.sends_at() for each in moments]
    assert [at.hour for at in sent] == [7, 6, 6]
    assert {at.astimezone(STOCKHOLM).time() for at in sent} == {EIGHT}


def test_by_rule_an_occasion_on_a_red_day_is_moved_and_says_so() -> None:
    moments = planned_moments(TO_WORKING_DAYS, LocalMoment(date(2027, 5, 25), EIGHT))

    assert [str(each.local.date) for each in moments] == ["2027-05-25", "2027-06-28", "2027-07-26"]
    assert [each.note for each in moments] == [
        None,
        "2027-06-25 är midsommarafton: tillfället är flyttat till måndag 2027-06-28.",
        "2027-07-25 är söndag: tillfället är flyttat till måndag 2027-07-26.",
    ]


def test_what_is_in_the_way_of_a_moved_occasion_goes_on() -> None:
    daily = replace(TO_WORKING_DAYS, interval=Interval(1, IntervalUnit.DAY))
    moments = planned_moments(daily, LocalMoment(date(2027, 2, 5), EIGHT), count=4)

    assert [each.local.date.day for each in moments] == [5, 8, 9, 10]
    assert moments[-1].note == (
        "2027-02-08 har redan ett tillfälle: tillfället är flyttat till onsdag 2027-02-10."
    )


@given(
    first=st.dates(date(2026, 1, 1), date(2036, 12, 31)),
    count=st.integers(1, 20),
    interval=st.builds(Interval, st.integers(1, 60), st.sampled_from(IntervalUnit)),
    offsets=st.just(()) | st.sets(st.integers(1, 400)).map(lambda days: (0, *sorted(days))),
    rule=st.sampled_from(RedDayRule),
    closes=st.sampled_from(OlderUnanswered),
    within=st.none() | st.builds(AnswerWithin, st.integers(0, 60)),
)
def test_occasions_are_in_order_never_two_at_once_and_open_when_they_are_sent(
    first: date,
    count: int,
    interval: Interval,
    offsets: tuple[int, ...],
    rule: RedDayRule,
    closes: OlderUnanswered,
    within: AnswerWithin | None,
) -> None:
    package = replace(
        PACKAGE,
        interval=interval,
        offsets_days=offsets,
        red_days=rule,
        older_unanswered=closes,
        answer_within=within,
    )

    moments = planned_moments(package, LocalMoment(first, EIGHT), count=count)

    days = [each.local.date for each in moments]
    assert days == sorted(set(days))
    assert len(days) == count
    if rule is RedDayRule.NEXT_WORKING_DAY:
        assert not any(map(red_day, days))
    lasts = [
        each.answer_by.day if each.answer_by else default_answer_by(each.local.date)
        for each in moments
    ]
    assert all(last >= day for day, last in zip(days, lasts, strict=True))
    if closes is OlderUnanswered.CLOSE:
        assert all(last < later for last, later in zip(lasts, days[1:], strict=False))


def test_the_days_to_answer_are_counted_from_each_occasion() -> None:
    six_days = replace(WEEKLY, answer_within=AnswerWithin(6))
    same_evening = replace(WEEKLY, answer_within=AnswerWithin(0, time(20)))

    assert last_days_of(six_days, date(2027, 2, 1)) == ["2027-02-07", "2027-02-14", "2027-02-21"]
    assert last_days_of(same_evening, date(2027, 2, 1))[0] == "2027-02-01 kl. 20:00"
    assert last_days_of(WEEKLY, date(2027, 2, 1)) == ["None"] * 3


def test_a_date_that_staff_chose_for_all_goes_before_the_packages_days() -> None:
    six_days = replace(WEEKLY, answer_within=AnswerWithin(6))

    assert last_days_of(six_days, date(2027, 2, 1), date(2027, 3, 1)) == ["None"] * 3


def test_a_package_that_closes_older_forms_lets_each_end_the_day_before_the_next() -> None:
    closing = replace(
        WEEKLY, answer_within=AnswerWithin(10), older_unanswered=OlderUnanswered.CLOSE
    )

    assert last_days_of(closing, date(2027, 2, 1)) == ["2027-02-07", "2027-02-14", "2027-02-25"]
    assert last_days_of(closing, date(2027, 2, 1), date(2027, 6, 1)) == [
        "2027-02-07",
        "2027-02-14",
        "None",
    ]


def test_one_that_is_moved_has_its_days_to_answer_from_there() -> None:
    moved = replace(TO_WORKING_DAYS, answer_within=AnswerWithin(2))

    assert last_days_of(moved, date(2027, 5, 25))[1] == "2027-06-30"


def test_a_typed_day_stands_and_the_packages_own_keeps_its_time() -> None:
    planned = AnswerBy(date(2027, 2, 7), time(20))

    assert typed_or_planned(AnswerBy(date(2027, 2, 7)), planned) == planned
    assert typed_or_planned(AnswerBy(date(2027, 2, 8)), planned) == AnswerBy(date(2027, 2, 8))
    assert typed_or_planned(None, planned) == planned
    assert typed_or_planned(None, None) is None


def test_a_red_day_is_warned_of_with_the_next_working_day_unless_the_package_keeps_it() -> None:
    midsummer = date(2027, 6, 25)

    assert red_day_warning(WEEKLY, midsummer) == (
        "2027-06-25 är midsommarafton. Nästa arbetsdag är måndag 2027-06-28."
    )
    assert red_day_warning(WEEKLY, date(2027, 6, 24)) is None
    assert red_day_warning(replace(WEEKLY, red_days=RedDayRule.KEEP), midsummer) is None


def test_a_weekday_that_the_package_has_chosen_is_no_red_day_but_a_holiday_is() -> None:
    saturdays = replace(WEEKLY, weekday=Weekday.SATURDAY)

    assert red_day_warning(saturdays, date(2027, 2, 6)) is None
    assert "söndag" in (red_day_warning(saturdays, date(2027, 2, 7)) or "")
    assert "midsommardagen" in (red_day_warning(saturdays, date(2027, 6, 26)) or "")


def test_what_is_closed_before_the_next_is_never_closed_before_it_is_sent() -> None:
    week_on = AnswerBy(date(2027, 2, 8))
    sent_on = date(2027, 2, 1)

    assert week_on.closed_before([sent_on], sent_on=sent_on) == week_on
    assert week_on.closed_before([sent_on, date(2027, 2, 2)], sent_on=sent_on).day == sent_on
