"""Which unit's system calls, if its key (nyckel) may do what it asks for."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.tokens import Scope
from utskick.domain.units import Actor
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitSystem:
    store: Store

    def __call__(self, token: str, *, scope: Scope, now: datetime) -> Actor:
        """The use of the key is remembered.

        Raises `UnknownToken`, `UnconfirmedToken`, `ExpiredToken` or `OutOfScope`.
        """
        with self.store.transaction() as records:
            actor = records.tokens.find(token).admit(scope, now=now)
            records.tokens.note_use(token, now=now)
        return actor
