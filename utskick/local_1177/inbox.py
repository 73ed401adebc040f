"""1177's inbox (patientportal): whom it reaches, and messages that cannot be read back."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from utskick.local_1177.moments import stored
from utskick.local_1177.neighbours import Call, World

LINK_SYSTEMS = {"FORMULAR": "/oppna"}
"""Systems that a message's link may lead to, with the address of each: here one, on this site."""
LINK_TYPES = ("CurrentTarget", "NewTarget", "Embedded", "Widget")


def is_active_user(world: World, call: Call) -> dict[str, Any]:
    """Whether the person has an account, and by what 1177 notifies of messages (avisering)."""
    person = _active(world.state, call.fields["subjectOfCareId"])
    return {
        "status": person is not None,
        "activeNotificationMethods": person["notified_by"].split() if person else [],
    }


def add_message(world: World, call: Call) -> dict[str, Any]:
    """Leave one message. There is no idempotency key: twice asked is two messages.

    Without a `sourceSystem` there is neither link nor notification.
    """
    person = _active(world.state, call.fields["subjectOfCareId"])
    if person is None:
        return {
            "notificationSent": [],
            "resultCode": "ERROR",
            "resultText": "Target person is not active user",
        }
    message, source = call.fields["message"], call.fields.get("sourceSystem") or ""
    notified = person["notified_by"] if call.fields.get("notify") and source else ""
    link = _checked(message.get("ssoLink") or {}) if source else {}
    world.state.execute(
        "INSERT INTO message (person_ref, unit, unit_name, heading, text, link, source_system,"
        " notified, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            person["ref"],
            message["organisationUnit"]["unitId"],
            message["organisationUnit"]["unitName"],
            message.get("messageDescription") or "",
            message["messageText"],
            json.dumps(link, ensure_ascii=False),
            source,
            notified,
            stored(call.now),
        ),
    )
    return {"notificationSent": notified.split(), "resultCode": "OK"}


def link_of(message: sqlite3.Row) -> tuple[str, str] | None:
    """Address and text of a message's link, if it leads to a system that the portal knows."""
    link = json.loads(message["link"])
    base = LINK_SYSTEMS.get(link.get("systemId"))
    return (f"{base}?{link['queryString']}", link["text"]) if base else None


def _checked(link: Mapping[str, Any]) -> dict[str, Any]:
    """Raises `KeyError` or `ValueError` for a link that breaks the contract."""
    if not link:
        return {}
    if link["type"] not in LINK_TYPES:
        raise ValueError("no such type of link")
    return {
        "systemId": str(link["systemId"]),
        "text": str(link["text"]),
        "queryString": str(link.get("queryString") or ""),
        "type": link["type"],
    }


def _active(state: sqlite3.Connection, personnummer: str) -> sqlite3.Row | None:
    person: sqlite3.Row | None = state.execute(
        "SELECT ref, notified_by FROM person WHERE personnummer = ? AND account", (personnummer,)
    ).fetchone()
    return person
