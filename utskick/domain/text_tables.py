"""Text as people save lists: encodings, separators and quotes."""

import csv
import io
import re
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from utskick.domain.number_cells import is_words, likeness_of_cell
from utskick.domain.recipients import OtherKind, UnreadableFile, with_points
from utskick.domain.sheets import SheetRow

_SEPARATORS = (";", "\t", ",")
_OTHER_SEPARATORS = re.compile(r"[,;\t]")
_ROW_END = re.compile(r"\r\n|\r|\n")
"""Only these end a row. Other characters that Python splits lines at may stand within a cell."""
_NEXT_NUMBER = re.compile(r"(?<=\d)[^\S\r\n]+(?=\d{8}-?\d{4}(?!\d))", re.ASCII)
"""Space between two whole numbers on a line."""
_NAMED_SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_END_OF_FILE = "\x1a"
"""Ctrl-Z, with which DOS ended a text."""
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x19\x1b\x7f]")
_FEWEST_SIGNS = 5
"""Characters for each control character among them; with fewer it is no text."""
_QUOTE = '"'
_OPENS = re.compile(r'(?:^|[\r\n,;\t])[^\S\r\n\t]*"')
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BY_LINE = (
    "Citattecknen i filen går inte ihop, så den är läst rad för rad. Kontrollera att rätt personer"
    " är med."
)
_UNPAIRED = (
    "Citattecknen i filen går inte ihop från rad {row}, så den är läst rad för rad. Rader som kan"
    " höra till en anteckning är inte med. Ta bort citattecknet som är för mycket, eller spara"
    " listan som Excel (.xlsx)."
)
_SAVE_AS = "Öppna den i Excel, spara den som Excel-arbetsbok (.xlsx) och importera den nya filen."
_COPY = "Kopiera personnumren till en textfil eller till Excel och importera den filen."
_STARTS: dict[tuple[str, ...], tuple[str, str]] = {
    ("<html", "<!doctype html", "<table", "<head", "<meta", "<body", "mime-version:"): (
        "en webbsida (HTML), vad den än heter,",
        _SAVE_AS,
    ),
    ("<?xml", "<workbook", "<worksheet"): ("XML, vad den än heter,", _SAVE_AS),
    ("{\\rtf",): ("ett RTF-dokument", _COPY),
    ("%pdf",): ("en PDF", _COPY),
    ("\x89png", "gif8", "\xff\xd8\xff"): ("en bild", "Skriv in personnumren i stället."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """Rows and their columns.

    `goes_on`: a long line with commas that was broken into several, not a table. `unquoted`: no
    cell was held together by quotation marks. `unclear` are rows of which nobody can know whether
    they are within such a cell.
    """

    rows: Sequence[SheetRow]
    goes_on: bool = False
    unquoted: bool = True
    headings: int = 0
    unclear: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def decode(raw: bytes) -> str:
    """Text from a file as people save it. Raises `UnreadableFile`, or `OtherKind` by its name.

    UTF-16 only with its mark: without it the zero bytes give it away, and nothing is guessed.
    """
    _require_text(raw)
    if raw[:2] in _UTF_16:
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError:
            raise UnreadableFile from None
    else:
        text = _decoded(raw)
    if "\0" in text or len(_CONTROL.findall(text)) * _FEWEST_SIGNS > len(text):
        raise UnreadableFile
    content = text.rstrip(string.whitespace + _END_OF_FILE)
    return content if _END_OF_FILE in text[len(content) :] else text


def read_table(text: str) -> TextTable:
    """CSV by RFC 4180; line by line only where its quotes do not balance, which is said.

    Then a line that may be the middle of a quoted cell is unclear: it is nobody's row.
    """
    text, named = _without_named_separator(with_points(text))
    lines = _ROW_END.split(text)
    by_use = sorted(_SEPARATORS, key=lambda mark: -sum(mark in line for line in lines))
    candidates = [named] if named else [mark for mark in by_use if mark in text] or by_use[:1]
    headings = int(bool(named))
    for separator in candidates:
        records = _records(text, separator)
        if separator == candidates[0]:
            sure = _keeps_to_it(text, separator) or _ends_with_its_line(text, lines)
        else:
            sure = _keeps_to_it(text, separator) and _holds_numbers(records or ())
        if records is not None and sure:
            return replace(_table(records, separator, headings), unquoted=_QUOTE not in text)
    return _by_line(lines, candidates[0], headings)


def numbers_within(cell: str) -> list[str]:
    """The parts of a line on which numbers stand apart by any separators, or by spaces alone."""
    return [part for whole in _OTHER_SEPARATORS.split(cell) for part in _NEXT_NUMBER.split(whole)]


def _table(records: Sequence[Sequence[str]], separator: str, headings: int) -> TextTable:
    """`headings` are the lines before that are no rows, though the file counts them."""
    rows = []
    ends = []
    for number, record in enumerate(records, start=1):
        texts = {column: cell for column, cell in enumerate(record, start=1) if cell.strip()}
        if texts:
            rows.append(SheetRow(number, texts))
            ends.append(len(record) > 1 and not record[-1].strip())
    broken = separator == "," and len(rows) > 1 and all(ends[:-1]) and not ends[-1]
    goes_on = broken and not any(is_words(cell) for row in rows for cell in row.texts.values())
    return TextTable(rows=rows, goes_on=goes_on, headings=headings)


def _without_named_separator(text: str) -> tuple[str, str]:
    """Excel's own first line, sep=;, is no row; an empty one is left so that rows keep theirs."""
    first = _ROW_END.split(text, maxsplit=1)[0]
    named = _NAMED_SEPARATOR.fullmatch(first.strip())
    return (text[len(first) :], named[1]) if named else (text, "")


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        raise UnreadableFile from None


def _records(text: str, separator: str) -> list[list[str]] | None:
    """The rows by RFC 4180; `None` if the text does not keep to it."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return None


def _keeps_to_it(text: str, separator: str) -> bool:
    """Whether each quotation mark is where the standard has it: about a whole cell.

    The library lets them stand within cells that are not quoted, where anything fits.
    """
    mark = re.escape(separator)
    cell = rf'(?:"(?:[^"]|"")*+"|[^"\r\n{mark}]*+)'
    return bool(re.fullmatch(rf"(?:{cell}(?:{mark}|\r\n|\r|\n))*+{cell}", text))


def _ends_with_its_line(text: str, lines: Sequence[str]) -> bool:
    """Whether no cell can go on in the next line, whatever the separator.

    None begins with a quotation mark, or each line has as many that open as that close.
    """
    return not _OPENS.search(text) or all(line.count(_QUOTE) % 2 == 0 for line in lines)


def _holds_numbers(records: Sequence[Sequence[str]]) -> bool:
    return any(map(likeness_of_cell, chain.from_iterable(records)))


def _by_line(lines: Sequence[str], separator: str, headings: int) -> TextTable:
    """Line by line; those from the first to the last that breaks the standard are unclear."""
    table = _table([_split(line, separator) for line in lines], separator, headings)
    bad = [n for n, line in enumerate(lines, start=1) if not _keeps_to_it(line, separator)]
    if not bad or not any(separator in line for line in lines):
        # In a list without columns there are no notes.
        return replace(table, notes=(_BY_LINE,))
    closed = "".join(lines).count(_QUOTE) % 2 == 0
    unclear = frozenset(range(bad[0], (bad[-1] if closed else len(lines)) + 1))
    return replace(table, unclear=unclear, notes=(_UNPAIRED.format(row=bad[0]),))


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _require_text(raw: bytes) -> None:
    """Raises `OtherKind` for what is known by how it begins."""
    encoding = "utf-16" if raw[:2] in _UTF_16 else "latin-1"
    start = raw[:200].decode(encoding, errors="ignore").lstrip("\ufeff\xef\xbb\xbf \t\r\n").lower()
    for starts, kind in _STARTS.items():
        if start.startswith(tuple(map(str.lower, starts))):
            raise OtherKind(*kind)
