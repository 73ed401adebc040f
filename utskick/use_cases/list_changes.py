"""Förvaltning: what the regional administration has changed, and who did it."""

from collections.abc import Sequence

from utskick.domain.units import Activity, Actor
from utskick.records import LoggedEntry, LogQuery, Store

NEWEST = 20


def list_changes(*, actor: Actor, store: Store) -> Sequence[LoggedEntry]:
    """The newest first. Nobody's data but the administration's own: reading it is not logged."""
    with store.transaction() as records:
        query = LogQuery(activity=Activity.WRITE, limit=NEWEST)
        return records.access_log.read(actor.unit_id, query)
