"""Finding the personnummer in a table that has other columns as well."""

from collections.abc import Sequence
from dataclasses import dataclass

from utskick.domain.errors import UtskickError
from utskick.domain.names import file_name, name_columns
from utskick.domain.number_cells import is_words, likeness_of_cell, number_columns, surest
from utskick.domain.personnummer import tidied
from utskick.domain.personnummer_in_text import Likeness
from utskick.domain.recipients import NumberCell, is_heading
from utskick.domain.sheets import SheetRow, column_name
from utskick.domain.text_tables import TextTable, numbers_within

_LAST_HEADING_ROW = 10
"""Above the headings there may be a title and a date."""


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

    def __init__(self, columns: Sequence[int]) -> None:
        super().__init__("several columns with numbers")
        *most, last = map(column_name, columns)
        self.staff_message = (
            f"Det finns personnummer i flera kolumner: {', '.join(most)} och {last}. Skriv"
            " rubriken Personnummer överst i mottagarnas kolumn, och bara i den, och försök igen."
        )


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where numbers should be, each with its row; `headings` are the rows above them.

    `column` is where they stand, unless they are one list without columns.
    """

    cells: list[NumberCell]
    headings: int = 0
    column: int | None = None


def numbers_of_text(table: TextTable) -> Numbers:
    """One column or one line is a list of numbers; anything else is CSV.

    Raises as `numbers_of_table`.
    """
    rows, headings = _after_heading(table.rows)
    if not table.unclear and (table.goes_on or _is_list(rows)):
        found = Numbers(_of_text(rows, unquoted=table.unquoted), headings)
    else:
        found = numbers_of_table(table.rows, unclear=table.unclear)
    return Numbers(found.cells, found.headings + table.headings, found.column)


def numbers_of_table(
    rows: Sequence[SheetRow], *, unclear: frozenset[int] = frozenset()
) -> Numbers:
    """As `numbers_of_text`, of a table whose cells are known.

    The column is found by its heading, else by what it holds. Raises `NoNumberColumn` or
    `SeveralNumberColumns`.
    """
    below, headings = _after_heading(rows)
    if _is_list(below) and not unclear:
        return Numbers(_of_table(below), headings)
    clear = [row for row in rows if row.number not in unclear]
    headed = _by_heading(clear)
    if headed is not None:
        heading, column = headed
        above = rows.index(clear[heading]) + 1
        named = name_columns(clear[heading].texts)
        return Numbers(_cells_below(rows[above:], column, unclear, named), above, column)
    column = _by_content(clear)
    # Headings in other words than ours hold no digits; a person's row does.
    first = "".join(rows[0].texts.values())
    headings = int(not any(map(str.isdigit, first)) and rows[0].number not in unclear)
    named = name_columns(rows[0].texts) if headings else ()
    return Numbers(_cells_below(rows[headings:], column, unclear, named), headings, column)


def _after_heading(rows: Sequence[SheetRow]) -> tuple[Sequence[SheetRow], int]:
    """The rows below one that is nothing but our heading; all rows if there is no such row."""
    for index, row in enumerate(rows[:_LAST_HEADING_ROW]):
        cells = list(row.texts.values())
        if len(cells) == 1 and is_heading(cells[0]):
            return rows[index + 1 :], index + 1
        if any(map(likeness_of_cell, cells)):
            break
    return rows, 0


def _is_list(rows: Sequence[SheetRow]) -> bool:
    """One column; or one row, unless it is a person's, with somebody else's number beside."""
    columns = {column for row in rows for column in row.texts}
    if len(columns) <= 1 or len(rows) != 1:
        return len(columns) <= 1
    cells = rows[0].texts.values()
    numbers = sum(map(bool, map(likeness_of_cell, cells)))
    return numbers <= 1 or not any(map(is_words, cells))


def _of_table(rows: Sequence[SheetRow]) -> list[NumberCell]:
    """Every cell there is, by its row."""
    return [NumberCell(row.number, cell) for row in rows for cell in row.texts.values()]


def _of_text(rows: Sequence[SheetRow], *, unquoted: bool) -> list[NumberCell]:
    """Also what stands apart by spaces or other separators. Of one line the places are counted."""
    found = [
        NumberCell(place if len(rows) == 1 and len(parts) > 1 else row.number, part)
        for row in rows
        for parts in [_parts(row, unquoted=unquoted)]
        for place, part in enumerate(parts, start=1)
    ]
    return [cell for cell in found if tidied(cell.text)]


def _parts(row: SheetRow, *, unquoted: bool) -> list[str]:
    """The row's cells from the first column on, empty ones too."""
    cells = [row.texts.get(column, "") for column in range(1, max(row.texts) + 1)]
    return [part for cell in cells for part in numbers_within(cell)] if unquoted else cells


def _by_heading(rows: Sequence[SheetRow]) -> tuple[int, int] | None:
    """Which of the rows has the headings, and the column under ours."""
    for index, row in enumerate(rows[:_LAST_HEADING_ROW]):
        if any(map(likeness_of_cell, row.texts.values())):
            return None
        named = [column for column, cell in row.texts.items() if is_heading(cell)]
        if len(named) > 1:
            raise SeveralNumberColumns(named)
        if named:
            _require_alone(named[0], row, rows[index + 1 :])
            return index, named[0]
    return None


def _require_alone(column: int, headings: SheetRow, below: Sequence[SheetRow]) -> None:
    """Refuse if a column without heading holds numbers too: it may be the one with recipients."""
    named = headings.texts.keys()
    beside = [
        SheetRow(row.number, {c: row.texts[c] for c in row.texts.keys() - named})
        for row in below
        if not row.texts.keys() <= named
    ]
    sure = number_columns(beside)
    unnamed = [other for other, like in sure.items() if like is Likeness.TWELVE_DIGITS]
    if unnamed:
        raise SeveralNumberColumns(sorted({column, *unnamed}))


def _by_content(rows: Sequence[SheetRow]) -> int:
    holding = surest(number_columns(rows))
    if not holding:
        raise NoNumberColumn
    if len(holding) > 1:
        raise SeveralNumberColumns(holding)
    return holding[0]


def _cells_below(
    rows: Sequence[SheetRow], column: int, unclear: frozenset[int], named: Sequence[int]
) -> list[NumberCell]:
    """A row without a number counts too: it is refused, not forgotten."""
    return [
        NumberCell(
            row.number,
            row.texts.get(column, ""),
            unclear=row.number in unclear,
            name=file_name(row.texts.get(each, "") for each in named),
        )
        for row in rows
    ]
