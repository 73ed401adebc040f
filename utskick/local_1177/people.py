"""Test persons: what is known of them, and who may act for whom."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from utskick.domain.guardians import may_guardian_answer
from utskick.local_1177.moments import born_on


def save_person(state: sqlite3.Connection, person: Mapping[str, Any]) -> None:
    """Add a person, or change what is given of one who is there."""
    state.execute(
        "INSERT OR IGNORE INTO person (personnummer) VALUES (?)", (person["personnummer"],)
    )
    known = find_person(state, person["personnummer"])
    assert known is not None
    state.execute(
        "UPDATE person SET given_name = :given_name, surname = :surname,"
        " in_register = :in_register, protected = :protected, deregistered = :deregistered,"
        " account = :account, notified_by = :notified_by, guardians = :guardians,"
        " changed_to = :changed_to, deregistration_code = :deregistration_code,"
        " deregistration_date = :deregistration_date, found_dead = :found_dead,"
        " coordination_deceased = :coordination_deceased, test_person = :test_person"
        " WHERE personnummer = :personnummer",
        {**dict(known), **person},
    )


def find_person(state: sqlite3.Connection, personnummer: str) -> sqlite3.Row | None:
    person: sqlite3.Row | None = state.execute(
        "SELECT * FROM person WHERE personnummer = ?", (personnummer,)
    ).fetchone()
    return person


def person_by_ref(state: sqlite3.Connection, ref: int | None) -> sqlite3.Row | None:
    """By the opaque number that pages and the truth use instead of a personnummer."""
    person: sqlite3.Row | None = state.execute(
        "SELECT * FROM person WHERE ref = ?", (ref,)
    ).fetchone()
    return person


def full_name(person: sqlite3.Row) -> str:
    return f"{person['given_name']} {person['surname']}".strip() or "Namnlös testperson"


def holders_named(
    state: sqlite3.Connection, words: str, *, limit: int = 30
) -> Sequence[sqlite3.Row]:
    """Living persons with an account whose name holds every word, in alphabetical order."""
    everyone = state.execute(
        "SELECT * FROM person WHERE account AND deregistered != 'dead'"
        " ORDER BY surname, given_name"
    )
    wanted = words.casefold().split()
    found = [p for p in everyone if all(word in full_name(p).casefold() for word in wanted)]
    return found[:limit]


def children_of(
    state: sqlite3.Connection, guardian: sqlite3.Row, *, day: date
) -> Sequence[sqlite3.Row]:
    """The children that the guardian may answer for on that day."""
    mentioned = state.execute(
        "SELECT * FROM person WHERE instr(guardians, ?) ORDER BY given_name",
        (guardian["personnummer"],),
    )
    return [child for child in mentioned if may_answer_for(guardian, child, day=day)]


def may_answer_for(answerer: sqlite3.Row, subject: sqlite3.Row, *, day: date) -> bool:
    """One answers for oneself, and a guardian until the child's thirteenth birthday."""
    if answerer["ref"] == subject["ref"]:
        return True
    if answerer["personnummer"] not in subject["guardians"].split():
        return False
    birth = born_on(subject["personnummer"])
    return birth is not None and may_guardian_answer(birth, on=day)
