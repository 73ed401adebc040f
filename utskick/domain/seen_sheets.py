"""Only what staff see of a workbook is taken; they are asked about numbers that they do not see.

Nothing hidden is ever taken, and nothing is passed over in silence.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from utskick.domain.errors import UtskickError
from utskick.domain.number_cells import likeness_of_cell, number_columns, surest
from utskick.domain.personnummer_in_text import Likeness, looks_like_personnummer
from utskick.domain.recipient_tables import (
    NoNumberColumn,
    SeveralNumberColumns,
    numbers_of_table,
)
from utskick.domain.recipients import NumberCell
from utskick.domain.sheets import Sheet, SheetRow, Unseen, column_name
from utskick.domain.writing import comparable

_HIDDEN_ROWS = {
    Unseen.FILTERED: ("är dold av ett filter", "är dolda av ett filter"),
    Unseen.HIDDEN: ("är dold", "är dolda"),
    Unseen.FOLDED: ("är dold i en hopfälld grupp", "är dolda i en hopfälld grupp"),
    Unseen.COVERED: ("är dold under sammanfogade celler", "är dolda under sammanfogade celler"),
    Unseen.STRUCK: ("är överstruken", "är överstrukna"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff have said before they are asked: which sheet, and to leave out what is hidden."""

    sheet: str = ""
    leave_out_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """The cells where numbers should be; `sheet` is their sheet, if the file has sheets.

    `rows` are whole, with those of the headings.
    """

    cells: tuple[NumberCell, ...]
    rows: tuple[SheetRow, ...] = ()
    headings: int = 0
    sheet: str = ""
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many of the cells are likely to be numbers."""
        return sum(bool(likeness_of_cell(cell.text)) for cell in self.cells)

    @property
    def said(self) -> tuple[str, ...]:
        """What staff should know: which sheet was read, and what was not taken."""
        read = f"Mottagarna är lästa från bladet {self.sheet}."
        return (read, *self.notes) if self.sheet else self.notes


class ListQuestion(UtskickError):
    """A file can be taken in more ways than one, or holds what is not seen: staff choose.

    Nothing is taken yet. Each of the `options` leaves out what is hidden or struck through;
    `sheets` are the names to choose from, if that is what is asked.
    """

    def __init__(
        self, sentences: Sequence[str], options: Sequence[FoundList], *, sheets: Sequence[str]
    ) -> None:
        super().__init__("a list file holds more than what can be taken without asking")
        self.options, self.sheets = tuple(options), tuple(sheets)
        self.staff_message = " ".join(sentences)


class NothingSeen(UtskickError):
    """All numbers are hidden, or struck through."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("no number is seen")
        self.staff_message = (
            f"Inga personnummer syns i filen. {' '.join(sentences)} Visa det som ska vara med,"
            " spara filen och importera den igen."
        )


class NoSuchSheet(UtskickError):
    """`sheets` are those that staff see."""

    def __init__(self, name: str, sheets: Sequence[str]) -> None:
        super().__init__("no such sheet is seen")
        names = ", ".join(sheets) if any(sheets) else "inga blad alls"
        wanted = "så" if looks_like_personnummer(name) else name
        self.staff_message = (
            f"Filen har inget blad som heter {wanted} och syns. Det finns: {names}."
        )


def find_list(sheets: Sequence[Sheet], wish: Wish) -> FoundList:
    """The list of a workbook, as staff see it.

    Raises `ListQuestion` unless there is one way only, or the wish says which; `NothingSeen`,
    `NoSuchSheet`; or as `numbers_of_table`.
    """
    sheets = [_discreet(number, sheet) for number, sheet in enumerate(sheets, start=1)]
    seen = [_Seen.of(sheet) for sheet in sheets if not sheet.hidden]
    notes = [noted for sheet in sheets if sheet.hidden for noted in _all_hidden(sheet)]
    chosen = [_named(wish.sheet, seen)] if wish.sheet else _likest(seen)
    unseen = [noted for each in (chosen if wish.sheet else seen) for noted in each.unseen()]
    if not chosen and (unseen or notes):
        raise NothingSeen([*unseen, *notes])
    if len(chosen) > 1:
        raise _which_sheet(chosen, unseen, notes)
    found = [each.found([*_left_out(unseen), *notes]) for each in chosen or _in_front(seen)]
    if unseen and not wish.leave_out_hidden:
        raise ListQuestion(unseen, found, sheets=())
    return found[0] if found else FoundList(cells=())


def _discreet(number: int, sheet: Sheet) -> Sheet:
    """The sheet under a name that may be shown: one that holds a personnummer is replaced."""
    named = looks_like_personnummer(sheet.name)
    return replace(sheet, name=f"nummer {number}") if named else sheet


