"""The population register: GetPersonsForProfile 5, profile P1."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from utskick.local_1177.moments import COORDINATION
from utskick.local_1177.neighbours import Call, World

DEREGISTRATION_CODES = {"dead": "AV", "emigrated": "UV"}
NEW_NUMBER = "GN"
PERSONNUMMER, SAMORDNINGSNUMMER = "1.2.752.129.2.1.3.1", "1.2.752.129.2.1.3.3"
MOST = 500


def get_persons_for_profile(world: World, call: Call) -> dict[str, Any]:
    """One entry for each identity asked for; an unknown person's has no `personRecord`.

    They come in no promised order: here backwards. Raises `ValueError` for too many.
    """
    wanted = call.fields["personId"]
    if len(wanted) > MOST:
        raise ValueError("too many persons")
    follows = not call.fields["ignoreReferredIdentity"]
    return {
        "requestedPersonRecord": [
            _record(world.state, each, follows=follows) for each in reversed(wanted)
        ]
    }


def _record(
    state: sqlite3.Connection, wanted: Mapping[str, str], *, follows: bool
) -> dict[str, Any]:
    person = _registered(state, wanted.get("extension", ""))
    if person and follows and person["changed_to"]:
        person = _registered(state, person["changed_to"])
    answer = {"requestedPersonalIdentity": dict(wanted)}
    return answer if person is None else answer | {"personRecord": _described(person)}


def _registered(state: sqlite3.Connection, personnummer: str) -> sqlite3.Row | None:
    person: sqlite3.Row | None = state.execute(
        "SELECT * FROM person WHERE personnummer = ? AND in_register", (personnummer,)
    ).fetchone()
    return person


def _described(person: sqlite3.Row) -> dict[str, Any]:
    """Who is protected has no name here. A protection that is not registered is left out."""
    described: dict[str, Any] = {
        "personalIdentity": _identity(person["personnummer"]),
        "protectedPersonIndicator": person["protected"] == "indicator",
        "testIndicator": bool(person["test_person"]),
        "primaryIdentity": not person["changed_to"],
    }
    if not person["protected"] and (person["given_name"] or person["surname"]):
        described["name"] = {"givenName": person["given_name"], "surname": person["surname"]}
    if person["changed_to"]:
        described["referredPersonalIdentities"] = [_identity(person["changed_to"])]
    if deregistration := _deregistration(person):
        described["deregistration"] = deregistration
    if person["coordination_deceased"]:
        deceased = _partial_date(person["coordination_deceased"])
        described["coOrdinationNumberData"] = {"deceasedDate": deceased}
    if person["protected"] == "population":
        described["protectedPopulationRecord"] = True
    return described


def _deregistration(person: sqlite3.Row) -> dict[str, Any]:
    """Any of it may be missing, the code too; without any of it nobody is deregistered."""
    code = person["deregistration_code"] or DEREGISTRATION_CODES.get(person["deregistered"], "")
    if not code and person["changed_to"]:
        code = NEW_NUMBER
    found: dict[str, Any] = {"deregistrationReasonCode": code} if code else {}
    for name, column in (
        ("deregistrationDate", "deregistration_date"),
        ("foundDeadAtDate", "found_dead"),
    ):
        if person[column]:
            found[name] = _partial_date(person[column])
    return found


def _identity(number: str) -> dict[str, str]:
    coordination = int(number[6:8]) >= COORDINATION
    return {"root": SAMORDNINGSNUMMER if coordination else PERSONNUMMER, "extension": number}


def _partial_date(day: str) -> dict[str, str]:
    """A year, a month of it or a day of that, as it is known."""
    return {"format": "-".join(("YYYY", "MM", "DD")[: day.count("-") + 1]), "value": day}
