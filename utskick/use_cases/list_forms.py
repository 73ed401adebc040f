"""The forms that a unit may send, and the one that staff mean by what they typed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from utskick.domain.forms import Catalogue, FormTemplate
from utskick.domain.units import Actor
from utskick.domain.writing import comparable
from utskick.records import Store

ORDINARY = (Catalogue.OWN, Catalogue.SHARED)
"""What Skicka formulär offers; NAFS has a page of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForms:
    store: Store

    def __call__(self, *, actor: Actor, catalogues: Collection[Catalogue]) -> list[FormTemplate]:
        """By name: those that may be sent now."""
        with self.store.transaction() as records:
            return [
                access.form
                for access in records.forms.list_for(actor.unit_id)
                if access.sendable and access.form.catalogue in catalogues
            ]


def meant(typed: str, forms: Sequence[FormTemplate]) -> FormTemplate | None:
    """The form with this name or key, or the only one whose name holds what was typed."""
    wanted = comparable(typed)
    exact = [f for f in forms if wanted in (comparable(f.name), comparable(f.key))]
    partly = [f for f in forms if wanted and wanted in comparable(f.name)]
    found = exact or partly
    return found[0] if len(found) == 1 else None
