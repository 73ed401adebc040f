"""Answering a form: until when, by whom, and what confirming it takes."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta

from utskick.local_1177.moments import contract_date, stored, today
from utskick.local_1177.people import may_answer_for, person_by_ref
from utskick.local_1177.questions import problems, questions_of

SENT_IN_IS_SHOWN_FOR = timedelta(days=90)
"""Long enough to look back before the next visit; what one answers about one's health should not
lie open for years to whoever holds the telephone. The unit's own copy is the unit's to purge."""


class CannotAnswer(Exception):
    """Speaks twice: `str(error)` in English, `resident_message` in Swedish."""

    def __init__(self, message: str, *, resident_message: str) -> None:
        super().__init__(message)
        self.resident_message = resident_message


class ChangedSince(CannotAnswer):
    """What was to be confirmed is not what is saved."""

    def __init__(self) -> None:
        super().__init__(
            "the answers have changed since they were reviewed",
            resident_message="Svaren har ändrats sedan du granskade dem. Inget är inskickat.",
        )


class Incomplete(CannotAnswer):
    """`problems`: question key → Swedish sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = problems
        super().__init__(
            f"{len(problems)} question(s) lack a good answer",
            resident_message="Några svar saknas eller behöver ändras. Se markeringarna nedan.",
        )


def require_answerable(
    state: sqlite3.Connection, form: sqlite3.Row, *, by: sqlite3.Row, now: datetime
) -> None:
    """Raise `CannotAnswer` unless this person may answer the form at this moment."""
    subject = person_by_ref(state, form["person_ref"])
    assert subject is not None
    if not may_answer_for(by, subject, day=today(now)):
        raise CannotAnswer(
            "not the person's own form, nor that of a child under 13",
            resident_message="Du kan inte svara på formuläret. Vårdnadshavare kan svara för sitt"
            " barn fram till dess att barnet har fyllt 13 år.",
        )
    if form["status"] == "COMPLETED":
        raise CannotAnswer(
            "already completed", resident_message="Formuläret är redan besvarat och inskickat."
        )
    if is_expired(form, now=now):
        last_day = contract_date(form["expire_date"])
        raise CannotAnswer(
            "expired",
            resident_message=f"Formuläret gick att besvara till och med {last_day}. Kontakta"
            " mottagningen om du ändå vill lämna dina svar.",
        )


def is_expired(form: sqlite3.Row, *, now: datetime) -> bool:
    """The last day is included. What has none, or none that can be read, never expires."""
    try:
        return today(now) > contract_date(form["expire_date"])
    except ValueError:
        return False


def is_purged(form: sqlite3.Row, *, now: datetime) -> bool:
    """Whether it was sent in so long ago that residents see it no more (gallrat)."""
    sent_in = form["completed_at"]
    return sent_in is not None and now - datetime.fromisoformat(sent_in) >= SENT_IN_IS_SHOWN_FOR


def saved_answers(form: sqlite3.Row) -> dict[str, str]:
    """Question key → answer."""
    answers: dict[str, str] = json.loads(form["answers"])
    return answers


def save_draft(
    state: sqlite3.Connection,
    form: sqlite3.Row,
    answers: Mapping[str, str],
    *,
    by: sqlite3.Row,
    now: datetime,
) -> None:
    """Keep answers that are not confirmed yet, whole or not."""
    require_answerable(state, form, by=by, now=now)
    state.execute(
        "UPDATE form SET answers = ?, status = 'PENDING_COMPLETION' WHERE id = ?",
        (json.dumps(answers, ensure_ascii=False), form["id"]),
    )


def confirm(
    state: sqlite3.Connection,
    form: sqlite3.Row,
    reviewed: Mapping[str, str],
    *,
    by: sqlite3.Row,
    now: datetime,
) -> None:
    """Send in the saved answers, if they are those that were reviewed.

    Raises `ChangedSince` if they are not, and `Incomplete` while a question lacks a good answer.
    """
    require_answerable(state, form, by=by, now=now)
    if reviewed != saved_answers(form):
        raise ChangedSince
    found = problems(questions_of(state, form["template_id"]), reviewed)
    if found:
        raise Incomplete(found)
    proxy = by["ref"] if by["ref"] != form["person_ref"] else None
    state.execute(
        "UPDATE form SET status = 'COMPLETED', completed_at = ?, proxy_ref = ? WHERE id = ?",
        (stored(now), proxy, form["id"]),
    )
