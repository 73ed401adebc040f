"""Names as they are shown, and as files may spell them."""

from datetime import date

import pytest

from utskick.domain.names import age_on, full_name, may_be_same_name


@pytest.mark.parametrize(
    ("given", "surname", "shown"),
    [
        ("Albin", "Persson", "Albin Persson"),
        ("", "Persson", "Persson"),
        ("", "", ""),
        (" Anna\n Maria ", "Berg\u202eelius", "Anna Maria Bergelius"),
    ],
)
def test_a_name_is_shown_in_one_line(given: str, surname: str, shown: str) -> None:
    assert full_name(given, surname) == shown


@pytest.mark.parametrize(
    "written",
    [
        "Anna Maria Berg-Lindén",
        "ANNA MARIA BERG LINDEN",
        "Berg-Linde\u0301n, Anna",
        "berg-lindén anna m.",
        "Maria Lindén",
        "Anna",
        "",
        "–",
    ],
)
def test_spellings_of_one_name_are_the_same(written: str) -> None:
    assert may_be_same_name(written, "Anna Maria Berg-Lindén")


@pytest.mark.parametrize("written", ["Anna Bergh", "Bo Lindén", "Karin Ek", "Anders"])
def test_another_name_is_another(written: str) -> None:
    assert not may_be_same_name(written, "Anna Maria Berg-Lindén")


def test_nobody_is_another_than_whom_the_register_has_no_name_for() -> None:
    assert may_be_same_name("Anna Berg", "")


@pytest.mark.parametrize(
    ("day", "years"), [(date(2026, 11, 30), 34), (date(2026, 12, 1), 35), (date(1991, 12, 1), 0)]
)
def test_a_year_more_from_the_birthday(day: date, years: int) -> None:
    assert age_on(date(1991, 12, 1), day) == years


@pytest.mark.parametrize(("day", "years"), [(date(2027, 2, 28), 14), (date(2027, 3, 1), 15)])
def test_whoever_was_born_on_a_leap_day_has_it_on_1_march(day: date, years: int) -> None:
    assert age_on(date(2012, 2, 29), day) == years
