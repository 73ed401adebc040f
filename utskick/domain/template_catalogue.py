"""Mallkatalog: what the form service lists, held against the templates that are kept here.

The service names versions, and says which are published. It does not say whose a
template is, nor whether others may subscribe to it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.units import HsaId

_FEW = 2
_SHARE = 5
"""More than a few losses at once, and more than one in five, are looked at by somebody first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVersion:
    """A version of a template, as it is listed for a unit. No `resident_name`: none was given."""

    template_id: FormTemplateId
    version: int
    name: str
    resident_name: str
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTemplate:
    """A template by its newest published version, or its newest if none is, over all units."""

    newest: ListedVersion
    published: bool
    units: frozenset[HsaId]

    @property
    def id(self) -> FormTemplateId:
        return self.newest.template_id


class ChangeKind(StrEnum):
    """`ARCHIVED`: no version is published any more. `MISSING`: it is listed for no unit.

    `BACK`: it is published there, and archived here.
    """

    NEW = "new"
    CHANGED = "changed"
    ARCHIVED = "archived"
    MISSING = "missing"
    BACK = "back"


LOSSES = (ChangeKind.ARCHIVED, ChangeKind.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange:
    """What differs of one template. `held`: somebody must confirm it first."""

    kind: ChangeKind
    listed: ListedTemplate | None = None
    kept: FormTemplate | None = None
    held: bool = False

    @property
    def name(self) -> str:
        """As it is known here, or else there."""
        if self.kept:
            return self.kept.name
        return self.listed.newest.name if self.listed else ""


def merged(
    listings: Mapping[HsaId, Sequence[ListedVersion]],
) -> dict[FormTemplateId, ListedTemplate]:
    """One of each template, whoever's list it stands in."""
    versions: dict[FormTemplateId, list[ListedVersion]] = {}
    units: dict[FormTemplateId, set[HsaId]] = {}
    for unit_id, listed in listings.items():
        for each in listed:
            versions.setdefault(each.template_id, []).append(each)
            units.setdefault(each.template_id, set()).add(unit_id)
    return {
        template_id: ListedTemplate(
            newest=max(of_it, key=lambda each: (each.published, each.version)),
            published=any(each.published for each in of_it),
            units=frozenset(units[template_id]),
        )
        for template_id, of_it in versions.items()
    }


def template_changes(
    listed: Mapping[FormTemplateId, ListedTemplate],
    kept: Collection[FormTemplate],
    *,
    whole: bool,
) -> list[TemplateChange]:
    """What differs. Losses are held if not all units' lists are there, or if they are many.

    An answer that is empty, or broken on its way, looks just like a service that has taken
    everything away.
    """
    changes = [*_of_kept(listed, kept), *_new(listed, kept)]
    losses = sum(change.kind in LOSSES for change in changes)
    active = sum(not form.archived for form in kept)
    suspect = not whole or not listed or (losses > _FEW and losses * _SHARE > active)
    if not suspect:
        return changes
    return [
        TemplateChange(kind=c.kind, listed=c.listed, kept=c.kept, held=c.kind in LOSSES)
        for c in changes
    ]


def renewed(kept: FormTemplate, listed: ListedTemplate) -> FormTemplate:
    """The kept one with the names and the version that are listed."""
    newest = listed.newest
    return FormTemplate(
        id=kept.id,
        key=kept.key,
        name=newest.name or kept.name,
        resident_name=newest.resident_name or kept.resident_name,
        catalogue=kept.catalogue,
        owner=kept.owner,
        version=newest.version,
        archived_at=kept.archived_at,
    )


def _of_kept(
    listed: Mapping[FormTemplateId, ListedTemplate], kept: Collection[FormTemplate]
) -> Iterator[TemplateChange]:
    for form in kept:
        found = listed.get(form.id)
        if found is None:
            if not form.archived:
                yield TemplateChange(kind=ChangeKind.MISSING, kept=form)
            continue
        if found.published and form.archived:
            yield TemplateChange(kind=ChangeKind.BACK, listed=found, kept=form)
        if not found.published and not form.archived:
            yield TemplateChange(kind=ChangeKind.ARCHIVED, listed=found, kept=form)
        if found.published and renewed(form, found) != form:
            yield TemplateChange(kind=ChangeKind.CHANGED, listed=found, kept=form)


def _new(
    listed: Mapping[FormTemplateId, ListedTemplate], kept: Collection[FormTemplate]
) -> Iterator[TemplateChange]:
    known = {form.id for form in kept}
    new = [each for each in listed.values() if each.id not in known and each.published]
    for each in sorted(new, key=lambda template: template.newest.name):
        yield TemplateChange(kind=ChangeKind.NEW, listed=each)
