import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.recipients import UnreadableFile
from utskick.domain.tables import Cell

SPREADSHEETS = OpenpyxlSpreadsheets()
QUICK = settings(max_examples=50, derandomize=True, deadline=None)


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def part(raw: bytes, name: str) -> str:
    return zipfile.ZipFile(io.BytesIO(raw)).read(name).decode()


def edited(raw: bytes, was: str, becomes: str) -> bytes:
    """The workbook with a part of its first sheet's text changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                assert was.encode() in text
                text = text.replace(was.encode(), becomes.encode())
            new.writestr(name, text)
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
    assert SPREADSHEETS.read(workbook([value, "x"])) == [[text, "x"]]


def test_only_the_first_sheet_is_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(["här"])))
    book.create_sheet("Blad 2").append(["inte här"])
    file = io.BytesIO()
    book.save(file)

    assert SPREADSHEETS.read(file.getvalue()) == [["här"]]


def test_empty_rows_keep_their_place_and_empty_columns_at_the_end_fall_off() -> None:
    assert SPREADSHEETS.read(workbook(["a", None, None], [], ["b"])) == [["a"], [], ["b"]]


def test_a_formula_is_its_last_known_value() -> None:
    raw = edited(workbook(["=A2"]), "<v />", "<v>199102042398</v>")

    assert SPREADSHEETS.read(raw) == [["199102042398"]]


def test_a_formula_without_a_known_value_is_its_own_text() -> None:
    assert SPREADSHEETS.read(workbook(['=HYPERLINK("http://evil.example")'])) == [
        ['=HYPERLINK("http://evil.example")']
    ]


def test_an_array_formula_without_a_known_value_is_its_own_text() -> None:
    raw = workbook(["a", ArrayFormula("B1:B2", "=A1:A2")])

    assert SPREADSHEETS.read(raw) == [["a", "=A1:A2"]]


def test_a_text_that_begins_as_a_formula_is_read_beside_one() -> None:
    raw = edited(workbook(["'=a", "=1+1", None, "b"]), "<f>1+1</f><v />", "<f>1+1</f><v>2</v>")

    assert SPREADSHEETS.read(raw) == [["'=a", "2", "", "b"]]


def test_more_rows_are_read_where_lists_may_be_longer() -> None:
    raw = workbook(*[["a"]] * 20_001)

    assert len(OpenpyxlSpreadsheets(most_rows=20_001).read(raw)) == 20_001


def test_a_sheet_that_lies_of_its_size_is_read_whole() -> None:
    raw = workbook(["a", "b"], ["c", "d"])

    assert SPREADSHEETS.read(edited(raw, 'ref="A1:B2"', 'ref="A1"')) == [
        ["a", "b"],
        ["c", "d"],
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04",
        b"ingen arbetsbok",
        workbook(["a"])[:-40],
        workbook(["a"] * 51),
        workbook(*[["a"]] * 20_001),
        edited(workbook(["a"]), "<sheetData>", "<sheetData"),
    ],
    ids=["empty", "signature", "text", "cut", "wide", "long", "broken"],
)
def test_what_is_no_workbook_or_too_large_a_one_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableFile):
        SPREADSHEETS.read(raw)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(60_000_000))

    assert len(file.getvalue()) < 100_000
    with pytest.raises(UnreadableFile):
        SPREADSHEETS.read(file.getvalue())


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet '

    with pytest.raises(UnreadableFile):
        SPREADSHEETS.read(edited(workbook(["a"]), "<worksheet ", bomb))


def test_no_text_is_written_as_a_formula() -> None:
    raw = SPREADSHEETS.write([["Namn"], ["=1+1"], ["-1"]], name="Lista")

    sheet = part(raw, "xl/worksheets/sheet1.xml")
    assert "<f>" not in sheet
    assert 'quotePrefix="1"' in part(raw, "xl/styles.xml")
    assert SPREADSHEETS.read(raw) == [["Namn"], ["=1+1"], ["-1"]]


def test_a_number_is_written_as_a_number() -> None:
    sheet = part(SPREADSHEETS.write([["Rad"], [12]], name="Lista"), "xl/worksheets/sheet1.xml")

    assert '<c r="A2" t="n"><v>12</v></c>' in sheet


@given(
    st.lists(st.lists(st.text() | st.integers(-(10**9), 10**9), max_size=4), max_size=5),
    st.text(),
)
@QUICK
def test_anything_can_be_written_and_read_again(rows: list[list[Cell]], name: str) -> None:
    read = SPREADSHEETS.read(SPREADSHEETS.write(rows, name=name))

    assert len(read) <= len(rows)


@given(st.binary(max_size=300))
@QUICK
def test_any_bytes_are_read_or_refused(tail: bytes) -> None:
    with pytest.raises(UnreadableFile):
        SPREADSHEETS.read(b"PK\x03\x04" + tail)
