"""A table as a file holds it, and what of it staff do not see when they open the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

_LETTERS = 26


class Unseen(StrEnum):
    """Why something is not taken for what staff see."""

    FILTERED = "filtered"
    HIDDEN = "hidden"
    FOLDED = "folded"
    COVERED = "covered"
    """Under merged cells, which show but the first."""
    STRUCK = "struck"
    """Seen, but struck through."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`number` is the file's own; `texts` has the filled cells by column, the first is 1."""

    number: int
    texts: Mapping[int, str]
    unseen: Unseen | None = None
    unseen_cells: Mapping[int, Unseen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table. Only a workbook's has a name. Rows that hold nothing are left out."""

    name: str = ""
    rows: Sequence[SheetRow]
    hidden: bool = False
    in_front: bool = False
    unseen_columns: Mapping[int, Unseen] = field(default_factory=dict)


def column_name(column: int) -> str:
    """As spreadsheets name it: 1 is A, 28 is AB."""
    name = ""
    while column:
        column, letter = divmod(column - 1, _LETTERS)
        name = chr(ord("A") + letter) + name
    return name
