from collections.abc import Mapping
from typing import Any

import pytest

from tests.people import ANNA, BO, CILLA, DAVID
from utskick.domain.recipient_tables import SeveralNumberColumns
from utskick.domain.seen_sheets import (
    FoundList,
    ListQuestion,
    NoSuchSheet,
    NothingSeen,
    Wish,
    find_list,
)
from utskick.domain.sheets import Sheet, SheetRow, Unseen

A, B, C, D = (person.formatted for person in (ANNA, BO, CILLA, DAVID))
LEAVE_OUT = Wish(leave_out_hidden=True)


def sheet(
    *rows: list[str],
    hides: Mapping[int, Unseen] | None = None,
    name: str = "Lista",
    **changes: Any,
) -> Sheet:
    """Rows from 1 on; those in `hides` are not seen."""
    return Sheet(
        name=name,
        rows=[
            SheetRow(number, dict(enumerate(row, start=1)), (hides or {}).get(number))
            for number, row in enumerate(rows, start=1)
        ],
        **changes,
    )


def marked(row: list[str], **cells: Unseen) -> SheetRow:
    """One row, with why its cells A, B … are not seen as they stand."""
    return SheetRow(
        1,
        dict(enumerate(row, start=1)),
        unseen_cells={ord(column) - ord("A") + 1: unseen for column, unseen in cells.items()},
    )


def found(*sheets: Sheet, wish: Wish | None = None) -> FoundList:
    return find_list(sheets, wish or Wish())


def asked(*sheets: Sheet, wish: Wish | None = None) -> ListQuestion:
    with pytest.raises(ListQuestion) as caught:
        found(*sheets, wish=wish)
    return caught.value


def taken(listed: FoundList) -> list[str]:
    return [cell.text for cell in listed.cells]


# Rows, columns and cells


@pytest.mark.parametrize(
    ("unseen", "one", "two"),
    [
        (Unseen.FILTERED, "1 rad är dold av ett filter", "2 rader är dolda av ett filter"),
        (Unseen.HIDDEN, "1 rad är dold.", "2 rader är dolda."),
        (Unseen.FOLDED, "1 rad är dold i en hopfälld", "2 rader är dolda i en hopfälld grupp"),
    ],
)
def test_a_hidden_row_is_nobody_and_is_asked_about(unseen: Unseen, one: str, two: str) -> None:
    rows = (["Personnummer"], [A], [B], [C])

    question = asked(sheet(*rows, hides={3: unseen}))
    assert one in question.staff_message
    assert two in asked(sheet(*rows, hides={3: unseen, 4: unseen})).staff_message
    assert [taken(option) for option in question.options] == [[A, C]]


def test_who_has_said_so_gets_what_is_seen_and_is_still_reminded_of_the_rest() -> None:
    listed = found(sheet([A], [B], [C], hides={2: Unseen.FILTERED}), wish=LEAVE_OUT)

    assert taken(listed) == [A, C]
    assert [cell.row for cell in listed.cells] == [1, 3]
    assert "1 rad är dold av ett filter" in listed.notes[0]


def test_a_hidden_row_without_a_number_is_passed_over() -> None:
    rows = (["Skriv ut före kl. 10"], ["Personnummer"], [A], ["Slut"])

    assert taken(found(sheet(*rows, hides={1: Unseen.HIDDEN, 4: Unseen.HIDDEN}))) == [A]


def test_a_mistyped_number_in_a_hidden_row_counts_as_one() -> None:
    rows = (["Namn", "Personnummer"], ["Anna", A], ["Bo", "930828"])

    assert "1 rad är dold" in asked(sheet(*rows, hides={3: Unseen.HIDDEN})).staff_message


def test_a_hidden_column_with_numbers_is_asked_about_and_nobody_in_it_is_taken() -> None:
    rows = (["Namn", "Personnummer", "Förälder"], ["Anna", A, C], ["Bo", B, D])

    question = asked(sheet(*rows, unseen_columns={3: Unseen.HIDDEN}))

    assert "kolumn C är dold och har 2 personnummer" in question.staff_message
    assert taken(question.options[0]) == [A, B]


def test_hidden_columns_of_other_things_are_passed_over() -> None:
    rows = (["Anna", A, "0701740607"], ["Bo", B, "0701740615"])

    assert taken(found(sheet(*rows, unseen_columns={1: Unseen.FOLDED, 3: Unseen.HIDDEN}))) == [
        A,
        B,
    ]


def test_a_row_that_is_struck_through_is_asked_about() -> None:
    struck = Sheet(
        name="Lista", rows=[marked(["Anna", A], B=Unseen.STRUCK), SheetRow(2, {1: "Bo", 2: B})]
    )

    question = asked(struck)

    assert "1 rad är överstruken" in question.staff_message
    assert taken(question.options[0])[-1] == B
    assert A not in taken(question.options[0])


