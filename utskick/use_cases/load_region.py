"""Load what the regional administration prepares: units, forms, subscriptions, grundplåtar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.forms import FormTemplateId
from utskick.domain.region import Region, RegionDifference, differences, missing
from utskick.domain.units import Actor
from utskick.records import Store, Transaction
from utskick.use_cases.administer_units import log_acts


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

    def __call__(self, region: Region, *, actor: Actor, now: datetime) -> Loaded:
        """Make what is missing, in one transaction, and change nothing that is there.

        What is made stands in the list of changes, by whoever it was.
        """
        with self.store.transaction() as records:
            kept = _kept(records)
            made = missing(region, kept)
            records.units.save(made.units)
            records.forms.save(made.forms)
            for unit_id, template_id in made.subscriptions:
                records.forms.subscribe(unit_id, template_id, subscribed=True)
            for package in made.packages:
                records.packages.save(package)
            keys = {form.id: form.key for form in (*kept.forms, *made.forms)}
            log_acts(_acts(made, keys), actor, records, now)
        return Loaded(
            units=len(region.units),
            forms=len(region.forms),
            subscriptions=len(region.subscriptions),
            packages=len(region.packages),
            new=sum(map(len, (made.units, made.forms, made.subscriptions, made.packages))),
            differences=differences(region, kept),
        )


def _acts(made: Region, keys: Mapping[FormTemplateId, str]) -> list[str]:
    """In the words of the pages."""
    return [
        *(f"lagt till enhet {unit.id}" for unit in made.units),
        *(f"lagt till formulärmall {form.key}" for form in made.forms),
        *(
            f"lagt till prenumeration {keys[template_id]} för {unit_id}"
            for unit_id, template_id in made.subscriptions
        ),
        *(f"sparat grundplåt {each.key}, version {each.version}" for each in made.packages),
    ]


def _kept(records: Transaction) -> Region:
    units = records.units.all()
    return Region(
        units=units,
        forms=records.forms.all(),
        subscriptions=list(records.forms.subscriptions([unit.id for unit in units])),
        packages=records.packages.all(),
    )
