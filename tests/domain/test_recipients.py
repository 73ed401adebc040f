from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people import ANNA, BO
from utskick.domain.recipients import JudgedRows, NumberCell, bare, is_heading, judge

TODAY = date(2026, 11, 23)
QUICK = settings(max_examples=200, derandomize=True, deadline=None)


def judged(*cells: str) -> JudgedRows:
    return judge([NumberCell(row, cell) for row, cell in enumerate(cells, start=1)], today=TODAY)


def test_every_bad_row_is_shown_with_its_number_masked() -> None:
    found = judged(ANNA.digits, "9102042398", "Bo", BO.digits, "199102042397")

    assert [row.row for row in found.refused] == [2, 3, 5]
    assert all(row.reason and row.remedy for row in found.refused)
    assert [row.masked for row in found.refused] == ["9102••••-••••", "••••-••••", "1991••••-••••"]


def test_a_duplicate_names_the_row_it_repeats() -> None:
    found = judged(ANNA.digits, BO.digits, ANNA.formatted)

    assert [row.personnummer for row in found.accepted] == [ANNA, BO]
    assert "rad 1" in found.refused[0].reason


def test_one_cell_is_one_number_whatever_separates_two_in_it() -> None:
    for between in (";", ",", " ", "\n", "\t"):
        found = judged(f"{ANNA.digits}{between}{BO.digits}")

        assert (len(found.accepted), len(found.refused)) == (0, 1)


def test_a_row_of_which_nobody_can_know_whether_it_is_one_is_refused() -> None:
    found = judge([NumberCell(2, ANNA.digits, unclear=True)], today=TODAY)

    assert found.accepted == ()
    assert "citattecken" in found.refused[0].reason


@pytest.mark.parametrize(
    "cell",
    [
        f'="{ANNA.digits}"',
        f'= "{ANNA.formatted}"',
        f"{ANNA.digits}.0",
        f"{ANNA.formatted},00",
        f" {ANNA.digits} ",
    ],
)
def test_what_systems_put_around_a_number_does_no_harm(cell: str) -> None:
    assert bare(cell) in (ANNA.digits, ANNA.formatted)
    assert [row.personnummer for row in judged(cell).accepted] == [ANNA]


def test_a_formula_that_nobody_has_worked_out_says_so() -> None:
    [refused] = judged("=Bokning!A5").refused

    assert "inte är uträknad" in refused.reason
    assert "Excel" in refused.remedy


@pytest.mark.parametrize(
    "cell",
    [
        "Personnummer",
        "PNR",
        "Person-nr.",
        "Personnummer (ÅÅÅÅMMDDNNNN)",
        "Personnummer [ÅÅÅÅMMDD-XXXX]",
        "Personnummer ÅÅÅÅMMDD-XXXX",
        " personnr ÅÅMMDD-NNNN ",
    ],
)
def test_a_heading_may_say_how_numbers_are_written(cell: str) -> None:
    assert is_heading(cell)


@pytest.mark.parametrize("cell", ["Vårdnadshavares personnummer", "Namn", "", "(Personnummer)"])
def test_other_headings_are_not_ours(cell: str) -> None:
    assert not is_heading(cell)


@given(st.lists(st.sampled_from([ANNA.digits, BO.formatted, "x", "", " ", "9102042398"])))
@QUICK
def test_no_row_is_lost(cells: list[str]) -> None:
    found = judged(*cells)

    assert len(found.accepted) + len(found.refused) == len(cells)
