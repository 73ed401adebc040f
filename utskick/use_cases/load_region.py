"""Load what the regional administration prepares: units, forms, subscriptions, grundplåtar."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from utskick.domain.region import Region
from utskick.domain.units import Unit
from utskick.records import Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How much there is, and how many packages were new or changed."""

    units: int
    forms: int
    subscriptions: int
    packages: int
    changed_packages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRegion:
    store: Store

    def __call__(self, region: Region) -> Loaded:
        """Take all of it in one transaction; loading the same again changes nothing.

        A changed package becomes a new version: what has been started keeps its own. A unit that
        has been withdrawn stays so, as the files say nothing of that.
        """
        with self.store.transaction() as records:
            records.units.save(_as_withdrawn(region, records))
            records.forms.save(region.forms)
            records.forms.set_subscriptions(region.subscriptions)
            changed = sum(records.packages.save(package) for package in region.packages)
        return Loaded(
            units=len(region.units),
            forms=len(region.forms),
            subscriptions=len(region.subscriptions),
            packages=len(region.packages),
            changed_packages=changed,
        )


def _as_withdrawn(region: Region, records: Transaction) -> Iterator[Unit]:
    withdrawn_at = {unit.id: unit.withdrawn_at for unit in records.units.all()}
    for unit in region.units:
        yield replace(unit, withdrawn_at=withdrawn_at.get(unit.id))
