"""What a resident had filled in when the visit was lost: it travels through the sign-in.

Sealed, in a hidden field: no address and no page's source shows it, it outlives a restart, and
it opens for the resident who was signed in when the page was shown, and for nobody else.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from cryptography.fernet import Fernet, InvalidToken

OF_THE_VISIT = ("csrf", "inloggad")
"""Fields that belong to the lost visit and not to what was filled in."""
FORM_PAGES = "/formular/"


@dataclass(frozen=True, slots=True)
class Carried:
    """`person_ref` was signed in, and posted `fields` to `path`."""

    person_ref: int
    path: str
    fields: Mapping[str, str]


def carried_from(path: str, fields: Mapping[str, str]) -> Carried | None:
    """What a page of a form posted in a visit that is no more; `None` from any other page."""
    owner = fields.get("inloggad", "")
    if not path.startswith(FORM_PAGES) or not (owner.isascii() and owner.isdigit()):
        return None
    filled_in = {key: value for key, value in fields.items() if key not in OF_THE_VISIT}
    return Carried(int(owner), path, filled_in)


def seal(state: sqlite3.Connection, carried: Carried) -> str:
    return _seal_of(state).encrypt(json.dumps(asdict(carried)).encode()).decode()


def unseal(state: sqlite3.Connection, sealed: str) -> Carried | None:
    """`None` for what this installation has not sealed."""
    try:
        return Carried(**json.loads(_seal_of(state).decrypt(sealed.encode())))
    except InvalidToken:
        return None


def _seal_of(state: sqlite3.Connection) -> Fernet:
    return Fernet(state.execute("SELECT key FROM seal").fetchone()["key"])
