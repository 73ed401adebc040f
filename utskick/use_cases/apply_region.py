"""Let the region's files have their way, by the same rules and in the same log as the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.errors import SpecRefused, UtskickError
from utskick.domain.forms import Catalogue, FormTemplate
from utskick.domain.package_specs import spec_of
from utskick.domain.packages import PackageTemplate
from utskick.domain.region import (
    FormDiffers,
    PackageDiffers,
    RegionDifference,
    SubscriptionDiffers,
    UnitDiffers,
)
from utskick.domain.rules import Rules
from utskick.domain.units import Actor
from utskick.use_cases.administer_forms import AdministerForms
from utskick.use_cases.administer_packages import AdministerPackages
from utskick.use_cases.administer_units import AdministerUnits, UnitSpec


class NotAllApplied(UtskickError):
    """The pages' rules refuse some of it, or somebody changed it at this very moment."""

    def __init__(self, refused: Mapping[str, UtskickError]) -> None:
        super().__init__(f"refused: {'; '.join(refused)}")
        lines = [
            f"  • {name}: {problem}"
            for name, error in refused.items()
            for problem in _problems(error)
        ]
        self.staff_message = "\n".join(
            ["Det här gick inte att införa, men allt annat är infört:", *lines]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRegion:
    rules: Rules
    administer_units: AdministerUnits
    administer_forms: AdministerForms
    administer_packages: AdministerPackages

    def __call__(
        self, differences: Sequence[RegionDifference], *, actor: Actor, now: datetime
    ) -> None:
        """One after the other. Raises `NotAllApplied`; the others stand then, as the log says."""
        refused: dict[str, UtskickError] = {}
        for each in differences:
            try:
                self._apply(each, actor, now)
            except UtskickError as error:
                refused[each.id] = error
        if refused:
            raise NotAllApplied(refused)

    def _apply(self, difference: RegionDifference, actor: Actor, now: datetime) -> None:
        match difference:
            case UnitDiffers(wanted=unit):
                spec = UnitSpec(name=unit.name, phone=unit.phone)
                self.administer_units.change_unit(unit.id, spec, actor=actor, now=now)
            case FormDiffers(kept, wanted):
                self._form(kept, wanted, actor, now)
            case SubscriptionDiffers():
                self._subscription(difference, actor, now)
            case PackageDiffers(kept, wanted):
                self._package(kept, wanted, actor, now)

    def _form(self, kept: FormTemplate, wanted: FormTemplate, actor: Actor, now: datetime) -> None:
        self.administer_forms.archive_form(
            wanted.id, archived=wanted.archived, actor=actor, now=now
        )
        if Catalogue.NAFS not in (kept.catalogue, wanted.catalogue):
            to_others = wanted.catalogue is Catalogue.SHARED
            self.administer_forms.offer_form(wanted.id, to_others=to_others, actor=actor, now=now)
        self.administer_forms.change_form(wanted, actor=actor, now=now)

    def _subscription(self, differs: SubscriptionDiffers, actor: Actor, now: datetime) -> None:
        unit_id, form_id = differs.unit.id, differs.form.id
        shared = self.administer_units.open_unit(unit_id).shared
        others = {form.id for form, subscribed in shared if subscribed} - {form_id}
        these = {*others, form_id} if differs.wanted else others
        self.administer_units.set_subscriptions(unit_id, these, actor=actor, now=now)

    def _package(
        self, kept: PackageTemplate, wanted: PackageTemplate, actor: Actor, now: datetime
    ) -> None:
        forms = self.administer_packages.package_register([]).forms
        spec = spec_of(wanted, forms=forms, forms_desk=self.rules.forms_desk)
        self.administer_packages.save_package(spec, based_on=kept.version, actor=actor, now=now)


def _problems(refused: UtskickError) -> list[str]:
    if isinstance(refused, SpecRefused):
        return [str(problem) for problem in refused.problems]
    return [refused.staff_message]
