"""Which cells of a table hold personnummer, and which columns are of them."""

import re
from collections.abc import Iterable, Mapping

from utskick.domain.personnummer import tidied
from utskick.domain.personnummer_in_text import Likeness, likeness
from utskick.domain.recipients import bare, is_rounded
from utskick.domain.sheets import SheetRow

_FEWEST_TYPED, _LONGEST_TYPED = 10, 13
_FEWEST_SIGNS, _LONGEST_PASTED = 7, 40
"""Signs: of the shortest rounded number, and of the longest with what is pasted along."""
_EXPONENT = "E+"
_TWELVE = re.compile(r"(?:18[4-9]|19\d|20\d)\d(?:0\d|1[0-2])(?:[0-8]\d|9[01])-?\d{4}", re.ASCII)
"""A number whose check digit may be wrong."""
_MOMENT = re.compile(r"(?:20)?[2-4]\d(?:0\d|1[0-2])[0-3]\d(?:[01]\d|2[0-3])[0-5]\d", re.ASCII)
"""A date and a time of our days, run together."""
_FEWEST_MOMENTS = 3


def likeness_of_cell(cell: str) -> Likeness:
    """How sure it is that the cell is a personnummer, and nothing else, though it be mistyped."""
    if not _FEWEST_SIGNS <= len(cell) <= _LONGEST_PASTED:
        return Likeness.NONE
    text = tidied(bare(cell))
    if _EXPONENT in text.upper() and is_rounded(text):
        return Likeness.TWELVE_DIGITS if text.endswith("11") else Likeness.TEN_DIGITS
    if sum(map(str.isdigit, text)) < _FEWEST_TYPED or len(text) > _LONGEST_TYPED:
        return Likeness.NONE
    return Likeness.TWELVE_DIGITS if _TWELVE.fullmatch(text) else likeness(text)


def is_words(cell: str) -> bool:
    """Whether the cell is a name or the like, not a number gone wrong."""
    return sum(map(str.isalpha, cell)) > 1 and not any(map(str.isdigit, cell))


def number_columns(rows: Iterable[SheetRow]) -> dict[int, Likeness]:
    """The columns that hold numbers. Twelve digits are surer than ten.

    A column where every cell is somebody's ten digits is as sure: no telephones or case numbers
    are all that by accident. Dates with times, run together, are no numbers.
    """
    found = {column: _likeness_of(cells) for column, cells in _by_column(rows).items()}
    return {column: like for column, like in found.items() if like}


def surest(columns: Mapping[int, Likeness]) -> list[int]:
    """The columns with the highest likeness of all."""
    best = max(columns.values(), default=Likeness.NONE)
    return sorted(column for column, like in columns.items() if like == best)


def _by_column(rows: Iterable[SheetRow]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in rows:
        for column, cell in row.texts.items():
            if any(map(str.isdecimal, cell)):
                found.setdefault(column, []).append(cell)
    return found


def _likeness_of(cells: list[str]) -> Likeness:
    kinds = [likeness_of_cell(cell) for cell in cells]
    best = max(kinds)
    if not best or _are_moments(cells):
        return Likeness.NONE
    return Likeness.TWELVE_DIGITS if all(kinds) else best


def _are_moments(cells: list[str]) -> bool:
    typed = [tidied(cell) for cell in cells]
    if len(typed) < _FEWEST_MOMENTS or not all(map(_MOMENT.fullmatch, typed)):
        return False
    return 2 * sum(map(bool, map(likeness, typed))) < len(typed)
