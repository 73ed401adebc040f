"""Markera som gallrad: the unit has taken care of the answer, and it is not shown any more.

Manual: "formulärsvar inte tas bort/gallras automatiskt vid detta datum."
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.deliveries import DeliveryId
from utskick.domain.units import Activity, Actor
from utskick.records import LogEntry, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPurged:
    store: Store

    def __call__(
        self, delivery_ids: Collection[DeliveryId], *, actor: Actor, now: datetime
    ) -> int:
        """Mark those of the unit's own that are not marked yet; returns how many.

        Each is logged.
        """
        with self.store.transaction() as records:
            marked = records.follow_up.mark_purged(
                actor.unit_id, delivery_ids, by=actor.name, now=now
            )
            records.access_log.write(
                [
                    LogEntry(
                        actor=actor,
                        activity=Activity.DELETE,
                        act="markerat formulär som gallrat",
                        personnummer=form.personnummer,
                        dispatch_id=form.dispatch_id,
                    )
                    for form in marked
                ],
                now=now,
            )
            return len(marked)
