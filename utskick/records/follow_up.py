"""Uppföljning: what was sent, found again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from utskick.domain.deliveries import (
    DeliveryId,
    DeliveryState,
    FormId,
    FormStatus,
)
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpQuery:
    """What to look for in Uppföljning. Empty fields match everything; names match in part."""

    form_name: str = ""
    package_name: str = ""
    personnummer: Personnummer | None = None
    sent_from: date | None = None
    sent_to: date | None = None
    form_status: FormStatus | None = None
    purge_after_to: date | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedUp:
    """One form in Uppföljning."""

    delivery_id: DeliveryId
    form_id: FormId | None
    template_id: FormTemplateId
    form_name: str
    package_name: str
    occasion_number: int
    personnummer: Personnummer
    state: DeliveryState
    form_status: FormStatus | None
    sent_at: datetime | None
    answer_by: date
    purge_after: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the ledger holds of one person's forms at one unit."""

    unit_id: HsaId
    personnummer: Personnummer
    template_ids: frozenset[FormTemplateId]
    form_ids: frozenset[FormId]
    unsettled: int


class FollowUp(Protocol):
    """Uppföljning: single forms, found by what staff remember of them."""

    def search(self, unit_id: HsaId, query: FollowUpQuery) -> list[FollowedUp]:
        """Newest first, what is uncertain before all; at most `query.limit`."""

    def set_form_status(self, statuses: Mapping[FormId, FormStatus], *, now: datetime) -> None: ...

    def sent_since(self, moment: datetime) -> list[Ledger]:
        """What was sent, or may have been, since; for the nightly comparison."""
