"""Whatever a file is like: what is there is taken, refused or asked about, and nobody who is not
seen in a cell of numbers is taken.
"""

import io
import re
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from tests.clinic import MONDAY_NOON
from tests.recipient_cases import REACHABLE
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.recipient_tables import NoNumberColumn, SeveralNumberColumns
from utskick.domain.recipients import JudgedRows, NoRecipients, UnreadableFile
from utskick.domain.rules import Rules
from utskick.domain.seen_sheets import ListQuestion, NothingSeen, Wish
from utskick.use_cases.import_recipients import ImportRecipients

PATIENTS, OTHERS = REACHABLE[:60], REACHABLE[60:120]
"""Only patients stand in cells of their own; others are hidden, or within notes."""
TRIED = settings(max_examples=150, derandomize=True, deadline=None)
REFUSED = (NoNumberColumn, NoRecipients, NothingSeen, SeveralNumberColumns, UnreadableFile)
LEAVE_OUT = Wish(leave_out_hidden=True)
READ = ImportRecipients(spreadsheets=OpenpyxlSpreadsheets(), rules=Rules(max_recipients=1000))


def imported(raw: bytes, wish: Wish = LEAVE_OUT) -> JudgedRows:
    return READ(raw, wish=wish, now=MONDAY_NOON)


def taken(found: JudgedRows) -> dict[int, str]:
    return {row.row: row.personnummer.digits for row in found.accepted}


@dataclass
class Written:
    """A sheet, and who is seen on which row of it, in which column."""

    title: str
    state: str = "visible"
    patients: dict[int, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)


