"""What the regional administration prepares, read from files and found to be whole.

Files make what is missing. Whatever both have and does not agree is a difference: it may well have
been changed on the pages since, so nobody but whoever asks for it lets the files have their way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.package_specs import changed_fields
from utskick.domain.packages import PackageTemplate
from utskick.domain.units import HsaId, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Units, form templates, subscriptions and packages, all references resolved."""

    units: Sequence[Unit]
    forms: Sequence[FormTemplate]
    subscriptions: Sequence[tuple[HsaId, FormTemplateId]]
    packages: Sequence[PackageTemplate]


@dataclass(frozen=True, slots=True)
class UnitDiffers:
    kept: Unit
    wanted: Unit

    @property
    def id(self) -> str:
        return self.kept.id


@dataclass(frozen=True, slots=True)
class FormDiffers:
    """Since when it has been archived is no difference, but whether it is."""

    kept: FormTemplate
    wanted: FormTemplate

    @property
    def id(self) -> str:
        return self.kept.key


@dataclass(frozen=True, slots=True)
class SubscriptionDiffers:
    """`wanted`: the files have it, and it is not kept."""

    unit: Unit
    form: FormTemplate
    wanted: bool

    @property
    def id(self) -> str:
        return f"{self.form.key}, {self.unit.id}"


@dataclass(frozen=True, slots=True)
class PackageDiffers:
    kept: PackageTemplate
    wanted: PackageTemplate

    @property
    def id(self) -> str:
        return self.kept.key


RegionDifference = UnitDiffers | FormDiffers | SubscriptionDiffers | PackageDiffers


def missing(files: Region, kept: Region) -> Region:
    """What has never been kept. A subscription counts as ended if its unit and form have been."""
    units = {unit.id for unit in kept.units}
    forms = {form.id for form in kept.forms}
    packages = {package.key for package in kept.packages}
    return Region(
        units=[unit for unit in files.units if unit.id not in units],
        forms=[form for form in files.forms if form.id not in forms],
        subscriptions=[
            (unit_id, template_id)
            for unit_id, template_id in files.subscriptions
            if unit_id not in units or template_id not in forms
        ],
        packages=[package for package in files.packages if package.key not in packages],
    )


def differences(files: Region, kept: Region) -> list[RegionDifference]:
    """Of what both have; in the order in which they can be applied."""
    return [
        *_of_units(files, kept),
        *_of_forms(files, kept),
        *_of_subscriptions(files, kept),
        *_of_packages(files, kept),
    ]


def _of_units(files: Region, kept: Region) -> Iterator[UnitDiffers]:
    """The files do not say whether a unit has been withdrawn."""
    wanted = {unit.id: unit for unit in files.units}
    for unit in kept.units:
        file = wanted.get(unit.id, unit)
        if (file.name, file.phone) != (unit.name, unit.phone):
            yield UnitDiffers(unit, file)


def _of_forms(files: Region, kept: Region) -> Iterator[FormDiffers]:
    wanted = {form.id: form for form in files.forms}
    for form in kept.forms:
        file = _as_newest(form, wanted.get(form.id, form))
        same = replace(file, archived_at=form.archived_at) == form
        if not same or file.archived is not form.archived:
            yield FormDiffers(form, file)


def _as_newest(kept: FormTemplate, file: FormTemplate) -> FormTemplate:
    """A file that knows an older version says nothing of names: what is kept came from 1177."""
    if file.version >= kept.version:
        return file
    return replace(file, name=kept.name, resident_name=kept.resident_name, version=kept.version)


def _of_subscriptions(files: Region, kept: Region) -> Iterator[SubscriptionDiffers]:
    """Of the files' own units and forms: they say nothing of what was made on the pages alone."""
    units = {unit.id for unit in files.units}
    forms = {form.id for form in kept.forms}
    wanted, there = set(files.subscriptions), set(kept.subscriptions)
    for unit in kept.units:
        for form in files.forms:
            pair = (unit.id, form.id)
            offered = form.catalogue is Catalogue.SHARED and form.owner != unit.id
            both = unit.id in units and form.id in forms
            if offered and both and (pair in wanted) is not (pair in there):
                yield SubscriptionDiffers(unit, form, wanted=pair in wanted)


def _of_packages(files: Region, kept: Region) -> Iterator[PackageDiffers]:
    wanted = {package.key: package for package in files.packages}
    for package in kept.packages:
        file = wanted.get(package.key, package)
        if changed_fields(package, file):
            yield PackageDiffers(package, file)
