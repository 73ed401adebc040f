import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.filters import AutoFilter, FilterColumn, Filters
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.recipients import FileTooLarge, OtherKind, UnreadableFile
from utskick.domain.sheets import Unseen
from utskick.domain.tables import Cell

SPREADSHEETS = OpenpyxlSpreadsheets()
QUICK = settings(max_examples=50, derandomize=True, deadline=None)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def table(raw: bytes, *, reader: OpenpyxlSpreadsheets = SPREADSHEETS) -> dict[int, list[str]]:
    """The first sheet: each row that holds anything, with its number."""
    [sheet, *_] = reader.read(raw)
    return {
        row.number: [row.texts.get(column, "") for column in range(1, max(row.texts) + 1)]
        for row in sheet.rows
    }


def part(raw: bytes, name: str) -> str:
    return zipfile.ZipFile(io.BytesIO(raw)).read(name).decode()


def edited(raw: bytes, was: str, becomes: str, *, where: str = "sheet1.xml") -> bytes:
    """The workbook with a part's text changed."""

    def change(name: str, text: bytes) -> bytes:
        if not name.endswith(where):
            return text
        assert was.encode() in text
        return text.replace(was.encode(), becomes.encode())

    return _changed(raw, change)


def strict(raw: bytes) -> bytes:
    """The workbook as Excel saves 'Strict Open XML'."""
    transitional = b"http://schemas.openxmlformats.org/"

    def change(_name: str, text: bytes) -> bytes:
        for kind, becomes in [(b"spreadsheetml/2006", b"spreadsheetml"), _RELATIONS]:
            text = text.replace(transitional + kind, b"http://purl.oclc.org/ooxml/" + becomes)
        return text

    return _changed(raw, change)


_RELATIONS = (b"officeDocument/2006", b"officeDocument")


def _changed(raw: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return file.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (199102042398, "199102042398"),
        (199102042398.0, "199102042398"),
        ("19910204-2398", "19910204-2398"),
        (1.5, "1.5"),
        (date(1991, 2, 4), "1991-02-04 00:00:00"),
        (True, "True"),
        (None, ""),
    ],
)
def test_a_cell_is_read_as_text(value: Any, text: str) -> None:
    assert table(workbook([value, "x"])) == {1: [text, "x"]}


def test_every_sheet_is_read_with_its_name_and_whether_it_is_seen() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(["a"])))
    book.active.title = "Lista"
    for name, state in [("Gammal", "hidden"), ("Koder", "veryHidden"), ("Mars", "visible")]:
        sheet = book.create_sheet(name)
        sheet.append(["b"])
        sheet.sheet_state = state
    book.active = 3

    read = SPREADSHEETS.read(saved(book))

    assert [(each.name, each.hidden, each.in_front) for each in read] == [
        ("Lista", False, False),
        ("Gammal", True, False),
        ("Koder", True, False),
        ("Mars", False, True),
    ]


def test_empty_rows_keep_their_place() -> None:
    assert table(workbook(["a", None, None], [], ["b"])) == {1: ["a"], 3: ["b"]}


def test_a_formula_is_its_last_known_value() -> None:
    raw = edited(workbook(["=A2"]), "<v></v>", "<v>199102042398</v>")

    assert table(raw) == {1: ["199102042398"]}


def test_a_formula_without_a_known_value_is_its_own_text() -> None:
    text = '=HYPERLINK("http://evil.example")'

    assert table(workbook([text])) == {1: [text]}


def test_a_formula_that_shows_nothing_is_nothing() -> None:
    was, becomes = '<c r="A1"><f>A2</f><v></v></c>', '<c r="A1" t="str"><f>A2</f><v></v></c>'

    assert table(edited(workbook(["=A2"], ["b"]), was, becomes)) == {2: ["b"]}


def test_an_array_formula_without_a_known_value_is_its_own_text() -> None:
    raw = workbook(["a", ArrayFormula("B1:B2", "=A1:A2")])

    assert table(raw) == {1: ["a", "=A1:A2"]}


def test_a_text_that_begins_as_a_formula_is_read_beside_one() -> None:
    raw = edited(workbook(["'=a", "=1+1", None, "b"]), "<f>1+1</f><v></v>", "<f>1+1</f><v>2</v>")

    assert table(raw) == {1: ["'=a", "2", "", "b"]}


def test_more_rows_are_read_where_lists_may_be_longer() -> None:
    raw = workbook(*[["a"]] * 20_001)

    assert len(table(raw, reader=OpenpyxlSpreadsheets(most_rows=20_001))) == 20_001


def test_a_sheet_that_lies_of_its_size_is_read_whole() -> None:
    raw = workbook(["a", "b"], ["c", "d"])

    assert table(edited(raw, 'ref="A1:B2"', 'ref="A1"')) == {1: ["a", "b"], 2: ["c", "d"]}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04",
        b"ingen arbetsbok",
        workbook(["a"])[:-40],
        edited(workbook(["a"]), "<sheetData>", "<sheetData"),
    ],
    ids=["empty", "signature", "text", "cut", "broken"],
)
def test_what_is_no_workbook_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableFile):
        SPREADSHEETS.read(raw)


def test_a_sheet_with_more_rows_than_are_read_is_refused_with_the_place() -> None:
    with pytest.raises(FileTooLarge) as caught:
        SPREADSHEETS.read(workbook(*[["a"]] * 20_001))

    assert "rad 20001" in caught.value.staff_message


