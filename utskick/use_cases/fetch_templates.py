"""Hämta mallar: names, versions, new and archived form templates, as the form service has them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from utskick.domain.errors import NotFound, Problem, SpecRefused
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.package_specs import KEY
from utskick.domain.rules import Rules
from utskick.domain.specs import Spec, texts_with_personnummer
from utskick.domain.template_catalogue import (
    LOSSES,
    ChangeKind,
    ListedTemplate,
    ListedVersion,
    TemplateChange,
    merged,
    renewed,
    template_changes,
)
from utskick.domain.units import Actor, HsaId, Unit
from utskick.ports import FormService, PermanentFailure, TemporaryFailure
from utskick.records import Store
from utskick.sending.retry import each
from utskick.use_cases.administer_forms import AdministerForms


class NewTemplateSpec(Spec):
    """What the form service does not say of a template."""

    key: str = Field(pattern=KEY, max_length=100)
    catalogue: Catalogue
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedTemplates:
    """How many are listed, for how many units; `silent` units gave no list."""

    listed: int
    units: int
    silent: int
    changes: Sequence[TemplateChange]

    @property
    def held(self) -> Sequence[TemplateChange]:
        """What somebody must confirm."""
        return [change for change in self.changes if change.held]

    @property
    def new(self) -> Sequence[TemplateChange]:
        """What can be taken in, when somebody says whose it is."""
        return [change for change in self.changes if change.kind is ChangeKind.NEW]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchTemplates:
    store: Store
    forms: FormService
    rules: Rules
    administer_forms: AdministerForms

    async def look(self) -> FetchedTemplates:
        """What differs; nothing is changed."""
        fetched, _listed = await self._look()
        return fetched

    async def __call__(
        self, *, actor: Actor, now: datetime, confirmed: bool = False
    ) -> FetchedTemplates:
        """Let names, versions and archivings in, in the list of changes; returns what differed.

        Losses that look like a fault of the answer are let in only if they are `confirmed`. What
        is new waits for somebody who says whose it is, and what was archived here stays so.
        """
        fetched, _listed = await self._look()
        let_in = [change for change in fetched.changes if confirmed or not change.held]
        await asyncio.to_thread(self._apply, let_in, actor, now)
        return fetched

    async def take_in(
        self, template_id: FormTemplateId, spec: NewTemplateSpec, *, actor: Actor, now: datetime
    ) -> FormTemplate:
        """Keep a template that is listed, and new here. Raises `NotFound` or `SpecRefused`."""
        _fetched, listed = await self._look()
        if (found := listed.get(template_id)) is None or not found.published:
            raise NotFound("listed form template")
        return await asyncio.to_thread(self._take_in, found, spec, actor, now)

    async def _look(self) -> tuple[FetchedTemplates, Mapping[FormTemplateId, ListedTemplate]]:
        units, kept = await asyncio.to_thread(self._kept)
        answers = await each(units, self._listed_for, at_once=self.rules.forms_concurrency)
        listings = {
            unit.id: found for unit, found in zip(units, answers, strict=True) if found is not None
        }
        listed = merged(listings)
        silent = len(units) - len(listings)
        fetched = FetchedTemplates(
            listed=len(listed),
            units=len(units),
            silent=silent,
            changes=template_changes(listed, kept, whole=not silent),
        )
        return fetched, listed

    async def _listed_for(self, unit: Unit) -> Sequence[ListedVersion] | None:
        """An empty list is a fault of the answer: every unit may send national forms."""
        try:
            return await self.forms.list_templates(unit.id) or None
        except (TemporaryFailure, PermanentFailure):
            return None

    def _kept(self) -> tuple[list[Unit], list[FormTemplate]]:
        with self.store.transaction() as records:
            units = [unit for unit in records.units.all() if unit.withdrawn_at is None]
            return units, records.forms.all()

    def _apply(self, changes: Sequence[TemplateChange], actor: Actor, now: datetime) -> None:
        for change in changes:
            if change.kept is None:
                continue
            if change.kind in LOSSES:
                self.administer_forms.archive_form(
                    change.kept.id, archived=True, actor=actor, now=now
                )
            elif change.kind is ChangeKind.CHANGED and change.listed:
                changed = renewed(change.kept, change.listed)
                self.administer_forms.change_form(changed, actor=actor, now=now)

    def _take_in(
        self, found: ListedTemplate, spec: NewTemplateSpec, actor: Actor, now: datetime
    ) -> FormTemplate:
        newest = found.newest
        national = spec.catalogue is Catalogue.NAFS
        form = FormTemplate(
            id=found.id,
            key=spec.key,
            name=newest.name,
            resident_name=newest.resident_name or newest.name,
            catalogue=spec.catalogue,
            owner=None if national else HsaId(spec.owner.upper()),
            version=newest.version,
        )
        problems = texts_with_personnummer({"name": form.name})
        with self.store.transaction() as records:
            kept, units = records.forms.all(), {unit.id for unit in records.units.all()}
        if form.id in {each.id for each in kept}:
            problems.append(Problem("key", "mallen finns redan här.", "Visa den i listan."))
        elif form.key in {each.key for each in kept}:
            problems.append(Problem("key", "kortnamnet är upptaget.", "Välj ett annat."))
        if not national and form.owner not in units:
            problems.append(
                Problem("owner", "ägaren saknas.", "Välj vilken enhet som äger mallen.")
            )
        if problems:
            raise SpecRefused(problems)
        self.administer_forms.add_form(form, actor=actor, now=now)
        return form
