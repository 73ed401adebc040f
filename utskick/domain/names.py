"""Names and ages: by these staff see that they have the right person.

The population register writes the name; files have it in their own way.
"""

import re
import unicodedata
from datetime import date

from utskick.domain.writing import comparable, shown_in_one_line

_LONGEST_NAME = 200
_ENOUGH = 2
_NO_LETTERS = re.compile(r"[^\w\s]")


def full_name(given: str, surname: str) -> str:
    """As it is shown; empty if the register gave none."""
    name = str(shown_in_one_line(f"{given} {surname}"))
    return " ".join(name.split())[:_LONGEST_NAME]


def may_be_same_name(theirs: str, registered: str) -> bool:
    """Whether two spellings can be one name, so that nobody is warned for nothing.

    Either order, with or without middle names, accents and hyphens. At least two parts must be
    the same, or the only one there is: whoever shares a surname alone is another person.
    """
    ours, others = _parts(theirs), _parts(registered)
    if not ours or not others:
        return True
    fewer, more = sorted((ours, others), key=len)
    shared = len(fewer & more)
    return shared == len(fewer) if len(fewer) <= _ENOUGH else shared >= _ENOUGH


def age_on(born: date, day: date) -> int:
    """How many years somebody is that day, by the law's birthdays."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _parts(name: str) -> set[str]:
    letters = unicodedata.normalize("NFD", _NO_LETTERS.sub(" ", comparable(name)))
    return set("".join(c for c in letters if not unicodedata.combining(c)).split())
