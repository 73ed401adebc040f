"""Keys for tests: confirmed, for everything, for a year."""

from datetime import datetime
from typing import Any

from utskick.domain.tokens import LASTS, Scope, Token
from utskick.domain.units import HsaId


def a_token(
    unit_id: HsaId, *, now: datetime, name: str = "journalsystemet", **changes: Any
) -> Token:
    parts: dict[str, Any] = {
        "scopes": frozenset(Scope),
        "created_at": now,
        "created_by": "the administration",
        "expires_at": now + LASTS,
        "confirmed_at": now,
        "confirmed_by": "the manager",
    }
    return Token(name=name, unit_id=unit_id, **parts | changes)
