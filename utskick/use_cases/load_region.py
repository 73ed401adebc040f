"""Load what the regional administration prepares: units, forms, subscriptions, grundplåtar."""

from collections.abc import Sequence
from dataclasses import dataclass

from utskick.domain.region import Region, RegionDifference, differences, missing
from utskick.records import Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How much the files hold, how much of it was new, and what is kept otherwise."""

    units: int
    forms: int
    subscriptions: int
    packages: int
    new: int
    differences: Sequence[RegionDifference]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRegion:
    store: Store

    def __call__(self, region: Region) -> Loaded:
        """Make what is missing, in one transaction, and change nothing that is there."""
        with self.store.transaction() as records:
            kept = _kept(records)
            made = missing(region, kept)
            records.units.save(made.units)
            records.forms.save(made.forms)
            for unit_id, template_id in made.subscriptions:
                records.forms.subscribe(unit_id, template_id, subscribed=True)
            for package in made.packages:
                records.packages.save(package)
        return Loaded(
            units=len(region.units),
            forms=len(region.forms),
            subscriptions=len(region.subscriptions),
            packages=len(region.packages),
            new=sum(map(len, (made.units, made.forms, made.subscriptions, made.packages))),
            differences=differences(region, kept),
        )


def _kept(records: Transaction) -> Region:
    units = records.units.all()
    return Region(
        units=units,
        forms=records.forms.all(),
        subscriptions=list(records.forms.subscriptions([unit.id for unit in units])),
        packages=records.packages.all(),
    )
