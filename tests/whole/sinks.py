"""Searching everything that is kept for personnummer, in every spelling that people use."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

REGION = Path(__file__).parents[2] / "config" / "region"


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
    """Files below the folders that hold any of the words, as UTF-8 bytes; the words untold."""
    wanted = re.compile(b"|".join(re.escape(word.encode()) for word in words))
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if wanted.search(path.read_bytes())]
