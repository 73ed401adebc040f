"""A `Spreadsheets` for Excel's files (.xlsx)."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from utskick.adapters.xlsx_parts import Package
from utskick.adapters.xlsx_workbook import read_workbook
from utskick.domain.limits import UNPACKED_BYTES, Limits
from utskick.domain.recipients import FileTooLarge, UnreadableFile
from utskick.domain.sheets import Sheet
from utskick.domain.tables import Cell, Rows, starts_a_formula

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\'\t\n\r]")
_LONGEST_SHEET_NAME = 31
_WIDEST = 60


class OpenpyxlSpreadsheets:
    """openpyxl writes. Its reader that needs little memory knows nothing of what is hidden."""

    def __init__(self, *, most_rows: int = Limits().file_rows) -> None:
        self._most_rows = most_rows

    def read(self, raw: bytes, *, unpacked: int = UNPACKED_BYTES) -> list[Sheet]:
        """A formula is its last value as the file has it, or its own text: none is evaluated."""
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                package = Package(archive, unpacked=unpacked)
                return read_workbook(package, most_rows=self._most_rows)
        except (FileTooLarge, UnreadableFile):
            raise
        except Exception:  # noqa: BLE001  # a broken workbook breaks whatever reads it in every way
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
