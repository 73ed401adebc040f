"""Besök: a unit's visits with what is sent before each, for whoever may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.errors import NotFound
from utskick.domain.units import Activity, Actor
from utskick.domain.visits import VisitId
from utskick.records import ListedVisit, LogEntry, Store, Transaction, VisitQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPage:
    """One page of a unit's visits, and how many there are in all."""

    visits: Sequence[ListedVisit]
    total: int
    query: VisitQuery

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.query.per_page))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVisits:
    """That somebody's visit is shown is logged."""

    store: Store

    def __call__(self, query: VisitQuery, *, actor: Actor, now: datetime) -> VisitPage:
        with self.store.transaction() as records:
            visits, total = records.visits.page(actor.unit_id, query)
            _log_reading(records, visits, actor, now)
            return VisitPage(visits=visits, total=total, query=query)

    def by_reference(self, reference: str, *, actor: Actor, now: datetime) -> ListedVisit:
        """Raises `NotFound`."""
        with self.store.transaction() as records:
            visit = records.visits.find(actor.unit_id, reference)
            if visit is None:
                raise NotFound("visit")
            listed = records.visits.shown(visit)
            _log_reading(records, [listed], actor, now)
            return listed

    def one(self, visit_id: VisitId, *, actor: Actor, now: datetime) -> ListedVisit:
        """Raises `NotFound`."""
        with self.store.transaction() as records:
            listed = records.visits.shown(records.visits.get_for(actor.unit_id, visit_id))
            _log_reading(records, [listed], actor, now)
            return listed


def _log_reading(
    records: Transaction, visits: Sequence[ListedVisit], actor: Actor, now: datetime
) -> None:
    persons = dict.fromkeys(each.visit.personnummer for each in visits)
    records.access_log.write(
        [
            LogEntry(actor=actor, activity=Activity.READ, act="visat besök", personnummer=number)
            for number in persons
        ],
        now=now,
    )
