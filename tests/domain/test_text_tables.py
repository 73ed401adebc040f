import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.people import ANNA, BO, CILLA
from utskick.domain.recipients import OtherKind, UnreadableFile
from utskick.domain.text_tables import TextTable, decode, read_table

QUICK = settings(max_examples=200, derandomize=True, deadline=None)
A, B, C = ANNA.digits, BO.digits, CILLA.digits


def rows(table: TextTable) -> dict[int, list[str]]:
    return {row.number: list(row.texts.values()) for row in table.rows}


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_files_are_read_as_people_save_them(encoding: str) -> None:
    raw = f"{A}\nÅsa\n".encode(encoding)

    assert decode(raw) == f"{A}\nÅsa\n"


def test_windows_1252_comes_before_latin_1() -> None:
    assert decode("väntar… – ”igen”".encode("cp1252")) == "väntar… – ”igen”"
    assert decode(b"\x81\xe5") == "\x81å"


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\x1a\r\n", "\x1a\x1a\n"])
def test_the_sign_with_which_dos_ended_a_text_is_no_row(end: str) -> None:
    assert decode(f"{A}{end}".encode()) == A


@pytest.mark.parametrize(
    "raw",
    [A.encode("utf-16-le"), b"1991\x000204", b"\xff\xfe1", b"PK\x03\x04\x14", b"\x01\x02\x031"],
)
def test_what_is_no_text_is_refused_and_not_guessed(raw: bytes) -> None:
    with pytest.raises(UnreadableFile):
        decode(raw)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"<html><table>", "webbsida"),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html>", "webbsida"),
        ("\ufeff<HTML>".encode("utf-16-le"), "webbsida"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "webbsida"),
        (b'<?xml version="1.0"?><Workbook>', "XML"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "bild"),
        (b"\xff\xd8\xff\xe0", "bild"),
    ],
)
def test_what_is_no_list_is_named_for_what_it_is(raw: bytes, what: str) -> None:
    with pytest.raises(OtherKind) as caught:
        decode(raw)

    assert what in caught.value.staff_message
    assert caught.value.staff_message.count(".") >= 2


# Rows and cells


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_ends_where_a_line_does(end: str) -> None:
    assert rows(read_table(f"{A};x{end}{end}{B};y{end}")) == {1: [A, "x"], 3: [B, "y"]}


@pytest.mark.parametrize("mark", list("\u2028\u2029\x0b\x0c\x1c\x1d\x1e\x85"))
def test_nothing_else_ends_a_row(mark: str) -> None:
    assert rows(read_table(f"Ring{mark}mor;{A}\n")) == {1: [f"Ring{mark}mor", A]}


@pytest.mark.parametrize("between", ["\n", "\r\n"])
def test_a_line_break_within_quotes_stays_in_its_cell(between: str) -> None:
    text = f'Namn;Not;Nr\nEk;"Ring{between}{C}; kväll";{A}\nAl;"sa ""ja""";{B}\n'

    assert rows(read_table(text)) == {
        1: ["Namn", "Not", "Nr"],
        2: ["Ek", f"Ring{between}{C}; kväll", A],
        3: ["Al", 'sa "ja"', B],
    }


@pytest.mark.parametrize("named", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_separator_may_be_named_on_a_first_line_that_is_no_row(named: str) -> None:
    table = read_table(f"{named}\r\nEk, Anna;{A}\r\nAl, Bo;{B}")

    assert rows(table) == {2: ["Ek, Anna", A], 3: ["Al, Bo", B]}
    assert table.headings == 1


def test_commas_between_quotes_outdo_semicolons_within() -> None:
    text = f'"Ek; Anna","{A}"\n"Al; Bo","{B}"'

    assert rows(read_table(text)) == {1: ["Ek; Anna", A], 2: ["Al; Bo", B]}


def test_a_note_over_lines_is_one_cell_though_its_separator_is_as_common_as_the_files() -> None:
    text = f'Ek\t{A}\t"Ring\nmor; {C}; sen"\nAl\t{B}\t"Ring\nfar; {C}; sen"'

    assert [row[1] for row in rows(read_table(text)).values()] == [A, B]


def test_a_mark_within_a_cell_that_is_not_quoted_is_a_sign_as_others() -> None:
    table = read_table(f'Anna;180";{A}\nBo;175";{B}\nCilla;171";{C}')

    assert [row[2] for row in rows(table).values()] == [A, B, C]
    assert not table.unclear


# Quotes that do not balance


def test_a_stray_mark_makes_no_other_separator_of_those_in_a_note() -> None:
    table = read_table(f'E"k\t{A}\t"Ring\nmor; {C}; sen"\nAl\t{B}\t"Ring\nfar; {C}; sen"')

    assert {2, 4} <= table.unclear


def test_what_does_not_balance_is_read_line_by_line_and_said() -> None:
    table = read_table(f'Namn;Nr\n"Anna" Ek;{A}\nBo;{B}')

    assert [row.number for row in table.rows] == [1, 2, 3]
    assert table.unclear == {2}
    assert "rad för rad" in table.notes[0]


def test_after_a_quote_without_its_pair_no_row_is_sure() -> None:
    table = read_table(f'Namn;Nr;Not\nBo;{B};\nAnna;{A};"Ring\nmor; {C}; sen\n')

    assert table.unclear == {3, 4, 5}
    assert "från rad 3" in table.notes[0]


def test_between_two_the_rows_are_unsure_and_after_them_sure_again() -> None:
    table = read_table(f'Namn;Nr\n"Anna;{A}\n"Bo;{B}\nCilla;{C}')

    assert table.unclear == {2, 3}


def test_also_marks_that_are_as_many_as_they_should_may_hide_where_a_note_ends() -> None:
    table = read_table(f'Ek;{A};""Ring\nmor;{C};sen""\nAl;{B};')

    assert table.unclear == {1, 2}


def test_in_a_list_without_columns_quotes_are_but_decoration() -> None:
    table = read_table(f'"{A}\n{B}\n"{C}')

    assert table.unclear == frozenset()
    assert len(table.rows) == 3


@given(st.binary(max_size=200))
@QUICK
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(UnreadableFile):
        table = read_table(decode(raw))
        assert all(row.texts for row in table.rows)


def test_long_spaces_take_no_longer_than_other_text() -> None:
    """A pattern that begins anew at each of them would keep the whole process waiting."""
    began = time.thread_time()

    decoded = decode(b"1" + b" " * 1_000_000 + b"x")

    assert len(decoded) == 1_000_002
    assert time.thread_time() - began < 5
