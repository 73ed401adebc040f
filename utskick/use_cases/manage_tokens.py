"""Nycklar, for the unit's manager: which systems may act for the unit, and read its patients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.errors import NotFound
from utskick.domain.tokens import Token
from utskick.domain.units import Activity, Actor
from utskick.records import LogEntry, Store, Transaction
from utskick.security_log import SecurityEvent, note


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageTokens:
    store: Store

    def list_tokens(self, *, actor: Actor) -> Sequence[Token]:
        """The acting unit's, newest first."""
        with self.store.transaction() as records:
            return records.tokens.list_for(actor.unit_id)

    def confirm_token(self, token_id: str, *, actor: Actor, now: datetime) -> None:
        """From now on it opens the unit.

        The very key that was shown, and not one that has got its name since. Raises `NotFound`,
        `NotAwaited` or `OwnToken`.
        """
        with self.store.transaction() as records:
            token = _token(token_id, records.tokens.list_for(actor.unit_id))
            token.check_confirmable(by=actor.name, now=now)
            records.tokens.confirm(actor.unit_id, token_id, by=actor.name, now=now)
            act = f"bekräftat nyckel {token.name} ({token.scopes_in_words.lower()})"
            _decided(act, actor, records, now)

    def revoke_token(self, name: str, *, actor: Actor, now: datetime) -> None:
        """The system that has it gets no further, confirmed or not. Raises `NotFound`."""
        with self.store.transaction() as records:
            records.tokens.revoke(actor.unit_id, name, now=now)
            _decided(f"återkallat nyckel {name}", actor, records, now)


def _token(token_id: str, tokens: Sequence[Token]) -> Token:
    for token in tokens:
        if token.id == token_id:
            return token
    raise NotFound("token")


def log_of_unit(act: str, actor: Actor, records: Transaction, now: datetime) -> None:
    """In the log of the unit whose key it is: its manager reads it."""
    note(SecurityEvent.KEY_CHANGED, actor=actor.name, unit=actor.unit_id, act=act)
    entry = LogEntry(actor=actor, activity=Activity.WRITE, act=act)
    records.access_log.write([entry], now=now)


def _decided(act: str, actor: Actor, records: Transaction, now: datetime) -> None:
    note(SecurityEvent.ADMINISTERED, actor=actor.name, unit=actor.unit_id, act=act)
    log_of_unit(act, actor, records, now)
