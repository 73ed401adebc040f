"""Names and ages: by these staff see that they have the right person.

The population register writes the name; files have it in their own way.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from utskick.domain.writing import comparable, shown_in_one_line

_LONGEST_NAME = 200
_WHOLE = {
    "namn",
    "patient",
    "patientnamn",
    "patientensnamn",
    "patientnamnet",
    "mottagare",
    "mottagarensnamn",
    "personnamn",
    "fullständigtnamn",
    "förochefternamn",
    "namnefternamnförnamn",
    "name",
}
_GIVEN = {"förnamn", "förnamnen", "tilltalsnamn"}
_SURNAME = {"efternamn"}
_ENOUGH = 2
_MOST_NAMED = 20
_CHECK = (
    "Filen och befolkningsregistret har olika namn. Kontrollera att det är rätt personer:"
    " formulären går till personnumren."
)
_NO_LETTERS = re.compile(r"[^\w\s]")


def full_name(given: str, surname: str) -> str:
    """As it is shown; empty if the register gave none."""
    name = str(shown_in_one_line(f"{given} {surname}"))
    return " ".join(name.split())[:_LONGEST_NAME]


def name_columns(headings: Mapping[int, str]) -> Sequence[int]:
    """Which columns, by their headings, say what the recipient is called: none of a guardian's."""
    by_word = {
        "".join(filter(str.isalpha, comparable(heading))): column
        for column, heading in sorted(headings.items(), reverse=True)
    }
    for words in (_WHOLE, _GIVEN | _SURNAME):
        if found := sorted(by_word[word] for word in words & by_word.keys()):
            return found[:1] if words is _WHOLE else found
    return ()


def file_name(cells: Iterable[str]) -> str:
    """What a file calls somebody; nothing for what is no name, or has digits in it."""
    name = full_name(" ".join(cells), "")
    return "" if any(map(str.isdigit, name)) else name


def other_names(rows: Sequence[tuple[int, str, str]]) -> list[str]:
    """A sentence for each row that the file and the register call differently, while few.

    Of each: where it stands in the file, what the file says, what the register says.
    """
    other = [
        f"Rad {row}: filen säger {theirs}, befolkningsregistret säger {registered}."
        for row, theirs, registered in rows
        if not may_be_same_name(theirs, registered)
    ]
    if not other:
        return []
    more = len(other) - _MOST_NAMED
    rest = [f"{more} {'rad' if more == 1 else 'rader'} till har andra namn."] if more > 0 else []
    return [_CHECK, *other[:_MOST_NAMED], *rest]


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
