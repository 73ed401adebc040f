"""Finding the personnummer in a table that has other columns as well."""

import csv
from collections.abc import Sequence

from utskick.domain.errors import UtskickError
from utskick.domain.personnummer import tidied
from utskick.domain.personnummer_in_text import looks_like_personnummer
from utskick.domain.recipients import (
    UnreadableFile,
    cells_of,
    is_heading,
    is_rounded,
    with_points,
)

Row = Sequence[str]
NumberedCell = tuple[int, str]

_SEPARATORS = (";", "\t", ",")
_LAST_HEADING_ROW = 10
"""Above the headings there may be a title and a date."""
_LONGEST_TYPED = 13


class NoNumberColumn(UtskickError):
    """A table with several columns, none of which holds personnummer."""

    def __init__(self) -> None:
        super().__init__("no column with numbers")
        self.staff_message = (
            "Det gick inte att hitta någon kolumn med personnummer."
            " Skriv rubriken Personnummer överst i kolumnen och försök igen."
        )


class SeveralNumberColumns(UtskickError):
    """One may be of guardians or staff: nobody is guessed to be a recipient."""

    def __init__(self) -> None:
        super().__init__("several columns with numbers")
        self.staff_message = (
            "Det finns personnummer i flera kolumner. Skriv rubriken Personnummer överst i"
            " mottagarnas kolumn, och bara i den, och försök igen."
        )


def numbers_of_text(text: str) -> tuple[list[NumberedCell], int]:
    """The cells with numbers, each with its row; and how many rows are headings.

    One column or one line is a list of numbers; anything else is CSV. Raises as
    `numbers_of_table`.
    """
    text = with_points(text)
    lines = text.splitlines()
    separator = max(_SEPARATORS, key=lambda mark: sum(mark in line for line in lines))
    table = [_split(line, separator) for line in lines]
    if _is_list(table) or (separator == "," and _all_numbers(table)):
        cells = list(cells_of(text))
        return cells, int(bool(lines) and is_heading(lines[0]))
    return numbers_of_table(table)


def numbers_of_table(table: Sequence[Row]) -> tuple[list[NumberedCell], int]:
    """As `numbers_of_text`, of a table whose cells are known.

    The column is found by its heading, else by what it holds. Raises `NoNumberColumn` or
    `SeveralNumberColumns`.
    """
    if _is_list(table):
        return _of_list(table)
    headed = _by_heading(table)
    if headed is not None:
        heading, column = headed
        above = sum(map(_filled, table[: heading + 1]))
        return _cells_below(table, heading + 1, column), above
    column = _by_content(table)
    first = next(index for index, row in enumerate(table) if _filled(row))
    # Headings in other words than ours hold no digits; a person's row does.
    headings = int(not any(character.isdigit() for character in "".join(table[first])))
    return _cells_below(table, first + headings, column), headings


def _split(line: str, separator: str) -> list[str]:
    """One line at a time: a stray quotation mark must not swallow the rows after it."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        raise UnreadableFile from None


def _filled(row: Row) -> bool:
    return any(tidied(cell) for cell in row)


def _cell(row: Row, column: int) -> str:
    return row[column] if column < len(row) else ""


def _columns(table: Sequence[Row]) -> list[int]:
    """Those that hold anything."""
    return sorted({i for row in table for i, cell in enumerate(row) if tidied(cell)})


def _is_list(table: Sequence[Row]) -> bool:
    return len(_columns(table)) <= 1 or sum(map(_filled, table)) <= 1


def _of_list(table: Sequence[Row]) -> tuple[list[NumberedCell], int]:
    one_line = len(_columns(table)) > 1
    cells = [
        (place if one_line else number, cell)
        for number, row in enumerate(table, start=1)
        for place, cell in enumerate(row, start=1)
        if tidied(cell)
    ]
    headings = int(bool(cells) and is_heading(cells[0][1]))
    return cells[headings:], headings


def _is_number(cell: str) -> bool:
    """Whether the cell holds what may be a number, and nothing else."""
    text = tidied(cell)
    return is_rounded(text) or (len(text) <= _LONGEST_TYPED and looks_like_personnummer(text))


def _all_numbers(table: Sequence[Row]) -> bool:
    """A long line with commas that was broken into several."""
    return all(_is_number(cell) for row in table for cell in row if tidied(cell))


def _by_heading(table: Sequence[Row]) -> tuple[int, int] | None:
    """The row of the headings and the column under ours."""
    for index, row in enumerate(table[:_LAST_HEADING_ROW]):
        if any(map(_is_number, row)):
            return None
        named = [column for column, cell in enumerate(row) if is_heading(cell)]
        if len(named) > 1:
            raise SeveralNumberColumns
        if named:
            return index, named[0]
    return None


def _by_content(table: Sequence[Row]) -> int:
    holding = [
        column
        for column in _columns(table)
        if any(_is_number(_cell(row, column)) for row in table)
    ]
    if not holding:
        raise NoNumberColumn
    if len(holding) > 1:
        raise SeveralNumberColumns
    return holding[0]


def _cells_below(table: Sequence[Row], start: int, column: int) -> list[NumberedCell]:
    """A row without a number counts too: it is refused, not forgotten."""
    return [
        (number, _cell(row, column))
        for number, row in enumerate(table[start:], start=start + 1)
        if _filled(row)
    ]
