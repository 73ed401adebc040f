"""Tables that leave us as files. Nothing in them may run in whoever's spreadsheet opens them."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

Cell = str | int
Rows = Iterable[Sequence[Cell]]
"""A heading row, then the rest."""

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def starts_a_formula(text: str) -> bool:
    """Whether a spreadsheet might run the text (OWASP: CSV injection).

    Some skip the spaces before it, and some take full-width signs for ordinary ones.
    """
    plain = unicodedata.normalize("NFKC", text)
    return plain.startswith(_STARTS_A_FORMULA) or plain.lstrip().startswith(_STARTS_A_FORMULA)


def csv_bytes(rows: Rows) -> bytes:
    """CSV as Swedish Excel opens it by a double click: UTF-8 with its mark, and semicolons.

    A text that a spreadsheet would run gets an apostrophe in front.
    """
    table = io.StringIO(newline="")
    csv.writer(table, delimiter=";").writerows([_harmless(cell) for cell in row] for row in rows)
    return table.getvalue().encode("utf-8-sig", errors="replace")


def _harmless(cell: Cell) -> Cell:
    if isinstance(cell, str) and starts_a_formula(cell):
        return f"'{cell}"
    return cell
