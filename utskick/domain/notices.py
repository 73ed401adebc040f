"""Notices (ProcessNotification) by which the form engine says what has become of a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from utskick.domain.deliveries import FormId
from utskick.domain.units import HsaId

_SERVICE_DOMAIN = "infrastructure:eservicesupply:forminteraction"
_ANSWERED = frozenset({"formcomplete", "formcompleted"})
"""The contract's description has one of them, the national pages the other."""


@dataclass(frozen=True, slots=True)
class AnsweredForm:
    """A form of the unit's that a resident has answered."""

    form_id: FormId
    unit_id: HsaId

    @classmethod
    def of(cls, transaction: Mapping[str, object]) -> Self | None:
        """What an `engagementTransaction` says, if it says that a form was answered."""
        engagement = transaction.get("engagement")
        if transaction.get("deleteFlag") or not isinstance(engagement, Mapping):
            return None
        said = {name: str(value).strip() for name, value in engagement.items()}
        if said.get("serviceDomain", "").casefold() != _SERVICE_DOMAIN:
            return None
        if said.get("categorization", "").casefold() not in _ANSWERED:
            return None
        form_id, unit_id = said["businessObjectInstanceIdentifier"], said["dataController"]
        return cls(FormId(form_id), HsaId(unit_id.upper()))
