"""Looking in a long list of people: by name, number and kind, a page at a time."""

import pytest

from tests.people import ANNA, BO, CILLA, DAVID
from utskick.domain.long_lists import ALL, PER_PAGE, ListKind, ListPart, ListView, look_at
from utskick.domain.personnummer import Personnummer

Someone = tuple[str, Personnummer]
FOUR: list[Someone] = [
    ("Anna Maria Berg", ANNA),
    ("Bo Åkesson-Lind", BO),
    ("Cilla Ek", CILLA),
    ("", DAVID),
]
NAMELESS: ListKind[Someone] = ListKind("utan-namn", "Utan namn", lambda each: not each[0])
LONG_NAMED: ListKind[Someone] = ListKind("langa", "Långa namn", lambda each: len(each[0]) > 100)


def seen(view: ListView, rows: list[Someone] = FOUR) -> ListPart[Someone]:
    return look_at(rows, view, who=lambda each: each, kinds=(NAMELESS, LONG_NAMED))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [ANNA, BO, CILLA, DAVID]),
        ("berg anna", [ANNA]),
        ("ÅKE", [BO]),
        ("lind", [BO]),
        ("illa", []),
        (ANNA.formatted, [ANNA]),
        (f" {BO.digits[:8]}–{BO.digits[8:]} ", [BO]),
        (CILLA.digits[-6:], [CILLA]),
        ("bo 1993", [BO]),
        ("bo 1991", []),
        ("-", []),
    ],
)
def test_somebody_is_found_by_any_part_of_name_and_number(
    text: str, found: list[Personnummer]
) -> None:
    part = seen(ListView(text))

    assert [number for _, number in part.rows] == found
    assert (part.found, part.total) == (len(found), 4)


def test_chips_count_the_whole_list_and_leave_out_kinds_that_there_are_none_of() -> None:
    part = seen(ListView("cilla", kind="utan-namn"))

    assert [(chip.label, chip.count) for chip in part.chips] == [("Alla", 4), ("Utan namn", 1)]
    assert part.rows == []


def test_a_kind_that_is_gone_shows_all() -> None:
    part = seen(ListView(kind="langa"))

    assert part.view.kind == ALL
    assert len(part.rows) == len(FOUR)


def test_a_page_beyond_the_end_is_the_last() -> None:
    rows = [(f"Nummer {n}", ANNA) for n in range(2 * PER_PAGE + 1)]

    part = seen(ListView(page=9), rows)

    assert (part.view.page, part.pages) == (3, 3)
    assert (part.first, part.last) == (101, 101)
    assert part.rows == rows[-1:]


def test_the_whole_list_is_one_page() -> None:
    rows = [(f"Nummer {n}", ANNA) for n in range(PER_PAGE + 1)]

    part = seen(ListView().turned("hela"), rows)

    assert (part.pages, part.rows) == (1, rows)


@pytest.mark.parametrize(
    ("how", "view"),
    [
        ("sida 2", ListView("bo", "langa", 2)),
        ("sida x", ListView("bo", "langa", 1)),
        ("visa utan-namn", ListView("bo", "utan-namn", 1)),
        ("", ListView("bo", "langa", 1)),
    ],
)
def test_a_button_turns_the_list(how: str, view: ListView) -> None:
    assert ListView.of("bo", "langa", "7").turned(how) == view


@pytest.mark.parametrize("page", ["", "-1", "x", "²", "9" * 30])
def test_whatever_is_posted_for_a_page_is_one(page: str) -> None:
    assert ListView.of("", "", page).page == 1
