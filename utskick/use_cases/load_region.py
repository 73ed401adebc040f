"""Load what the regional administration prepares: units, forms, subscriptions, grundplåtar."""

from dataclasses import dataclass

from utskick.domain.region import Region
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How much there is, and how many packages were new or changed."""

    units: int
    forms: int
    subscriptions: int
    packages: int
    changed_packages: int


def load_region(region: Region, *, store: Store) -> Loaded:
    """Take all of it in one transaction; loading the same again changes nothing.

    A changed package becomes a new version: what has been started keeps its own.
    """
    with store.transaction() as records:
        records.units.save(region.units)
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
