"""Form templates (formulärmallar) and which unit may send them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from utskick.domain.errors import StartBlocked, UtskickError
from utskick.domain.units import HsaId

FormTemplateId = NewType("FormTemplateId", UUID)


class Catalogue(StrEnum):
    """Where a form template comes from, which decides who may send it."""

    OWN = "own"
    SHARED = "shared"
    NAFS = "nafs"


class NationalForm(UtskickError):
    """A NAFS form has no owner who could share it, or not."""

    def __init__(self) -> None:
        super().__init__("a national form is everyone's")
        self.staff_message = "Nationella formulär (NAFS) är redan fria för alla enheter."


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTemplate:
    """A form that can be sent. `key` is its short name in specs and packages."""

    id: FormTemplateId
    key: str
    name: str
    resident_name: str
    catalogue: Catalogue
    owner: HsaId | None
    version: int = 1
    archived_at: datetime | None = None

    @property
    def archived(self) -> bool:
        return self.archived_at is not None

    def available_to(self, unit_id: HsaId, *, subscribed: bool) -> bool:
        """Whether the unit may send it: its own, shared ones it subscribes to, and NAFS."""
        match self.catalogue:
            case Catalogue.NAFS:
                return True
            case Catalogue.SHARED:
                return subscribed or self.owner == unit_id
            case Catalogue.OWN:
                return self.owner == unit_id

    def offered(self, *, to_others: bool) -> Self:
        """Let other units subscribe ("Tillgänglig för andra enheter"), or only its owner send it.

        Raises `NationalForm`.
        """
        if self.catalogue is Catalogue.NAFS:
            raise NationalForm
        return replace(self, catalogue=Catalogue.SHARED if to_others else Catalogue.OWN)


@dataclass(frozen=True, slots=True)
class FormAccess:
    """A form template as one unit sees it just now."""

    form: FormTemplate
    available: bool

    @property
    def sendable(self) -> bool:
        return self.available and not self.form.archived


def by_version(versions: Iterable[tuple[FormTemplateId, bool]]) -> dict[FormTemplateId, bool]:
    """Which templates can be sent, by whether each of their versions is published.

    One published version is enough, wherever it is listed: a newer one may be a draft, and an
    older one archived.
    """
    sendable: dict[FormTemplateId, bool] = {}
    for template_id, published in versions:
        sendable[template_id] = published or sendable.get(template_id, False)
    return sendable


def require_sendable(forms: Iterable[FormAccess]) -> None:
    """Raise `StartBlocked` naming every form that is archived or lacks a subscription.

    Manual: "Detta startade paket innehåller formulärmallar som har arkiverats eller gemensamma
    mallar som saknar prenumeration".
    """
    seen: Sequence[FormAccess] = tuple(forms)
    archived = [access.form.name for access in seen if access.form.archived]
    unsubscribed = [a.form.name for a in seen if not a.form.archived and not a.available]
    if archived or unsubscribed:
        raise StartBlocked(archived=archived, unsubscribed=unsubscribed)