def test_a_note_that_is_struck_through_strikes_nobody_out() -> None:
    noted = Sheet(
        name="Lista", rows=[marked([A, "Anna", "ring"], C=Unseen.STRUCK), SheetRow(2, {1: B})]
    )

    assert taken(found(noted)) == [A, B]


def test_what_lies_under_merged_cells_is_nobody() -> None:
    merged = Sheet(name="Lista", rows=[marked(["Anna", A], B=Unseen.COVERED), SheetRow(2, {2: B})])

    question = asked(merged)

    assert "sammanfogade celler" in question.staff_message
    assert A not in taken(question.options[0])


# Sheets


def test_the_sheet_with_the_numbers_is_read_wherever_it_is_and_named() -> None:
    listed = found(sheet(name="Försättsblad"), sheet([A], name="Februari"))

    assert (listed.sheet, taken(listed)) == ("Februari", [A])
    assert listed.said == ("Mottagarna är lästa från bladet Februari.",)


def test_a_hidden_sheet_is_nobody_and_said() -> None:
    listed = found(sheet([A], [B], name="Gammal", hidden=True), sheet([C], name="Ny"))

    assert taken(listed) == [C]
    assert listed.notes == ("Bladet Gammal är dolt och har 2 personnummer som inte tas med.",)


def test_two_sheets_with_numbers_are_asked_about_the_one_in_front_first() -> None:
    sheets = (sheet([A], [B], name="Barn"), sheet([C], name="Föräldrar", in_front=True))

    question = asked(*sheets)

    assert question.staff_message == (
        "Det finns personnummer på flera blad: Föräldrar (1) och Barn (2)."
    )
    assert [taken(option) for option in question.options] == [[C], [A, B]]
    assert question.sheets == ("Föräldrar", "Barn")


def test_a_sheet_that_is_named_is_read_however_its_name_is_typed() -> None:
    sheets = (sheet([A], name="Barn"), sheet([C], name="Föräldrar"))

    assert taken(found(*sheets, wish=Wish(sheet="fo\u0308ra\u0308ldrar "))) == [C]


def test_a_sheet_that_is_named_by_a_personnummer_is_shown_by_its_number() -> None:
    sheets = (sheet([A], name="Barn"), sheet([B], name=f"Bo {B}"))

    question = asked(*sheets)

    assert "Barn (1) och nummer 2 (1)" in question.staff_message
    assert taken(found(*sheets, wish=Wish(sheet="nummer 2"))) == [B]
    with pytest.raises(NoSuchSheet) as caught:
        found(*sheets, wish=Wish(sheet=f"Bo {B}"))
    assert B not in caught.value.staff_message


@pytest.mark.parametrize("name", ["Koder", "Saknas"])
def test_a_sheet_that_is_not_there_or_not_seen_cannot_be_named(name: str) -> None:
    with pytest.raises(NoSuchSheet) as caught:
        found(sheet([A]), sheet([B], name="Koder", hidden=True), wish=Wish(sheet=name))

    assert "Det finns: Lista" in caught.value.staff_message


def test_a_sheet_of_telephones_or_case_numbers_is_none_with_numbers() -> None:
    numbers = [["0101011230"], ["0317412345"], ["0850000000"]]

    assert found(sheet(*numbers, name="Ärenden"), sheet([A])).sheet == "Lista"


def test_one_sheet_of_several_that_cannot_be_read_is_reported() -> None:
    question = asked(sheet([A], name="Barn"), sheet(["Eva", B, C], ["Ulf", C, D], name="Par"))

    assert "På bladet Par: Det finns personnummer i flera kolumner" in question.staff_message
    assert [option.sheet for option in question.options] == ["Barn"]


@pytest.mark.parametrize(
    "sheets",
    [
        (sheet([A], hidden=True), sheet(["Namn"], name="Ny")),
        (sheet([A], [B], hides={1: Unseen.FILTERED, 2: Unseen.FILTERED}),),
        (sheet(["Anna", A], ["Bo", B], unseen_columns={2: Unseen.HIDDEN}),),
    ],
    ids=["sheet", "rows", "column"],
)
def test_where_all_is_hidden_nobody_is_taken(sheets: tuple[Sheet, ...]) -> None:
    with pytest.raises(NothingSeen) as caught:
        found(*sheets)

    assert "Visa det som ska vara med" in caught.value.staff_message


def test_two_seen_columns_are_refused_whatever_is_hidden() -> None:
    with pytest.raises(SeveralNumberColumns):
        found(sheet(["Anna", A, C], ["Bo", B, D], [C], hides={3: Unseen.HIDDEN}))


def test_a_workbook_without_anything_is_an_empty_list() -> None:
    assert found(sheet()).cells == ()
