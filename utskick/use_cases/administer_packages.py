"""Förvaltning, grundplåtar: make them and change them; what has been started keeps its own."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from utskick.domain.errors import NotFound, Problem, SpecRefused, UtskickError
from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.package_specs import PackageSpec, changed_fields, check_package, package_of
from utskick.domain.packages import PackageTemplate
from utskick.domain.rules import Rules
from utskick.domain.units import Actor, HsaId, Unit
from utskick.domain.writing import comparable
from utskick.ports import Texts
from utskick.records import Store, Transaction
from utskick.use_cases.administer_units import log_act

PER_PAGE = 50
OwnUnits = frozenset[HsaId] | None


class ChangedMeanwhile(UtskickError):
    """Somebody else has saved a version since the page was shown."""

    def __init__(self) -> None:
        super().__init__("another version of the package has been saved meanwhile")
        self.staff_message = (
            "Någon annan har sparat en ny version medan du skrev. Jämför med den nedan, och spara"
            " igen om din ska gälla."
        )


class NotYourPackage(UtskickError):
    """It names a unit that somebody of the local administration does not administer."""

    def __init__(self) -> None:
        super().__init__("the package is for units of others too")
        self.staff_message = (
            "Grundplåten gäller även enheter som du inte förvaltar. Därför kan den bara ändras av"
            " den regionala förvaltningen."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRegister:
    """OwnUnits and forms that packages may name; the subscriptions of the units asked for."""

    units: Mapping[HsaId, Unit]
    forms: Mapping[FormTemplateId, FormTemplate]
    subscriptions: AbstractSet[tuple[HsaId, FormTemplateId]]

    def blocking(
        self, package: PackageTemplate, unit_id: HsaId | None = None
    ) -> list[FormTemplate]:
        """Its forms that are archived, or not for the unit to send: of all its units, or one."""
        unit_ids = package.unit_ids if unit_id is None else (unit_id,)
        return [
            form
            for form in (self.forms[template_id] for template_id in package.template_ids)
            if form.archived
            or not all(
                form.available_to(each, subscribed=(each, form.id) in self.subscriptions)
                for each in unit_ids
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageVersion:
    """A version, and which fields differ from the one before (`PackageTemplate`'s names)."""

    package: PackageTemplate
    before: PackageTemplate | None
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePage:
    """One page of what was looked for; `total` is how many there are in all."""

    packages: Sequence[PackageTemplate]
    total: int
    register: PackageRegister


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministerPackages:
    """`within` are the units whose packages somebody may see and make; `None`: everybody's."""

    store: Store
    texts: Texts
    rules: Rules

    def package_register(self, unit_ids: Collection[HsaId]) -> PackageRegister:
        """OwnUnits and form templates, and what these units subscribe to."""
        with self.store.transaction() as records:
            return register_of(unit_ids, records)

    def find_packages(self, text: str, *, page: int, within: OwnUnits = None) -> PackagePage:
        """The newest version of each whose name or key holds the text, by name."""
        wanted = comparable(text)
        with self.store.transaction() as records:
            found = [
                package
                for package in records.packages.all()
                if (wanted in comparable(package.name) or wanted in package.key)
                and _touches(package, within)
            ]
            shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
            unit_ids = {unit_id for package in shown for unit_id in package.unit_ids}
            return PackagePage(
                packages=shown, total=len(found), register=register_of(unit_ids, records)
            )

    def package_versions(self, key: str, *, within: OwnUnits = None) -> list[PackageVersion]:
        """Newest first. Raises `NotFound`, for one of other units alone too."""
        with self.store.transaction() as records:
            kept = records.packages.versions(key)
        if not kept or not _touches(kept[0], within):
            raise NotFound("package", key)
        versions = [
            PackageVersion(package=newer, before=older, changed=changed_fields(older, newer))
            for newer, older in pairwise(kept)
        ]
        return [*versions, PackageVersion(package=kept[-1], before=None, changed=())]

    def save_package(
        self,
        spec: PackageSpec,
        *,
        based_on: int | None,
        actor: Actor,
        within: OwnUnits = None,
        now: datetime,
    ) -> PackageTemplate:
        """Keep it as a new version, unless nothing has changed; returns the newest.

        `based_on` is the version that was changed, `None` for a new package. Raises `SpecRefused`,
        `NotYourPackage`, or `ChangedMeanwhile` if there is a newer version than that.
        """
        with self.store.transaction() as records:
            forms = {form.key: form.id for form in records.forms.all()}
            units = [unit.id for unit in records.units.all()]
            problems = check_package(
                spec,
                units=units,
                forms=forms,
                texts=self.texts,
                error_domains=self.rules.error_domains,
            )
            kept = records.packages.versions(spec.key)
            if kept and based_on is not None and not may_change(kept[0], within):
                raise NotYourPackage
            problems += _units_of_others(spec, within)
            if kept and based_on is None:
                problems.append(
                    Problem(
                        "key",
                        "det finns redan en grundplåt med det kortnamnet.",
                        "Välj ett annat.",
                    )
                )
            if problems:
                raise SpecRefused(problems)
            newest = kept[0].version if kept else None
            if newest != based_on:
                raise ChangedMeanwhile
            package = package_of(
                spec, version=(newest or 0) + 1, forms=forms, forms_desk=self.rules.forms_desk
            )
            if not records.packages.save(package):
                return kept[0]
            act = f"sparat grundplåt {package.key}, version {package.version}"
            log_act(act, actor, records, now)
        return package


def may_change(package: PackageTemplate, within: OwnUnits) -> bool:
    """Whether all its units are theirs; one that names a unit of others is read-only for them."""
    return within is None or (bool(package.unit_ids) and within.issuperset(package.unit_ids))


def _touches(package: PackageTemplate, within: OwnUnits) -> bool:
    return within is None or not within.isdisjoint(package.unit_ids)


def _units_of_others(spec: PackageSpec, within: OwnUnits) -> list[Problem]:
    if within is None:
        return []
    if not spec.units:
        return [Problem("units", "ingen enhet är vald.", "Välj minst en av dina enheter.")]
    return [
        Problem("units", f"{unit} är inte en enhet som du förvaltar.", "Ta bort den.")
        for unit in spec.units
        if unit.upper() not in within
    ]


def register_of(unit_ids: Collection[HsaId], records: Transaction) -> PackageRegister:
    """What packages may name, and what these units subscribe to."""
    return PackageRegister(
        units={unit.id: unit for unit in records.units.all()},
        forms={form.id: form for form in records.forms.all()},
        subscriptions=records.forms.subscriptions(unit_ids),
    )
