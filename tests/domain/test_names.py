"""Names as they are shown, and as files may spell them."""

from datetime import date

import pytest

from utskick.domain.names import (
    age_on,
    file_name,
    full_name,
    may_be_same_name,
    name_columns,
    other_names,
)


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


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        (["Namn", "Personnummer"], [1]),
        (["Personnummer", "Efternamn", "Förnamn"], [2, 3]),
        (["Förnamn", "Patientens namn", "Personnummer"], [2]),
        (["Vårdnadshavarens namn", "Personnummer", "Läkare"], []),
        (["Personnummer"], []),
    ],
)
def test_a_column_of_names_is_known_by_its_heading(
    headings: list[str], columns: list[int]
) -> None:
    assert list(name_columns(dict(enumerate(headings, start=1)))) == columns


@pytest.mark.parametrize("cell", ["199102042398", "Anna 19910204-2398", " "])
def test_what_has_digits_in_it_is_no_name(cell: str) -> None:
    assert file_name([cell]) == ""


def test_a_different_name_is_said_with_its_row() -> None:
    said = other_names([(7, "Anna Berg", "Anna Bergman"), (8, "Ek, Bo", "Bo Johan Ek")])

    assert said[1:] == ["Rad 7: filen säger Anna Berg, befolkningsregistret säger Anna Bergman."]
    assert other_names([(8, "Ek, Bo", "Bo Johan Ek")]) == []


def test_of_many_different_names_some_are_named_and_the_others_counted() -> None:
    said = other_names([(row, "Anna Berg", "Bo Ek") for row in range(1, 22)])

    assert len(said) == 1 + 20 + 1
    assert said[-1] == "1 rad till har andra namn."