@st.composite
def workbooks(draw: st.DrawFn) -> tuple[bytes, list[Written]]:
    """Sheets seen and hidden; rows filtered, folded, struck through; columns; merged cells."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    numbers, others = iter(PATIENTS), iter(OTHERS)
    states = draw(st.lists(st.sampled_from(["visible", "hidden"]), min_size=1, max_size=3))
    if "visible" not in states:
        states.append("visible")
    written = []
    for index, state in enumerate(states):
        sheet = book.create_sheet(f"Blad {index + 1}")
        sheet.sheet_state = state
        wrote = Written(sheet.title, state)
        column = draw(st.sampled_from([1, 2, 60]))
        row = draw(st.integers(1, 4))
        if draw(st.booleans()):
            sheet.cell(row, column, draw(st.sampled_from(["Personnummer", "PNR (ÅÅÅÅMMDDNNNN)"])))
            row += 1
        for _ in range(draw(st.integers(0, 5))):
            row += draw(st.sampled_from([1, 1, 1, 3, 20_000]))
            _write_row(draw, sheet, row, column, numbers, others, wrote)
        written.append(wrote)
    book.active = draw(st.sampled_from([n for n, s in enumerate(states) if s == "visible"]))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), written


def _write_row(
    draw: st.DrawFn, sheet: Any, row: int, column: int, numbers: Any, others: Any, wrote: Written
) -> None:
    number, other = next(numbers), next(others)
    how = draw(st.sampled_from([None, None, None, "row", "group", "strike", "column", "note"]))
    form = draw(st.sampled_from(["text", "number", "hyphen", "formula"]))
    shown: Any = {
        "text": number,
        "number": int(number),
        "hyphen": f"{number[:8]}-{number[8:]}",
        "formula": f'="{number}"',
    }[form]
    sheet.cell(row, column + 1, draw(st.sampled_from(["Testperson", None, "0701740607"])))
    if how == "column":
        sheet.cell(row, column + 3, other)
        sheet.column_dimensions[openpyxl.utils.get_column_letter(column + 3)].hidden = True
        wrote.hidden.add(other)
    if how == "note":
        sheet.cell(row, column + 2, f"Ring mor,\n{other}; kväll")
    cell = sheet.cell(row, column, shown)
    if how in ("row", "group"):
        sheet.row_dimensions[row].hidden = True
        sheet.row_dimensions[row].outlineLevel = int(how == "group")
    if how == "strike":
        cell.font = Font(strike=True)
    if how in ("row", "group", "strike"):
        wrote.hidden.add(number)
    else:
        wrote.patients[row] = number


def require_all_asked(question: ListQuestion, seen: dict[str, Written]) -> None:
    """Each answer takes all who are seen on a sheet, and everybody hidden is counted."""
    for option in question.options:
        read = READ.judge_list(option, now=MONDAY_NOON)
        assert taken(read) == seen[read.sheet].patients
    counts = map(int, re.findall(r"(\d+) (?:rad|personnummer)", question.staff_message))
    assert sum(counts) == sum(len(each.hidden) for each in seen.values())


@given(workbooks())
@TRIED
def test_of_a_workbook_those_who_are_seen_are_taken_and_the_rest_is_asked_about(
    made: tuple[bytes, list[Written]],
) -> None:
    raw, sheets = made
    seen = {each.title: each for each in sheets if each.state == "visible"}

    try:
        found = imported(raw, Wish())
    except ListQuestion as question:
        require_all_asked(question, seen)
    except NothingSeen:
        assert not any(each.patients for each in seen.values())
    except (NoNumberColumn, NoRecipients):
        assert not any(each.patients or each.hidden for each in seen.values())
    else:
        assert taken(found) == seen[found.sheet].patients
        assert not any(each.hidden for each in seen.values())
        others = [each for each in seen.values() if each.title != found.sheet]
        assert not any(each.patients for each in others)
        hidden = sum(
            len(each.patients) + len(each.hidden) for each in sheets if each not in seen.values()
        )
        assert (
            sum(map(int, re.findall(r"har (\d+) personnummer", " ".join(found.notes)))) == hidden
        )


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[bytes, dict[int, str], int]:
    """Quoted and ragged, with notes in which there are numbers; who is there, and the rows."""
    separator = draw(st.sampled_from([";", "\t", ","]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    numbers, others = iter(PATIENTS), iter(OTHERS)
    lines, patients = [], {}
    if draw(st.booleans()):
        lines.append(separator.join(["Namn", "Personnummer", "Anteckning"]))
    for _ in range(draw(st.integers(2, 6))):
        number = next(numbers)
        note = draw(
            st.sampled_from(
                [
                    "",
                    f'"Ring{end}mor; {next(others)}; kväll"',
                    f'"{next(others)}{end}{next(others)}"',
                    '"väntar… ""snart"", hör av sig"',
                    f"Ring\u2028mor\x0b{next(others)}",
                ]
            )
        )
        shown = draw(
            st.sampled_from(
                [number, f"{number[:8]}-{number[8:]}", f'"=""{number}"""', f"{number}.0"]
            )
        )
        wrong = draw(st.sampled_from([False, False, False, True]))
        ragged = [] if draw(st.booleans()) and not note else [note]
        lines.append(separator.join(["Åsa Ö", "saknas" if wrong else shown, *ragged]))
        if not wrong:
            patients[len(lines)] = number
    text = end.join(lines) + draw(st.sampled_from(["", end, f"{end}\x1a"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    raw = text.encode(encoding, errors="replace" if encoding == "cp1252" else "strict")
    return raw, patients, len(lines)


@given(csv_files())
@TRIED
def test_of_a_csv_file_each_row_is_taken_or_refused_and_no_note_is_anybody(
    made: tuple[bytes, dict[int, str], int],
) -> None:
    raw, patients, rows = made

    try:
        found = imported(raw)
    except NoNumberColumn:
        assert not patients
    else:
        assert taken(found) == patients
        assert len(found.accepted) + len(found.refused) + found.headings == rows


@given(csv_files(), st.data())
@TRIED
def test_a_quotation_mark_too_many_makes_no_note_anybody(
    made: tuple[bytes, dict[int, str], int], data: st.DataObject
) -> None:
    raw, patients, _ = made
    place = data.draw(st.integers(0, len(raw)))

    try:
        found = imported(raw[:place] + b'"' + raw[place:])
    except REFUSED:
        return
    assert set(taken(found).values()) <= set(patients.values())
