"""Text as people and their systems write it, and the one way in which it is kept and compared."""

import re
import unicodedata
from typing import Literal

_ODD_BREAKS = "\v\f\x85\u2028\u2029"
"""Word's line break, a page break, and what other systems end a line with."""
_DROPPED = "\ufeff\u00ad\u200b\u2060"
"""Byte order mark, soft hyphen, zero-width space, word joiner: pasted along, never meant."""
_KEPT = str.maketrans(dict.fromkeys(f"\r{_ODD_BREAKS}", "\n") | dict.fromkeys(_DROPPED, ""))
_SPACED = str.maketrans(dict.fromkeys(_ODD_BREAKS, " "))
_UNUSABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""What no database, mail or SOAP envelope takes in a text."""
_TURNING = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks, embeddings, overrides and isolates of direction."""
_MOST_MARKS = 30
_LONG_RUN = re.compile(rf"[^\w\x00-\x7f]{{{_MOST_MARKS + 1},}}")
"""Of signs, marks among them."""
_OTHER_DASHES = frozenset("\u02d7\u2043\u2212\u2796")
_BLANKS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that show nothing."""


def as_kept(text: str) -> str:
    """Each letter in one piece (a Mac writes å as two), and each line's end as Python writes it.

    Without the marks that nobody sees and nobody meant.
    """
    return normalized("NFC", text.replace("\r\n", "\n").translate(_KEPT))


def normalized(form: Literal["NFC", "NFKC"], text: str) -> str:
    """In time that its length bounds: to put marks in order takes the square of those in a row."""
    return unicodedata.normalize(form, _LONG_RUN.sub(_with_few_marks, text))


def in_one_line(text: str) -> str:
    """A name or a title: a space where it was broken, and nothing that turns around a line."""
    return re.sub(r"\s*\n\s*", " ", _TURNING.sub("", text.translate(_SPACED)))


def shown_in_one_line(text: object) -> object:
    """A name from elsewhere, to show: without what cannot be kept, breaks or turns a line.

    What is no text is given back, for others to refuse.
    """
    if not isinstance(text, str):
        return text
    return _UNUSABLE.sub("", in_one_line(as_kept(text)))


def without_odd_breaks(text: str) -> str:
    """A space for what looks like the end of a line, where a new line would mean something."""
    return text.translate(_SPACED)


def comparable(text: str) -> str:
    """What two spellings of one name have in common: small letters, NFC, no spaces around."""
    return normalized("NFC", as_kept(text).casefold()).strip()


def plain(text: str) -> str:
    """A number or a code as it was meant: any dash a hyphen, any blank a space.

    Characters that nobody sees are dropped.
    """
    return text.translate(_PLAIN)


def find_unusable(text: str) -> int | None:
    """Where the first character stands that cannot be kept or sent, if there is one."""
    found = _UNUSABLE.search(text)
    return found and found.start()


def code_of(character: str) -> str:
    """What a character is called that cannot be shown: U+0007."""
    return f"U+{ord(character):04X}"


def _with_few_marks(run: re.Match[str]) -> str:
    """As Unicode's stream-safe texts have them (UAX 15): no language puts so many on a letter."""
    return "".join(
        character
        for at, character in enumerate(run[0])
        if at < _MOST_MARKS or not unicodedata.combining(character)
    )


def _plain_character(character: str) -> str:
    if character.isspace():
        return " "
    if _is_invisible(character):
        return ""
    return "-" if _is_dash(character) else character


def _is_dash(character: str) -> bool:
    return unicodedata.category(character) == "Pd" or character in _OTHER_DASHES


def _is_invisible(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cf")
        or character in _BLANKS
        or "\ufe00" <= character <= "\ufe0f"
    )


class _Plain(dict[int, str]):
    """What becomes of each character, by its code: long lists ask for the same few."""

    def __missing__(self, code: int) -> str:
        self[code] = _plain_character(chr(code))
        return self[code]


_PLAIN = _Plain()
