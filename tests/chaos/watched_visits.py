"""What must be true of visits after every step (I16), read from the tables.

A moment of a visit is sent once at most, wherever it has been planned meanwhile; and of what it
was taken away from nothing is ever begun.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time
from uuid import UUID

from sqlalchemy import RowMapping

_BEGUN = ("sending", "unknown", "sent", "manual")

Moment = tuple[UUID, int, time]
Place = tuple[UUID, UUID]
"""An occasion, and a recipient of it."""


@dataclass(slots=True)
class WatchedVisits:
    """Where each moment is planned, where it was, and which places it has left for good."""

    places: dict[Moment, Place] = field(default_factory=dict)
    once: dict[Moment, list[Place]] = field(default_factory=dict)
    left: set[Place] = field(default_factory=set)

    def forget(self) -> None:
        """A backup knows nothing of what came after it."""
        self.places.clear()
        self.once.clear()
        self.left.clear()

    def after_step(self, sends: Sequence[RowMapping], rows: Sequence[RowMapping]) -> None:
        self._note({_moment(row): _place(row) for row in sends if row["state"] == "planned"})
        begun = {
            (row["occasion_id"], row["recipient_id"]) for row in rows if row["state"] in _BEGUN
        }
        assert not self.left & begun, "begun where the visit had been taken away"
        for places in self.once.values():
            assert sum(place in begun for place in places) <= 1, "sent twice before a visit"

    def _note(self, now: dict[Moment, Place]) -> None:
        kept = set(now.values())
        for moment, place in self.places.items():
            if now.get(moment) == place:
                continue
            if place in kept:
                # It was somebody's other visit, too, and is sent before that.
                self.once[moment].remove(place)
            else:
                self.left.add(place)
        for moment, place in now.items():
            if self.places.get(moment) != place:
                self.once.setdefault(moment, []).append(place)
        self.places = now


def _moment(row: RowMapping) -> Moment:
    return row["visit_id"], row["days_before"], row["at_time"]


def _place(row: RowMapping) -> Place:
    return row["occasion_id"], row["recipient_id"]
