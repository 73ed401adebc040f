"""What in a free text, or in a cell, looks like a personnummer, however it is written."""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from urllib.parse import unquote

from utskick.domain.personnummer import could_be_somebodys
from utskick.domain.writing import plain


class Likeness(IntEnum):
    """Twelve digits are surer than ten, as telephones and case numbers have ten as well."""

    NONE = 0
    TEN_DIGITS = 10
    TWELVE_DIGITS = 12


_MONTH, _DAY = r"(0\d|1[0-2])", r"([0-36-9]\d)"
"""Most that has as many digits is no date, and need not be looked at any further."""
_BETWEEN = r"[ .:/_·+-]"
_MARKS = r"[\W_]{0,5}"
"""Between the parts of twelve digits, which are sure enough: spaces, brackets, stars, commas."""
_BEFORE_LAST = r"[ .,:;/_·+*=~|\\•●・()-]"
"""Between a date and the last four digits, some enclose the one or the other as well."""
_NOT_A_DATE = r"(?!\d|[./-]\d\d[./-]\d\d(?!\d))"
"""With what follows, the last four digits may be the year of another date: from–to."""
_TWELVE = re.compile(
    rf"(?<!\d)(?=((?:18|19|20)\d\d){_MARKS}{_MONTH}{_MARKS}{_DAY}{_MARKS}(\d{{4}}){_NOT_A_DATE})"
)
_WHOLE = rf"((?:18|19|20)\d\d){_MONTH}{_DAY}(\d{{4}})"
_RUN_TOGETHER = re.compile(rf"(?<=\d)(?={_WHOLE})|(?={_WHOLE}\d)")
"""Several without anything between them, or one with a digit too many."""
_TEN = re.compile(
    rf"(?<!\d)(?=(\d\d)({_BETWEEN}{{0,3}}){_MONTH}\2{_DAY}({_BEFORE_LAST}{{0,3}})(\d{{4}})"
    rf"{_NOT_A_DATE})"
)
_LAST_IN_PAIRS = re.compile(
    rf"(?<!\d)(?=((?:18|19|20)?\d\d)([ .-]?){_MONTH}\2{_DAY} ?[ +-] ?(\d\d)[ -](\d\d)(?!\d))"
)
_ENDS = r"(?!\d|[.-]\d)"
_LAST_DIVIDED = re.compile(
    rf"(?<!\d)(?=((?:18|19|20)?\d\d){_MONTH}{_DAY}[+-]"
    rf"(?:(\d\d)\.(\d\d)|(\d{{3}})[ .-](\d)){_ENDS})"
)
_YEAR_AND_MONTH = re.compile(
    rf"(?<!\d)(?=((?:18|19|20)\d\d|[1-9]\d){_MONTH}([ -]){_DAY}\3(\d\d)\3(\d\d){_ENDS})"
)
"""Not of those born from 2000 to 2009: towns' telephones are written so, as 0303-12 34 56.

Held apart in one way, or a date and an hour would do: 2012-02-01 10."""
_YEAR_AND_DAY = re.compile(
    rf"(?<!\d)(?=(\d\d){_BETWEEN}(\d{{4}}){_BETWEEN}(\d{{4}}){_NOT_A_DATE})"
)
_PIECEMEAL = re.compile(rf"(?<!\d)\d{{1,3}}({_BETWEEN}{{1,3}})\d{{1,3}}(?:\1\d{{1,3}})+(?!\d)")
"""All in pieces of a few digits, held apart in one way."""
_PIECES = {(2, 5), (2, 6), (1, 10), (1, 12), (3, 4)}
"""Digits in each, and how many there are of them."""
_MOBILE = re.compile(r"07[02369]\d{7}", re.ASCII)
_FEWEST_SIGNS = 5
"""In ten digits: one sign may stand for two, as \u3251 for 21."""


def looks_like_personnummer(text: str) -> bool:
    """Whether the text holds anything like a personnummer, in any digits and writing."""
    return likeness(text) is not Likeness.NONE


def likeness(text: str) -> Likeness:
    """How sure it is that the text holds a personnummer; a date and a check digit must hold.

    A mobile number is none, unless it is written as a personnummer is: with its last four apart.
    """
    if sum(map(str.isnumeric, text)) < _FEWEST_SIGNS:
        return Likeness.NONE
    folded = text.translate(_FOLDED)
    # Each once: a text may say the same as often as it likes.
    candidates = {*_candidates(folded), *_encoded(folded)}
    return Likeness(max(map(len, filter(_somebodys, candidates)), default=0))


def _candidates(text: str) -> Iterator[str]:
    for whole in (_TWELVE, _YEAR_AND_DAY, _RUN_TOGETHER):
        for parts in whole.findall(text):
            yield "".join(parts)
    for year, _, month, day, apart, last in _TEN.findall(text):
        digits = year + month + day + last
        if apart or not _MOBILE.fullmatch(digits):
            yield digits
    for digits in (*_in_pieces(text), *_last_divided(text)):
        if not _MOBILE.fullmatch(digits):
            yield digits


def _in_pieces(text: str) -> Iterator[str]:
    for found in _PIECEMEAL.finditer(text):
        pieces = found[0].split(found[1])
        if (len(pieces[0]), len(pieces)) in _PIECES:
            yield "".join(pieces)


def _last_divided(text: str) -> Iterator[str]:
    for year, _, month, day, *last in _LAST_IN_PAIRS.findall(text):
        yield "".join((year, month, day, *last))
    for parts in _LAST_DIVIDED.findall(text):
        yield "".join(parts)
    for year, month, _, day, *last in _YEAR_AND_MONTH.findall(text):
        yield "".join((year, month, day, *last))


def _encoded(text: str) -> Iterator[str]:
    """As an address has it: with a hyphen as %2D."""
    if "%" in text:
        yield from _candidates(unquote(text).translate(_FOLDED))


def _somebodys(digits: str) -> bool:
    if len(digits) == Likeness.TWELVE_DIGITS:
        return could_be_somebodys(digits)
    return len(digits) == Likeness.TEN_DIGITS and any(
        could_be_somebodys(century + digits) for century in ("19", "20")
    )


class _Folded(dict[int, str]):
    """What becomes of each character, by its code: plain, and any digit an ASCII digit.

    One by one, since to normalise a whole text takes the square of the marks in a row.
    """

    def __missing__(self, code: int) -> str:
        self[code] = "".join(map(_digit, plain(unicodedata.normalize("NFKC", chr(code)))))
        return self[code]


_FOLDED = _Folded()


def _digit(character: str) -> str:
    # What is put over, through or around the character before it, as on a keycap.
    if unicodedata.category(character) in ("Mn", "Me"):
        return ""
    return str(unicodedata.decimal(character)) if character.isdecimal() else character
