"""The forms that a unit may send, and the one that staff mean by what they typed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from utskick.domain.forms import Catalogue, FormAccess, FormTemplate
from utskick.domain.units import Actor
from utskick.domain.writing import comparable
from utskick.records import Store

ORDINARY = (Catalogue.OWN, Catalogue.SHARED)
"""What Skicka formulär offers; NAFS has a page of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedForms:
    """The `forms` that can be chosen, and the `others` that the unit sees but cannot choose here.

    Those are archived, lack a subscription, or stand on another page.
    """

    forms: list[FormTemplate]
    others: list[FormAccess]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForms:
    store: Store

    def __call__(self, *, actor: Actor, catalogues: Collection[Catalogue]) -> OfferedForms:
        """By name: those that may be sent now, and why others may not."""
        with self.store.transaction() as records:
            seen = records.forms.list_for(actor.unit_id)
        here = [each for each in seen if each.sendable and each.form.catalogue in catalogues]
        return OfferedForms(
            forms=[each.form for each in here], others=[each for each in seen if each not in here]
        )


def meant(typed: str, forms: Sequence[FormTemplate]) -> FormTemplate | None:
    """The form with this name or key, or the only one whose name holds what was typed."""
    found = matching(typed, forms)
    return found[0] if len(found) == 1 else None


def matching(typed: str, forms: Sequence[FormTemplate]) -> list[FormTemplate]:
    """All forms that may be meant: by the whole name or key, or else by a part of the name."""
    wanted = comparable(typed)
    exact = [f for f in forms if wanted in (comparable(f.name), comparable(f.key))]
    return exact or [f for f in forms if wanted and wanted in comparable(f.name)]
