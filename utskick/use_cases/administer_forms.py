"""Förvaltning, formulärmallar: archive them, offer them to other units, and link to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from utskick.domain.errors import NotFound
from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.packages import PackageTemplate
from utskick.domain.units import Actor, HsaId, Unit
from utskick.records import Store
from utskick.use_cases.administer_units import log_act
from utskick.use_cases.form_link import FormLink
from utskick.use_cases.struck_dispatches import StruckDispatch, struck_by_forms


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRegister:
    """All form templates, with the names of the units and how many subscribe to each form."""

    forms: Sequence[FormTemplate]
    units: Mapping[HsaId, Unit]
    subscribers: Mapping[FormTemplateId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedTemplate:
    """A form template, and what a change of it would strike: ongoing dispatches by unit.

    `senders` are the units that may send it, archived or not. `struck` would be aborted if it
    were archived, and those of them that are not the owner's if it were shared no more.
    """

    form: FormTemplate
    units: Mapping[HsaId, Unit]
    subscribers: Sequence[Unit]
    senders: Sequence[Unit]
    packages: Sequence[PackageTemplate]
    in_use: Mapping[HsaId, int]
    struck: Sequence[StruckDispatch] = ()

    @property
    def struck_of_others(self) -> Sequence[StruckDispatch]:
        return [each for each in self.struck if each.unit.id != self.form.owner]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministerForms:
    store: Store
    form_link: FormLink

    def list_form_templates(self) -> FormRegister:
        """Every form template, by name."""
        with self.store.transaction() as records:
            return FormRegister(
                forms=records.forms.all(),
                units={unit.id: unit for unit in records.units.all()},
                subscribers=records.forms.count_subscribers(),
            )

    def open_form_template(self, template_id: FormTemplateId) -> OpenedTemplate:
        """One form template. Raises `NotFound`."""
        with self.store.transaction() as records:
            form = records.forms.get(template_id)
            units = {unit.id: unit for unit in records.units.all()}
            subscribers = records.forms.subscribers(template_id)
            return OpenedTemplate(
                form=form,
                units=units,
                subscribers=[unit for unit in units.values() if unit.id in subscribers],
                senders=[
                    unit
                    for unit in units.values()
                    if unit.withdrawn_at is None
                    and form.available_to(unit.id, subscribed=unit.id in subscribers)
                ],
                packages=[
                    each for each in records.packages.all() if template_id in each.template_ids
                ],
                in_use=records.forms.in_use(template_id),
                struck=struck_by_forms(records, [form], units=units),
            )

    def archive_form(
        self, template_id: FormTemplateId, *, archived: bool, actor: Actor, now: datetime
    ) -> None:
        """Archive it, or take it back; from our side only, the form service has its own mark.

        Raises `NotFound`.
        """
        with self.store.transaction() as records:
            form = records.forms.get(template_id)
            if form.archived is not archived:
                archived_at = now if archived else None
                records.forms.save([replace(form, archived_at=archived_at)])
                act = "arkiverat" if archived else "tagit tillbaka"
                log_act(f"{act} formulärmall {form.key}", actor, records, now)

    def offer_form(
        self, template_id: FormTemplateId, *, to_others: bool, actor: Actor, now: datetime
    ) -> None:
        """Let others subscribe to it, or its owner alone send it.

        "Tillgänglig för andra enheter". Subscriptions are kept meanwhile, so that it can be
        undone. Raises `NotFound` or `NationalForm`.
        """
        with self.store.transaction() as records:
            form = records.forms.get(template_id)
            offered = form.offered(to_others=to_others)
            if offered != form:
                records.forms.save([offered])
                act = "delat" if to_others else "slutat dela"
                log_act(f"{act} formulärmall {form.key}", actor, records, now)

    def add_form(self, form: FormTemplate, *, actor: Actor, now: datetime) -> None:
        """One that is new here."""
        with self.store.transaction() as records:
            records.forms.save([form])
            log_act(f"tagit in formulärmall {form.key}", actor, records, now)

    def change_form(self, form: FormTemplate, *, actor: Actor, now: datetime) -> None:
        """All of it but whether it is archived. Raises `NotFound`."""
        with self.store.transaction() as records:
            kept = records.forms.get(form.id)
            changed = replace(form, archived_at=kept.archived_at)
            if changed != kept:
                records.forms.save([changed])
                log_act(f"ändrat formulärmall {form.key}", actor, records, now)

    def linked_units(self, within: frozenset[HsaId] | None) -> Sequence[Unit]:
        """The units that somebody may make links for, by name; `None`: for all."""
        with self.store.transaction() as records:
            return [
                unit
                for unit in records.units.all()
                if unit.withdrawn_at is None and (within is None or unit.id in within)
            ]

    def linkable_forms(self, unit_id: HsaId) -> Sequence[FormTemplate]:
        """What the unit may send, by name."""
        with self.store.transaction() as records:
            accesses = records.forms.list_for(unit_id)
        return [each.form for each in accesses if each.sendable]

    def make_form_link(
        self,
        template_id: FormTemplateId,
        unit_id: HsaId,
        *,
        actor: Actor,
        within: frozenset[HsaId] | None = None,
        now: datetime,
    ) -> str:
        """The link that the unit itself could make; shown in the list of changes.

        `within` are the units whose links somebody may make; `None`: everybody's. Raises
        `NotFound` or `StartBlocked`.
        """
        if within is not None and unit_id not in within:
            raise NotFound("unit", unit_id)
        with self.store.transaction() as records:
            form = records.forms.get(template_id)
        link = self.form_link(form.key, unit_id=unit_id)
        with self.store.transaction() as records:
            log_act(f"skapat formulärlänk till {form.key} för {unit_id}", actor, records, now)
        return link
