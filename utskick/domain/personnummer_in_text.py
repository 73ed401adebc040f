"""What in a free text, or in a cell, looks like a personnummer, however it is written."""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum

from utskick.domain.personnummer import could_be_somebodys
from utskick.domain.writing import plain


class Likeness(IntEnum):
    """Twelve digits are surer than ten, as telephones and case numbers have ten as well."""

    NONE = 0
    TEN_DIGITS = 10
    TWELVE_DIGITS = 12


_BETWEEN = r"[ .:/_·+-]"
_MARKS = r"[\W_]{0,5}"
"""Between the parts of twelve digits, which are sure enough: spaces, brackets, stars, commas."""
_BEFORE_LAST = r"[ .:/_·+*=~|\\•●・()-]"
"""Between a date and the last four digits, some enclose the one or the other as well."""
_NOT_A_DATE = r"(?!\d|[./-]\d\d[./-]\d\d(?!\d))"
"""With what follows, the last four digits may be the year of another date: from–to."""
_TWELVE = re.compile(
    rf"(?<!\d)(?=((?:18|19|20)\d\d){_MARKS}(\d\d){_MARKS}(\d\d){_MARKS}(\d{{4}}){_NOT_A_DATE})"
)
_RUN_TOGETHER = re.compile(r"(?=((?:18|19|20)\d{10}))(?<=\d)|(?=((?:18|19|20)\d{10})\d)")
"""Several without anything between them, or one with a digit too many."""
_TEN = re.compile(
    rf"(?<!\d)(?=(\d\d)({_BETWEEN}{{0,3}})(\d\d)\2(\d\d)({_BEFORE_LAST}{{0,3}})(\d{{4}})"
    rf"{_NOT_A_DATE})"
)
_LAST_IN_PAIRS = re.compile(
    r"(?<!\d)(?=((?:18|19|20)?\d\d)([ .-]?)(\d\d)\2(\d\d) ?[ +-] ?(\d\d)[ -](\d\d)(?!\d))"
)
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
    found = {len(digits) for digits in _candidates(_in_ascii_digits(text)) if _somebodys(digits)}
    return Likeness(max(found, default=0))


def _candidates(text: str) -> Iterator[str]:
    for whole in (_TWELVE, _YEAR_AND_DAY, _RUN_TOGETHER):
        for parts in whole.findall(text):
            yield "".join(parts)
    for year, _, month, day, apart, last in _TEN.findall(text):
        digits = year + month + day + last
        if apart or not _MOBILE.fullmatch(digits):
            yield digits
    for digits in (*_in_pieces(text), *_last_in_pairs(text)):
        if not _MOBILE.fullmatch(digits):
            yield digits


def _in_pieces(text: str) -> Iterator[str]:
    for found in _PIECEMEAL.finditer(text):
        pieces = found[0].split(found[1])
        if (len(pieces[0]), len(pieces)) in _PIECES:
            yield "".join(pieces)


def _last_in_pairs(text: str) -> Iterator[str]:
    for year, _, month, day, *last in _LAST_IN_PAIRS.findall(text):
        yield "".join((year, month, day, *last))


def _somebodys(digits: str) -> bool:
    if len(digits) == Likeness.TWELVE_DIGITS:
        return could_be_somebodys(digits)
    return len(digits) == Likeness.TEN_DIGITS and any(
        could_be_somebodys(century + digits) for century in ("19", "20")
    )


def _in_ascii_digits(text: str) -> str:
    """Plain, and compatible: digits in rings, raised or of other alphabets are digits too."""
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in plain(unicodedata.normalize("NFKC", text))
        # What is put over, through or around the character before it, as on a keycap.
        if unicodedata.category(character) not in ("Mn", "Me")
    )
