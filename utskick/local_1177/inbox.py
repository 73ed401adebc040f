"""1177's inbox (patientportal): whom it reaches, and messages that cannot be read back."""

import sqlite3
from datetime import datetime
from typing import Any

from utskick.local_1177.moments import stored


def is_active_user(
    state: sqlite3.Connection, call: dict[str, Any], _now: datetime
) -> dict[str, Any]:
    """Whether the person has an account, and by what 1177 tells of messages (avisering)."""
    person = _active(state, call["subjectOfCareId"])
    return {
        "status": person is not None,
        "activeNotificationMethods": person["notified_by"].split() if person else [],
    }


def add_message(state: sqlite3.Connection, call: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Leave one message. There is no idempotency key: twice asked is two messages."""
    person = _active(state, call["subjectOfCareId"])
    if person is None:
        return {
            "notificationSent": [],
            "resultCode": "ERROR",
            "resultText": "Target person is not active user",
        }
    message, notified = call["message"], person["notified_by"] if call["notify"] else ""
    state.execute(
        "INSERT INTO message (person_ref, unit, unit_name, heading, text, link, source_system,"
        " notified, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            person["ref"],
            message["organisationUnit"]["unitId"],
            message["organisationUnit"]["unitName"],
            message.get("messageDescription") or "",
            message["messageText"],
            message.get("ssoLink") or "",
            call["sourceSystem"],
            notified,
            stored(now),
        ),
    )
    return {"notificationSent": notified.split(), "resultCode": "OK", "resultText": ""}


def _active(state: sqlite3.Connection, personnummer: str) -> sqlite3.Row | None:
    person: sqlite3.Row | None = state.execute(
        "SELECT ref, notified_by FROM person WHERE personnummer = ? AND account", (personnummer,)
    ).fetchone()
    return person
