"""Searching everything that is kept for personnummer, in every spelling that people use."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from utskick.files import REGION

_LIKE_A_NUMBER = re.compile(
    rb"[0-9](?:[0-9 +-]|\xe2\x80\x93){8,}[0-9]|(?:\xef\xbc[\x90-\x99]){10,}"
)
_NOT_A_DIGIT = re.compile(r"[^0-9]")
_FULL_WIDTH = {0xFF10 + digit: ord("0") + digit for digit in range(10)}
_SHORT = 10
_DIGIT = re.compile(r"\d")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")


def demo_numbers() -> list[str]:
    """Every person of the demo region."""
    with (REGION / "persons.csv").open() as file:
        return [row["personnummer"] for row in csv.DictReader(file)]


def spellings(number: str) -> Iterator[str]:
    """Twelve and ten digits: together, with hyphen, space or plus; and in full-width digits."""
    century, day, last = number[:2], number[2:8], number[8:]
    for start in (century + day, day):
        yield from (start + between + last for between in ("", "-", " ", "+", "\u2013"))
    yield number.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})


def leaks(folders: Iterable[Path], words: Iterable[str]) -> list[str]:
    """Files below the folders that hold any of the words, as UTF-8 bytes. Never the words."""
    wanted = re.compile(b"|".join(re.escape(word.encode()) for word in words))
    return [str(path) for path in _files(folders) if wanted.search(_content(path))]


def files_that_name(numbers: Iterable[str], folders: Iterable[Path]) -> list[str]:
    """As `leaks`, for any spelling of so many numbers that to look for each would take hours."""
    wanted = {number[-_SHORT:] for number in numbers}
    return [str(path) for path in _files(folders) if _names(_content(path), wanted)]


def _names(content: bytes, wanted: set[str]) -> bool:
    for found in _LIKE_A_NUMBER.findall(content):
        digits = _NOT_A_DIGIT.sub("", found.decode().translate(_FULL_WIDTH))
        if any(digits[at : at + _SHORT] in wanted for at in range(len(digits) - _SHORT + 1)):
            return True
    return False


def _files(folders: Iterable[Path]) -> list[Path]:
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    return files


def _content(path: Path) -> bytes:
    """Databases put files away while we look."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def holds(text: str, number: str) -> bool:
    """Whether the number stands in it in any spelling, escaped or not."""
    shown = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    return any(number[-_SHORT:] in _digits_of(each) for each in (shown, unquote(shown)))


def _digits_of(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(each)) for each in _DIGIT.findall(plain))


def files_that_hold(number: str, folders: Iterable[Path]) -> list[str]:
    """As `leaks`, for one number however it is written."""
    return [
        str(path)
        for path in _files(folders)
        if holds(_content(path).decode(errors="ignore"), number)
    ]
