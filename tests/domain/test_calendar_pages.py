"""Pages of the calendar: whole weeks, and the ways to the next."""

from datetime import date

import pytest

from utskick.domain.calendar_pages import CalendarPage, PageKind

TODAY = date(2027, 2, 10)


def month(day: date) -> CalendarPage:
    return CalendarPage(PageKind.MONTH, day)


def week(day: date) -> CalendarPage:
    return CalendarPage(PageKind.WEEK, day)


def test_a_month_is_shown_in_whole_weeks_from_monday_to_sunday() -> None:
    page = month(date(2027, 5, 19))

    assert (page.first, page.last) == (date(2027, 4, 26), date(2027, 6, 6))
    assert [len(days) for days in page.weeks] == [7] * 6
    assert not page.shows(date(2027, 4, 30))
    assert page.shows(date(2027, 5, 31))


def test_a_february_that_begins_on_a_monday_has_four_weeks() -> None:
    page = month(TODAY)

    assert (page.first, page.last, len(page.weeks)) == (date(2027, 2, 1), date(2027, 2, 28), 4)


def test_a_week_is_shown_whole_whatever_day_of_it_is_asked_for() -> None:
    page = week(date(2026, 12, 31))

    assert (page.first, page.last) == (date(2026, 12, 28), date(2027, 1, 3))
    assert page.shows(date(2027, 1, 3))


def test_the_month_after_a_long_one_is_the_next_one() -> None:
    page = month(date(2027, 1, 31))

    assert page.later.day == date(2027, 2, 1)
    assert page.earlier.day == date(2026, 12, 1)
    assert page.later.earlier == month(date(2027, 1, 1))


def test_weeks_follow_each_other_over_the_turn_of_the_year() -> None:
    page = week(date(2026, 12, 30))

    assert page.later.first == date(2027, 1, 4)
    assert page.earlier.last == date(2026, 12, 27)


@pytest.mark.parametrize(
    ("kind", "text", "page"),
    [
        ("", "", month(TODAY)),
        ("vecka", "2027-03-04", week(date(2027, 3, 4))),
        ("manad", "2027-03", month(date(2027, 3, 1))),
        ("vecka", "2027-02-30", week(TODAY)),
        ("år", "igår", month(TODAY)),
        ("manad", "9999-12-31", month(date(2099, 11, 30))),
        ("manad", "0001-01-01", month(date(2000, 2, 1))),
    ],
)
def test_an_address_is_read_or_else_it_is_today(kind: str, text: str, page: CalendarPage) -> None:
    assert CalendarPage.read(kind, text, today=TODAY) == page


@pytest.mark.parametrize("day", [date(2000, 2, 1), date(2099, 11, 30)])
def test_both_ends_can_be_shown_and_turned(day: date) -> None:
    for page in (month(day), week(day)):
        assert page.weeks
        assert page.earlier.weeks
        assert page.later.weeks
