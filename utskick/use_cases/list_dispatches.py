"""Pågående Paketutskick: the unit's dispatches, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from utskick.domain.units import Actor
from utskick.records import DispatchQuery, ListedDispatch, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the list."""

    listed: Sequence[ListedDispatch]
    total: int
    query: DispatchQuery

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.query.per_page))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDispatches:
    store: Store

    def __call__(self, query: DispatchQuery, *, actor: Actor) -> Page:
        """Ended ones are listed until they are deleted. Raises `NotFound` for an unknown unit."""
        with self.store.transaction() as records:
            unit = records.units.get(actor.unit_id)
            listed, total = records.overview.page(unit.id, query)
        return Page(listed=listed, total=total, query=query)
