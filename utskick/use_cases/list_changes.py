"""Förvaltning: what the regional administration has changed, and who did it."""

from collections.abc import Sequence
from dataclasses import dataclass

from utskick.domain.units import Activity, Actor
from utskick.records import LoggedEntry, LogQuery, Store

NEWEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChanges:
    store: Store

    def __call__(self, *, actor: Actor) -> Sequence[LoggedEntry]:
        """The newest first. It is the administration's own data: reading it is not logged."""
        with self.store.transaction() as records:
            query = LogQuery(activity=Activity.WRITE, limit=NEWEST)
            return records.access_log.read(actor.unit_id, query)
