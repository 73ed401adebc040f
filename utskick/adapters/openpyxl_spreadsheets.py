"""A `Spreadsheets` for Excel's files (.xlsx)."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from utskick.domain.limits import Limits
from utskick.domain.recipients import UnreadableFile
from utskick.domain.tables import Cell, Rows, starts_a_formula

_MOST_BYTES = 50_000_000
"""Unpacked, as the file itself declares it: no more than that is ever unpacked."""
_MOST_COLUMNS = 50
_FORMULA = "="
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\'\t\n\r]")
_LONGEST_SHEET_NAME = 31
_WIDEST = 60


class OpenpyxlSpreadsheets:
    def __init__(self, *, most_rows: int = Limits().file_rows) -> None:
        self._most_rows = most_rows

    def read(self, raw: bytes) -> list[list[str]]:
        """A formula is its last value as the file has it, or its own text: none is evaluated."""
        try:
            _require_small(raw)
            with warnings.catch_warnings():
                # It warns of each thing in a workbook that it leaves out.
                warnings.simplefilter("ignore")
                typed = list(_texts(raw, self._most_rows, data_only=False))
                if not _has_formula(typed):
                    return typed
                known = _texts(raw, self._most_rows, data_only=True)
                return [_known_or_typed(*both) for both in zip(known, typed, strict=True)]
        except Exception:  # noqa: BLE001  # a broken workbook breaks the library in every way
            raise UnreadableFile from None

    def write(self, rows: Rows, *, name: str) -> bytes:
        """The first row is a heading that stays in sight."""
        table = [list(row) for row in rows]
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet(_sheet_name(name))
        sheet.freeze_panes = "A2"
        for column, width in enumerate(_widths(table), start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        for row in table:
            sheet.append([_written(sheet, cell) for cell in row])
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()


def _require_small(raw: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MOST_BYTES:
            raise UnreadableFile


def _texts(raw: bytes, most_rows: int, *, data_only: bool) -> Iterator[list[str]]:
    """The rows, without the empty cells at their ends; `data_only` gives values of formulas."""
    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=data_only)
    try:
        sheet = book.worksheets[0]
        # One row and column more than allowed: what is too much is refused, never cut off.
        rows = sheet.iter_rows(max_row=most_rows + 1, max_col=_MOST_COLUMNS + 1, values_only=True)
        for number, row in enumerate(rows, start=1):
            too_much = row if number > most_rows else row[_MOST_COLUMNS:]
            if any(value is not None for value in too_much):
                raise UnreadableFile
            yield _without_empty_end([_text(value) for value in row[:_MOST_COLUMNS]])
    finally:
        book.close()


def _has_formula(table: Sequence[Sequence[str]]) -> bool:
    """Whether any cell may be one; a text that begins as one costs only a second look."""
    return any(text.startswith(_FORMULA) for row in table for text in row)


def _known_or_typed(known: Sequence[str], typed: Sequence[str]) -> list[str]:
    """A formula without a known value is its own text."""
    both = zip_longest(known, typed, fillvalue="")
    return _without_empty_end([value or formula for value, formula in both])


def _without_empty_end(texts: list[str]) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(value: Any) -> str:
    """As the cell shows it: a whole number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, ArrayFormula | DataTableFormula):
        return getattr(value, "text", None) or _FORMULA
    return str(value)


def _sheet_name(name: str) -> str:
    return _NOT_IN_SHEET_NAMES.sub(" ", _NOT_IN_XML.sub("", name))[:_LONGEST_SHEET_NAME]


def _widths(table: Sequence[Sequence[Cell]]) -> Iterator[int]:
    for column in range(max(map(len, table), default=0)):
        longest = max(len(str(row[column])) for row in table if column < len(row))
        yield min(longest + 2, _WIDEST)


def _written(sheet: Any, value: Cell) -> Any:
    if not isinstance(value, str):
        return value
    text = _NOT_IN_XML.sub("", value)
    cell = WriteOnlyCell(sheet, text)
    # The library takes a text with an equals sign for a formula; this one is text.
    cell.data_type = "s"
    cell.quotePrefix = starts_a_formula(text)
    return cell
