"""Förvaltning, inloggningar: who is signed in, and signing somebody out everywhere."""

from collections.abc import Sequence
from datetime import datetime

from utskick.domain.units import Actor
from utskick.records import SignedInPerson, Store
from utskick.use_cases.administer_units import log_act

MOST_SHOWN = 100


def find_signed_in(text: str, *, store: Store, now: datetime) -> Sequence[SignedInPerson]:
    """By name or HSA-id, seen last first; at most `MOST_SHOWN`."""
    with store.transaction() as records:
        return records.sessions.signed_in(text.strip(), limit=MOST_SHOWN, now=now)


def sign_out_person(staff_id: str, *, actor: Actor, store: Store, now: datetime) -> int:
    """End all of the person's sessions; returns how many there were."""
    with store.transaction() as records:
        ended = records.sessions.end_all(staff_id)
        if ended:
            log_act(f"loggat ut {staff_id} överallt", actor, records, now)
    return ended
