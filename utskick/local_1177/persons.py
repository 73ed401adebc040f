"""The population register: GetPersonsForProfile 5, profile P1."""

import sqlite3
from datetime import datetime
from typing import Any

from utskick.local_1177.moments import born_on

DEREGISTRATION_CODES = {"dead": "AV", "emigrated": "UV"}
PERSONNUMMER_OID = "1.2.752.129.2.1.3.1"


def get_persons_for_profile(
    state: sqlite3.Connection, call: dict[str, Any], _now: datetime
) -> dict[str, Any]:
    """One entry for each identity asked for; an unknown person's has no `personRecord`."""
    return {"requestedPersonRecords": [_record(state, wanted) for wanted in call["personIds"]]}


def _record(state: sqlite3.Connection, wanted: dict[str, str]) -> dict[str, Any]:
    identity = {"root": wanted["root"], "extension": wanted["extension"]}
    answer: dict[str, Any] = {"requestedPersonalIdentity": identity}
    person = state.execute(
        "SELECT * FROM person WHERE personnummer = ? AND in_register", (wanted["extension"],)
    ).fetchone()
    return answer if person is None else answer | {"personRecord": _described(person)}


def _described(person: sqlite3.Row) -> dict[str, Any]:
    """Marks that are not set are left out, as the contract allows: missing is false."""
    birth = born_on(person["personnummer"])
    described: dict[str, Any] = {
        "name": {"givenName": person["given_name"], "surname": person["surname"]},
        "birthdate": f"{birth:%Y%m%d}" if birth else None,
        "guardians": [
            {"root": PERSONNUMMER_OID, "extension": guardian}
            for guardian in person["guardians"].split()
        ],
    }
    if person["protected"] == "indicator":
        described["protectedPersonIndicator"] = True
    if person["protected"] == "population":
        described["protectedPopulationRecord"] = True
    if person["deregistered"]:
        code = DEREGISTRATION_CODES[person["deregistered"]]
        described["deregistration"] = {"deregistrationReasonCode": code}
    return described
