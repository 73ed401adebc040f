import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clinic import MONDAY_NOON
from tests.people import ANNA, BO, CILLA
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.personnummer import Personnummer
from utskick.domain.recipient_tables import NoNumberColumn, SeveralNumberColumns
from utskick.domain.recipients import (
    FileTooLarge,
    JudgedRows,
    NoRecipients,
    TooManyRecipients,
    UnreadableFile,
)
from utskick.domain.rules import Rules
from utskick.use_cases.import_recipients import ImportRecipients

QUICK = settings(max_examples=200, derandomize=True, deadline=None)
NAMED = (
    FileTooLarge,
    NoNumberColumn,
    NoRecipients,
    SeveralNumberColumns,
    TooManyRecipients,
    UnreadableFile,
)


def imported(
    raw: bytes | str, *, already: tuple[Personnummer, ...] = (), allowed: int = 250
) -> JudgedRows:
    return ImportRecipients(
        spreadsheets=OpenpyxlSpreadsheets(), rules=Rules(max_recipients=allowed)
    )(raw.encode() if isinstance(raw, str) else raw, already=already, now=MONDAY_NOON)


def numbers(found: JudgedRows) -> list[Personnummer]:
    return [row.personnummer for row in found.accepted]


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        f"{ANNA.digits}\n{BO.digits}\n",
        f"{ANNA.digits},{BO.digits}",
        f"{ANNA.digits} {BO.digits}",
        f"Namn;Personnummer\r\nAnna;{ANNA.formatted}\r\nBo;{BO.formatted}\r\n".encode("latin-1"),
        f"Namn\tPersonnummer\nAnna\t{ANNA.digits}\nBo\t{BO.digits}".encode("utf-16"),
        workbook(["Namn", "Personnummer"], ["Anna", int(ANNA.digits)], ["Bo", BO.formatted]),
        workbook([float(ANNA.digits)], [BO.digits]),
        workbook(["Anna", ANNA.digits], ["Bo", BO.digits]),
    ],
    ids=["txt", "line", "spaces", "csv", "pasted-cells", "xlsx", "xlsx-column", "xlsx-content"],
)
def test_a_file_is_read_by_what_it_holds(raw: bytes | str) -> None:
    found = imported(raw)

    assert numbers(found) == [ANNA, BO]
    assert found.refused == ()


@pytest.mark.parametrize(
    "typed",
    [
        f"\u00a0{ANNA.formatted}\u00a0",
        f" {ANNA.digits} ",
        f"\u200b{ANNA.digits}\ufeff",
        f"{ANNA.digits[:8]}\u00a0{ANNA.digits[8:]}",
        f"\u202d{ANNA.formatted}\u202c",
        f'"{ANNA.digits}"',
        f"'{ANNA.digits}",
    ],
)
def test_spaces_and_marks_that_come_along_when_pasting_do_no_harm(typed: str) -> None:
    assert numbers(imported(f"{typed}\n{BO.digits}")) == [ANNA, BO]


def test_every_bad_row_is_refused_with_its_number_masked_and_what_to_do() -> None:
    found = imported(f"Namn;Personnummer\nAnna;{ANNA.digits}\nBo;9308282384\nCilla;\n")

    assert [row.row for row in found.refused] == [3, 4]
    assert [row.masked for row in found.refused] == ["9308••••-••••", "••••-••••"]
    assert all(row.reason and row.remedy for row in found.refused)


@pytest.mark.parametrize(
    "text", ["1,99102E+11\n", "Anna;1,99102E+11\nBo;\n", f"{ANNA.digits}\n1.99E+11\n"]
)
def test_a_number_that_the_spreadsheet_has_rounded_says_so(text: str) -> None:
    row = next(row for row in imported(text).refused if "saknas" not in row.reason)

    assert "avrundat" in row.reason
    assert "som text" in row.remedy


def test_whoever_is_on_the_list_already_is_reported_and_does_not_count_twice() -> None:
    found = imported(f"{ANNA.digits}\n{BO.digits}", already=(ANNA,), allowed=2)

    assert numbers(found) == [BO]
    assert "redan i mottagarlistan" in found.refused[0].reason


def test_the_list_can_grow_to_what_the_setting_allows_and_no_further() -> None:
    with pytest.raises(TooManyRecipients) as caught:
        imported(f"{BO.digits}\n{CILLA.digits}", already=(ANNA,), allowed=2)

    assert "3 mottagare" in caught.value.staff_message


def test_the_wrong_file_is_not_explained_row_by_row() -> None:
    with pytest.raises(TooManyRecipients) as caught:
        imported("x\n" * 501)

    assert "501 mottagare" in caught.value.staff_message


def test_the_longer_lists_may_be_the_larger_files_are_and_the_more_is_explained() -> None:
    text = "Namn;Personnummer\n" + f"{'x' * 1000};{ANNA.digits}\n" * 1100

    with pytest.raises(FileTooLarge):
        imported(text)
    found = imported(text, allowed=10_000)

    assert (len(found.accepted), len(found.refused), found.headings) == (1, 1099, 1)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "lösenordsskyddad eller i ett äldre format"),
        (b"%PDF-1.7\x00", "går inte att läsa"),
        (b"PK\x03\x04 a letter", "går inte att läsa"),
        (b"1" * 1_000_001, "för stor"),
        (b"", "tom"),
        (b"Personnummer\n", "tom"),
        (workbook(), "tom"),
    ],
    ids=["old", "pdf", "word", "large", "empty", "heading", "sheet"],
)
def test_a_file_that_cannot_be_used_says_what_to_do(raw: bytes, said: str) -> None:
    with pytest.raises(NAMED) as caught:
        imported(raw)

    assert said in caught.value.staff_message


CELLS = st.sampled_from([ANNA.digits, BO.formatted, int(CILLA.digits), "x", "", None, 12.5, "=1"])


@given(st.lists(st.lists(CELLS, max_size=3), max_size=8))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_no_row_of_a_spreadsheet_is_lost(rows: list[list[Any]]) -> None:
    filled = [row for row in rows if any(cell not in (None, "") for cell in row)]
    width = max((sum(cell not in (None, "") for cell in row) for row in filled), default=0)

    try:
        found = imported(workbook(*rows))
    except NAMED:
        return
    count = len(found.accepted) + len(found.refused) + found.headings
    assert count == (width if len(filled) == 1 else len(filled))


@given(st.binary(max_size=300))
@QUICK
def test_any_bytes_are_read_or_refused_by_name(raw: bytes) -> None:
    try:
        found = imported(raw)
    except NAMED:
        return
    assert found.accepted or found.refused


@given(st.text(alphabet=st.sampled_from(f'{ANNA.digits}-,;\t\n "x\u00a0'), max_size=120))
@QUICK
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    try:
        found = imported(text)
    except NAMED:
        return
    assert found.accepted or found.refused
