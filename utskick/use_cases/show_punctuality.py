"""Punktlighet: how many forms were handed over within ten seconds of their time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from utskick.domain.rules import Rules
from utskick.domain.units import HsaId
from utskick.records import PunctualDay, Store

DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPunctuality:
    by_day: Sequence[PunctualDay]
    by_unit: Sequence[PunctualDay]
    unit_names: Mapping[HsaId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPunctuality:
    store: Store
    rules: Rules

    def __call__(self, *, now: datetime) -> ShownPunctuality:
        """The last thirty days, for all units."""
        since = self.rules.today(now) - timedelta(days=DAYS)
        with self.store.transaction() as records:
            return ShownPunctuality(
                by_day=records.punctuality.by_day(since),
                by_unit=records.punctuality.by_unit(since),
                unit_names={unit.id: unit.name for unit in records.units.all()},
            )