@dataclass(frozen=True, slots=True)
class _Seen:
    """One sheet's rows with nothing but what is seen of them, and which columns hold numbers."""

    sheet: Sheet
    rows: list[SheetRow]
    columns: dict[int, Likeness]

    @classmethod
    def of(cls, sheet: Sheet) -> Self:
        rows = [row for each in sheet.rows if (row := _seen(each, sheet)).texts]
        return cls(sheet, rows, number_columns(rows))

    @property
    def likeness(self) -> Likeness:
        return max(self.columns.values(), default=Likeness.NONE)

    @property
    def count(self) -> int:
        """How many numbers there are in the surest columns."""
        surely = surest(self.columns)
        cells = (row.texts.get(column, "") for row in self.rows for column in surely)
        return sum(bool(likeness_of_cell(cell)) for cell in cells)

    def found(self, notes: Sequence[str]) -> FoundList:
        """Raises as `numbers_of_table`."""
        found = numbers_of_table(self.rows)
        return FoundList(
            cells=tuple(found.cells),
            rows=tuple(self.rows),
            headings=found.headings,
            sheet=self.sheet.name,
            notes=tuple(notes),
        )

    def unseen(self) -> list[str]:
        """A sentence for each way in which numbers are hidden on this sheet."""
        noted = [*self._unseen_rows(), *self._unseen_columns()]
        return [f"På bladet {self.sheet.name}: {', '.join(noted)}."] if noted else []

    def _unseen_rows(self) -> Iterator[str]:
        column = self._column()
        counts = Counter(
            unseen
            for row in self.sheet.rows
            if (unseen := _why_unseen(row)) and _holds_number(row, column)
        )
        for unseen, (one, more) in _HIDDEN_ROWS.items():
            if count := counts[unseen]:
                yield f"{count} {'rad' if count == 1 else 'rader'} {one if count == 1 else more}"

    def _unseen_columns(self) -> Iterator[str]:
        hidden = [
            SheetRow(
                row.number, {c: row.texts[c] for c in row.texts.keys() & self.sheet.unseen_columns}
            )
            for row in self.sheet.rows
            if not _why_unseen(row)
        ]
        for column, like in sorted(number_columns(hidden).items()):
            if like is Likeness.TWELVE_DIGITS:
                cells = [row.texts.get(column, "") for row in hidden]
                count = sum(bool(likeness_of_cell(cell)) for cell in cells)
                yield f"kolumn {column_name(column)} är dold och har {count} personnummer"

    def _column(self) -> int | None:
        try:
            return numbers_of_table(self.rows).column
        except (NoNumberColumn, SeveralNumberColumns):
            return None


def _seen(row: SheetRow, sheet: Sheet) -> SheetRow:
    if row.unseen or _is_struck(row):
        return SheetRow(row.number, {})
    texts = {
        column: text
        for column, text in row.texts.items()
        if column not in sheet.unseen_columns
        and row.unseen_cells.get(column, Unseen.STRUCK) is Unseen.STRUCK
    }
    return SheetRow(row.number, texts, unseen_cells=row.unseen_cells)


def _is_struck(row: SheetRow) -> bool:
    """A note that is struck through strikes nobody out; a number does, or most of the row."""
    struck = [c for c, unseen in row.unseen_cells.items() if unseen is Unseen.STRUCK]
    return 2 * len(struck) > len(row.texts) or any(
        likeness_of_cell(row.texts[column]) for column in struck
    )


def _why_unseen(row: SheetRow) -> Unseen | None:
    if row.unseen:
        return row.unseen
    if _is_struck(row):
        return Unseen.STRUCK
    return next(
        (
            unseen
            for column, unseen in row.unseen_cells.items()
            if likeness_of_cell(row.texts[column])
        ),
        None,
    )


def _holds_number(row: SheetRow, column: int | None) -> bool:
    """Mistyped ones too, where the numbers are."""
    at_their_place = row.texts.get(column or 0, "")
    return any(map(str.isdigit, at_their_place)) or any(
        likeness_of_cell(cell) is Likeness.TWELVE_DIGITS for cell in row.texts.values()
    )


def _all_hidden(sheet: Sheet) -> Iterator[str]:
    columns = number_columns(sheet.rows)
    if max(columns.values(), default=Likeness.NONE) is Likeness.TWELVE_DIGITS:
        hidden = _Seen(sheet, list(sheet.rows), columns)
        yield f"Bladet {sheet.name} är dolt och har {hidden.count} personnummer som inte tas med."


def _likest(seen: Sequence[_Seen]) -> list[_Seen]:
    """The sheets that hold numbers, the one in front first."""
    best = max((each.likeness for each in seen), default=Likeness.NONE)
    holding = [each for each in seen if best and each.likeness is best]
    return sorted(holding, key=lambda each: not each.sheet.in_front)


def _in_front(seen: Sequence[_Seen]) -> list[_Seen]:
    return sorted(seen, key=lambda each: not each.sheet.in_front)[:1]


def _named(name: str, seen: Sequence[_Seen]) -> _Seen:
    wanted = comparable(name)
    for each in seen:
        if comparable(each.sheet.name) == wanted:
            return each
    raise NoSuchSheet(name, [each.sheet.name for each in seen])


def _left_out(unseen: Iterable[str]) -> Iterator[str]:
    return (f"{noted} Det togs inte med." for noted in unseen)


def _which_sheet(
    chosen: Sequence[_Seen], unseen: Sequence[str], notes: Sequence[str]
) -> ListQuestion:
    """A sheet that cannot be read is no option, but is mentioned."""
    *most, last = [f"{each.sheet.name} ({each.count})" for each in chosen]
    noted = [f"Det finns personnummer på flera blad: {', '.join(most)} och {last}.", *unseen]
    options = []
    for each in chosen:
        try:
            options.append(each.found([*_left_out(each.unseen()), *notes]))
        except (NoNumberColumn, SeveralNumberColumns) as error:
            noted.append(f"På bladet {each.sheet.name}: {error.staff_message}")
    return ListQuestion(noted, options, sheets=[each.sheet.name for each in chosen])
