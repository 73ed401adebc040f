"""Förvaltning, inloggningar: who is signed in, and signing somebody out everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.units import Actor
from utskick.records import SignedInPerson, Store
from utskick.use_cases.administer_units import log_act

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutPerson:
    store: Store

    def find_signed_in(self, text: str, *, now: datetime) -> Sequence[SignedInPerson]:
        """By name or HSA-id, seen last first; at most `MOST_SHOWN`."""
        with self.store.transaction() as records:
            return records.sessions.signed_in(text.strip(), limit=MOST_SHOWN, now=now)

    def __call__(self, staff_id: str, *, actor: Actor, now: datetime) -> int:
        """End all of the person's sessions; returns how many there were."""
        with self.store.transaction() as records:
            ended = records.sessions.end_all(staff_id)
            if ended:
                log_act(f"loggat ut {staff_id} överallt", actor, records, now)
        return ended
