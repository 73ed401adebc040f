"""Nödbroms: while it is pulled nothing leaves of what it is on, whatever had been planned."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from utskick.domain.calendar import STOCKHOLM
from utskick.domain.errors import Problem, UtskickError
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer_in_text import looks_like_personnummer
from utskick.domain.units import HsaId
from utskick.domain.writing import code_of, find_unusable

BrakeId = NewType("BrakeId", UUID)

_LONGEST_CAUSE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakeScope:
    """What a brake is on: a unit, a form template, or everything if none is named."""

    unit_id: HsaId | None = None
    template_id: FormTemplateId | None = None

    def hits(self, unit_id: HsaId, template_ids: Collection[FormTemplateId]) -> bool:
        """Whether it is on what the unit sends with these forms.

        A dispatch that holds a form with a brake on it is held as a whole: its message speaks of
        all its forms.
        """
        if self.unit_id is not None:
            return self.unit_id == unit_id
        return self.template_id is None or self.template_id in template_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """A brake that has been pulled, and since when it holds; or that was released again."""

    id: BrakeId
    scope: BrakeScope
    cause: str
    pulled_by: str
    pulled_at: datetime
    released_by: str = ""
    released_at: datetime | None = None

    @property
    def since(self) -> str:
        """For staff."""
        return f"{self.pulled_at.astimezone(STOCKHOLM):%Y-%m-%d kl. %H:%M}"


class Braked(UtskickError):
    """A brake holds what somebody wants to send."""

    def __init__(self, brake: Brake) -> None:
        super().__init__(f"brake {brake.id} holds it")
        self.staff_message = (
            f"Nödbromsen är dragen sedan {brake.since}, så inget skickas. Skäl: {brake.cause}."
            " Försök igen när den regionala förvaltningen har släppt den."
        )


class AlreadyReleased(UtskickError):
    """Somebody else has released it."""

    def __init__(self) -> None:
        super().__init__("the brake has been released already")
        self.staff_message = "Nödbromsen är redan släppt. Du behöver inte göra något mer."


def problems_of_cause(cause: str) -> Sequence[Problem]:
    """Staff of every unit that is hit read it, and it stands in logs."""
    if not cause:
        return [Problem("skal", "skälet saknas.", "Skriv varför nödbromsen dras.")]
    if len(cause) > _LONGEST_CAUSE:
        return [Problem("skal", "skälet är för långt.", f"Skriv högst {_LONGEST_CAUSE} tecken.")]
    if (place := find_unusable(cause)) is not None:
        reason = f"tecknet {code_of(cause[place])} går inte att använda."
        return [Problem("skal", reason, "Ta bort det.")]
    if looks_like_personnummer(cause):
        reason = "skälet innehåller något som liknar ett personnummer."
        return [Problem("skal", reason, "Ta bort det: alla berörda enheter läser skälet.")]
    return []
