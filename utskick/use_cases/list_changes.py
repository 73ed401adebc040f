"""Förvaltning: what has been changed there, and who did it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from utskick.domain.units import Activity, Actor, hsa_ids_in, with_names
from utskick.records import LoggedEntry, LogQuery, Store

NEWEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChanges:
    store: Store

    def __call__(self, *, actor: Actor) -> Sequence[LoggedEntry]:
        """The newest first, with names for HSA-ids.

        It is the administration's own data: reading it is not logged.
        """
        with self.store.transaction() as records:
            query = LogQuery(activity=Activity.WRITE, limit=NEWEST)
            entries = records.access_log.read(actor.unit_id, query)
            named = {found for entry in entries for found in hsa_ids_in(entry.act)}
            names = dict(records.sessions.names(named))
            names.update((unit.id, unit.name) for unit in records.units.all() if unit.id in named)
        return [replace(entry, act=with_names(entry.act, names)) for entry in entries]
