"""One sheet of an Excel file, cell by cell, with what staff do not see of it."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from openpyxl.utils.datetime import from_excel

from utskick.adapters.xlsx_parts import Attributes, Package, is_on
from utskick.adapters.xlsx_texts import RichText, Styles, unescaped
from utskick.domain.recipients import WorkbookTooLarge
from utskick.domain.sheets import SheetRow, Unseen

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_FORMULA = "="
_DIGITS = re.compile(r"-?\d{1,15}")
_LAST_COLUMN = 16_384


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, its corners included."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def read(cls, reference: str) -> "Area | None":
        found = [place_of(part) for part in reference.split(":")]
        corners = [place for place in found if place]
        if not corners:
            return None
        (top, left), (bottom, right) = corners[0], corners[-1]
        return cls(top, left, bottom, right)

    def has_row(self, row: int) -> bool:
        return self.top <= row <= self.bottom

    def covers(self, row: int, column: int) -> bool:
        """Whether a merged area hides the cell: it shows its first one only."""
        within = self.has_row(row) and self.left <= column <= self.right
        return within and (row, column) != (self.top, self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """What all its sheets share."""

    texts: Sequence[RichText]
    styles: Styles
    epoch: datetime
    most_rows: int
    most_cells: int


@dataclass(slots=True)
class _Hidden:
    """A row as it is being read, and why it is not seen."""

    number: int
    hidden: bool
    folded: bool
    texts: dict[int, str] = field(default_factory=dict)
    unseen_cells: dict[int, Unseen] = field(default_factory=dict)


@dataclass(slots=True)
class SheetReading:
    """Gathers the rows that hold anything, the columns that are hidden, filters and merges."""

    name: str
    book: Workbook
    filters: list[Area] = field(default_factory=list)
    columns: dict[int, Unseen] = field(default_factory=dict)
    _rows: list[_Hidden] = field(default_factory=list)
    _merged: list[Area] = field(default_factory=list)
    _row: _Hidden | None = None
    _column: int = 0
    _cells: int = 0
    _last_row: int = 0
    _cell: Attributes = field(default_factory=dict)
    _value: str = ""
    _formula: str | None = None
    _rich: RichText = field(default_factory=RichText)
    _spans: int = 0
    _filtered: bool = False
    _filter: Area | None = None

    def read(self, package: Package, part: str) -> None:
        """Raises `WorkbookTooLarge` at the row where it becomes too much."""
        package.read(
            part,
            starts={
                "sheetPr": self._note_properties,
                "col": self._hide_columns,
                "row": self._begin_row,
                "c": self._begin_cell,
                "f": self._begin_formula,
                "r": self._begin_run,
                "strike": self._strike,
                "rPh": self._begin_spoken,
                "autoFilter": self._begin_filter,
                "filterColumn": self._note_filtered,
                "mergeCell": self._merge,
            },
            ends={
                "v": self._take_value,
                "f": self._take_formula,
                "t": self._take_text,
                "rPh": self._end_spoken,
                "c": self._end_cell,
                "row": self._end_row,
                "autoFilter": self._end_filter,
            },
        )

    def read_table(self, package: Package, part: str) -> None:
        """A table within the sheet may have a filter of its own."""
        package.read(
            part,
            starts={"autoFilter": self._begin_filter, "filterColumn": self._note_filtered},
            ends={"autoFilter": self._end_filter},
        )

    def rows(self) -> Iterator[SheetRow]:
        """What was read, now that all is known of filters and merges."""
        numbers = sorted(row.number for row in self._rows)
        merged = _by_row(self._merged, numbers, most=self.book.most_cells)
        for row in self._rows:
            covered = {
                column: Unseen.COVERED
                for column in row.texts
                if any(area.covers(row.number, column) for area in merged.get(row.number, ()))
            }
            yield SheetRow(row.number, row.texts, self._unseen(row), row.unseen_cells | covered)

    def _unseen(self, row: _Hidden) -> Unseen | None:
        if not row.hidden:
            return None
        if any(area.has_row(row.number) for area in self.filters):
            return Unseen.FILTERED
        return Unseen.FOLDED if row.folded else Unseen.HIDDEN

    def _note_properties(self, attributes: Attributes) -> None:
        self._filtered = is_on(attributes, "filterMode")

    def _hide_columns(self, attributes: Attributes) -> None:
        if not is_on(attributes, "hidden") and attributes.get("width", "1").strip("0.") != "":
            return
        self._spans += 1
        if self._spans > _LAST_COLUMN:
            raise WorkbookTooLarge
        unseen = Unseen.FOLDED if _level(attributes) else Unseen.HIDDEN
        last = min(int(attributes["max"]), _LAST_COLUMN)
        self.columns |= dict.fromkeys(range(int(attributes["min"]), last + 1), unseen)

    def _begin_row(self, attributes: Attributes) -> None:
        number = int(attributes.get("r", self._last_row + 1))
        flat = attributes.get("ht", "1").strip("0.") == ""
        self._row = _Hidden(number, is_on(attributes, "hidden") or flat, _level(attributes) > 0)
        self._last_row, self._column = number, 0

    def _end_row(self, _text: str) -> None:
        if self._row and self._row.texts:
            self._rows.append(self._row)
        self._row = None

    def _begin_cell(self, attributes: Attributes) -> None:
        place = place_of(attributes.get("r", ""))
        self._column = place[1] if place else self._column + 1
        self._cell, self._value, self._formula, self._rich = attributes, "", None, RichText()

    def _take_value(self, text: str) -> None:
        self._value = text

    def _begin_formula(self, _attributes: Attributes) -> None:
        self._formula = ""

    def _take_formula(self, text: str) -> None:
        self._formula = text

    def _begin_run(self, attributes: Attributes) -> None:
        self._rich.begin_run(attributes)

    def _strike(self, attributes: Attributes) -> None:
        self._rich.strike(attributes)

    def _begin_spoken(self, attributes: Attributes) -> None:
        self._rich.begin_spoken(attributes)

    def _end_spoken(self, text: str) -> None:
        self._rich.end_spoken(text)

    def _take_text(self, text: str) -> None:
        self._rich.add(text)

    def _end_cell(self, _text: str) -> None:
        if self._row is None:
            return
        style = self.book.styles.of(self._cell.get("s"))
        text, struck = self._shown(is_date=style.is_date)
        if not text.strip():
            return
        self._cells += 1
        if self._cells > self.book.most_cells or len(self._rows) >= self.book.most_rows:
            raise WorkbookTooLarge(sheet=self.name, row=self._row.number)
        self._row.texts[self._column] = text
        if unseen := Unseen.STRUCK if struck else style.unseen:
            self._row.unseen_cells[self._column] = unseen

    def _shown(self, *, is_date: bool) -> tuple[str, bool]:
        """The text of a cell, and whether it is struck through within."""
        kind, value = self._cell.get("t", "n"), self._value
        if self._formula is not None and not value and kind not in ("str", "inlineStr"):
            # Nobody has worked it out yet, so it is its own text.
            return _FORMULA + self._formula, False
        if kind == "s" and value:
            shared = self.book.texts[int(value)]
            return shared.text, shared.struck
        if kind == "inlineStr":
            return self._rich.text, self._rich.struck
        if kind == "n" and value:
            return _number(value, self.book.epoch if is_date else None), False
        if kind == "b":
            return str(value == "1"), False
        return unescaped(value), False

    def _begin_filter(self, attributes: Attributes) -> None:
        self._filter = Area.read(attributes.get("ref", ""))
        if self._filtered:
            self._note_filtered(attributes)

    def _note_filtered(self, _attributes: Attributes) -> None:
        if self._filter and self._filter not in self.filters:
            self.filters.append(self._filter)

    def _end_filter(self, _text: str) -> None:
        self._filter = None

    def _merge(self, attributes: Attributes) -> None:
        if area := Area.read(attributes.get("ref", "")):
            self._merged.append(area)


def place_of(reference: str) -> tuple[int, int] | None:
    """Row and column of `B12`."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def _by_row(areas: Iterable[Area], rows: Sequence[int], *, most: int) -> dict[int, list[Area]]:
    """The areas at each of the rows. Raises `WorkbookTooLarge` if they lie on each other."""
    found: dict[int, list[Area]] = {}
    noted = 0
    for area in areas:
        reached = rows[bisect_left(rows, area.top) : bisect_right(rows, area.bottom)]
        noted += len(reached)
        if noted > most:
            raise WorkbookTooLarge
        for row in reached:
            found.setdefault(row, []).append(area)
    return found


def _level(attributes: Attributes) -> int:
    level = attributes.get("outlineLevel", "0")
    return int(level) if level.isdecimal() else 0


def _number(value: str, epoch: datetime | None) -> str:
    """As the cell shows it: a whole number has no decimals, a date is a date."""
    if epoch is None and _DIGITS.fullmatch(value):
        return value
    try:
        number = float(value)
        if epoch is not None:
            return str(from_excel(number, epoch))
    except (ValueError, OverflowError, TypeError):
        return value
    return str(int(number)) if number.is_integer() else str(number)