def test_a_number_in_any_column_and_any_row_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.cell(30_000, 60, "a")

    [sheet] = SPREADSHEETS.read(saved(book))

    assert [(row.number, dict(row.texts)) for row in sheet.rows] == [(30_000, {60: "a"})]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    raw = edited(workbook(["a"]), "</sheetData>", " " * 60_000_000 + "</sheetData>")

    assert len(raw) < 100_000
    with pytest.raises(FileTooLarge):
        SPREADSHEETS.read(raw)


# What is not seen


def test_hidden_rows_and_columns_are_read_with_why_they_are_not_seen() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for number in range(1, 6):
        sheet.append([f"{number}", "b", "c"])
    sheet.row_dimensions[2].hidden = True
    sheet.row_dimensions.group(3, 3, hidden=True)
    sheet.row_dimensions[5].hidden = True
    sheet.auto_filter.ref = "A4:C5"
    sheet.auto_filter.add_filter_column(0, ["4"])
    sheet.column_dimensions["B"].hidden = True
    sheet.column_dimensions.group("C", hidden=True)

    [read] = SPREADSHEETS.read(saved(book))

    assert {row.number: row.unseen for row in read.rows} == {
        1: None,
        2: Unseen.HIDDEN,
        3: Unseen.FOLDED,
        4: None,
        5: Unseen.FILTERED,
    }
    assert read.unseen_columns == {2: Unseen.HIDDEN, 3: Unseen.FOLDED}


def test_a_filter_of_a_table_within_the_sheet_hides_as_well() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for text in ("Namn", "a", "b"):
        sheet.append([text])
    sheet.add_table(Table(displayName="Lista", ref="A1:A3"))
    sheet.tables["Lista"].autoFilter = AutoFilter(
        ref="A1:A3", filterColumn=[FilterColumn(colId=0, filters=Filters(filter=["a"]))]
    )
    sheet.row_dimensions[3].hidden = True

    [read] = SPREADSHEETS.read(saved(book))

    assert [row.unseen for row in read.rows] == [None, None, Unseen.FILTERED]


def test_what_is_struck_through_or_shows_nothing_is_marked_cell_by_cell() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["a", "b", "c", "d"])
    sheet["B1"].font = Font(strike=True)
    sheet["C1"].number_format = ";;;"
    sheet["D1"] = CellRichText(TextBlock(InlineFont(strike=True), "d"), " e")

    [read] = SPREADSHEETS.read(saved(book))

    assert dict(read.rows[0].unseen_cells) == {
        2: Unseen.STRUCK,
        3: Unseen.HIDDEN,
        4: Unseen.STRUCK,
    }


def test_what_lies_under_merged_cells_is_covered() -> None:
    merged = '</sheetData><mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'

    [read] = SPREADSHEETS.read(
        edited(workbook(["a", "b"], ["c", "d", "e"]), "</sheetData>", merged)
    )

    assert [dict(row.unseen_cells) for row in read.rows] == [
        {2: Unseen.COVERED},
        {1: Unseen.COVERED, 2: Unseen.COVERED},
    ]


# Workbooks of other programs


def test_strict_open_xml_is_read() -> None:
    assert table(strict(workbook(["a", "b"]))) == {1: ["a", "b"]}


def test_styles_that_break_the_library_are_passed_over() -> None:
    raw = edited(workbook(["a"]), "<fills", '<fills x="1"', where="styles.xml")
    raw = edited(raw, 'patternType="gray125"', 'patternType="konstig"', where="styles.xml")
    with pytest.raises(ValueError):
        openpyxl.load_workbook(io.BytesIO(raw))

    assert table(raw) == {1: ["a"]}


def test_a_number_with_an_exponent_is_all_its_digits() -> None:
    raw = edited(workbook([199102042398]), "<v>199102042398<", "<v>1.99102042398E11<")

    assert table(raw) == {1: ["199102042398"]}


@pytest.mark.parametrize(
    ("part_name", "what"),
    [
        ("xl/workbook.bin", "binär Excel-arbetsbok"),
        ("content.xml", "OpenDocument"),
        ("Index/Document.iwa", "Numbers"),
    ],
)
def test_a_file_of_another_program_is_named_for_what_it_is(part_name: str, what: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(part_name, "")

    with pytest.raises(OtherKind) as caught:
        SPREADSHEETS.read(file.getvalue())

    assert what in caught.value.staff_message
    assert ".xlsx" in caught.value.staff_message


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet '

    with pytest.raises(UnreadableFile):
        SPREADSHEETS.read(edited(workbook(["a"]), "<worksheet ", bomb))


def test_no_text_is_written_as_a_formula() -> None:
    raw = SPREADSHEETS.write([["Namn"], ["=1+1"], ["-1"]], name="Lista")

    sheet = part(raw, "xl/worksheets/sheet1.xml")
    assert "<f>" not in sheet
    assert 'quotePrefix="1"' in part(raw, "xl/styles.xml")
    assert table(raw) == {1: ["Namn"], 2: ["=1+1"], 3: ["-1"]}


def test_a_number_is_written_as_a_number() -> None:
    sheet = part(SPREADSHEETS.write([["Rad"], [12]], name="Lista"), "xl/worksheets/sheet1.xml")

    assert '<c r="A2" t="n"><v>12</v></c>' in sheet


@given(
    st.lists(st.lists(st.text() | st.integers(-(10**9), 10**9), max_size=4), max_size=5),
    st.text(),
)
@QUICK
def test_anything_can_be_written_and_read_again(rows: list[list[Cell]], name: str) -> None:
    [read] = SPREADSHEETS.read(SPREADSHEETS.write(rows, name=name))

    assert len(read.rows) <= len(rows)


@given(st.binary(max_size=300))
@QUICK
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    with pytest.raises(UnreadableFile):
        SPREADSHEETS.read(b"PK\x03\x04" + tail)
