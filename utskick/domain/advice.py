"""Warnings for staff before they send, beside that of an odd hour. No warning stops a send.

One rule for every door: page, REST, command and the operator's flow say the same.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from utskick.domain.guardians import birthday, may_guardian_answer
from utskick.domain.personnummer import Personnummer

_OF_AGE = 18
_MOST_NAMED = 5
_NO_NAMES: Mapping[Personnummer, str] = MappingProxyType({})


def of_the_unnotified(count: int) -> list[str]:
    """Manual: "Är det tomt … Vi rekommenderar att du tar bort mottagaren"."""
    if not count:
        return []
    advice = (
        f"{count} mottagare har ingen avisering via 1177 och märker inte att de fått ett"
        f" meddelande. Vi rekommenderar att du tar bort {'den' if count == 1 else 'dem'}."
    )
    return [advice]


def of_the_unchecked(count: int, *, of: int) -> list[str]:
    """1177 answers about few at a time, and a start waits for none of them."""
    if not count:
        return []
    advice = (
        f"{count} av {of} mottagare är inte {'kontrollerad' if of == 1 else 'kontrollerade'} hos"
        " 1177 än. Det görs före utskicket: den som saknar konto får inget formulär, och den som"
        " saknar avisering får det ändå och syns i utskickets mottagarlista. Vill du välja bort"
        " dem först, vänta tills alla är kontrollerade."
    )
    return [advice]


def of_children(
    listed: Sequence[tuple[int, Personnummer]],
    *,
    today: date,
    answer_by: date,
    names: Mapping[Personnummer, str] = _NO_NAMES,
) -> list[str]:
    """Manual: a guardian may answer "fram till dess att barnet har fyllt 13 år".

    `listed` are those who will get it, with their places in the list; their `names` are for pages
    alone.
    """
    children = [
        (place, number.born)
        for place, number in listed
        if number.born is not None and birthday(number.born, _OF_AGE) > today
    ]
    called = {place: names.get(number, "") for place, number in listed}
    too_old = [place for place, born in children if not may_guardian_answer(born, on=today)]
    soon = [
        place
        for place, born in children
        if may_guardian_answer(born, on=today) and not may_guardian_answer(born, on=answer_by)
    ]
    advice = []
    if too_old:
        advice.append(
            f"{_counted(too_old, called)} har fyllt 13 år men inte 18: vårdnadshavare kan inte"
            " svara åt barnet, som behöver svara självt."
        )
    if soon:
        advice.append(
            f"{_counted(soon, called)} fyller 13 år senast {answer_by}, som är sista dag att"
            " svara. Från födelsedagen kan vårdnadshavare inte svara åt barnet."
        )
    return advice


def _counted(places: Sequence[int], called: Mapping[int, str]) -> str:
    """How many they are; with who they are, while they are few enough to look up."""
    advice = f"{len(places)} mottagare"
    if len(places) > _MOST_NAMED:
        return advice
    if all(map(called.get, places)):
        return f"{advice} ({_listed([called[place] for place in places])})"
    return f"{advice} (nummer {_listed(list(map(str, places)))} i listan)"


def _listed(words: Sequence[str]) -> str:
    first, last = ", ".join(words[:-1]), words[-1]
    return f"{first} och {last}" if first else last
