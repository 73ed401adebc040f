"""Pågående Paketutskick: many dispatches at a glance, and one of them cell by cell."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from utskick.domain.deliveries import DeliveryState, Refusal
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    RecipientId,
)
from utskick.domain.occasions import OccasionId
from utskick.domain.units import HsaId
from utskick.records.dispatches import FormSummary


class DispatchSorting(StrEnum):
    """`NEXT`: by the next occasion, and those that have none after all others."""

    NEWEST = "newest"
    NEXT = "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchQuery:
    """Empty fields match everything, but visits'; `text` is part of the name or the title."""

    text: str = ""
    status: DispatchStatus | None = None
    kind: DispatchKind | None = None
    order: DispatchSorting = DispatchSorting.NEWEST
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDispatch:
    """A dispatch in the list: how many recipients it has, and how each form has fared."""

    dispatch: Dispatch
    recipients: int
    forms: Sequence[FormSummary]

    @property
    def by_state(self) -> Mapping[DeliveryState, int]:
        """All its forms together."""
        return sum((Counter(form.by_state) for form in self.forms), Counter())


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionCell:
    """One form of one recipient at one occasion."""

    recipient_id: RecipientId
    form_name: str
    state: DeliveryState
    refusal: Refusal | None


class Overview(Protocol):
    """Read only, and nobody's identity."""

    def page(self, unit_id: HsaId, query: DispatchQuery) -> tuple[Sequence[ListedDispatch], int]:
        """In the order asked for, and how many there are in all."""

    def listed(self, dispatches: Sequence[Dispatch]) -> Sequence[ListedDispatch]:
        """These, with how far they have come."""

    def by_occasion(
        self, dispatch_id: DispatchId
    ) -> Mapping[OccasionId, Mapping[DeliveryState, int]]:
        """How the forms of each occasion that has begun have fared."""

    def cells(
        self, dispatch_id: DispatchId
    ) -> Mapping[tuple[RecipientId, OccasionId], Mapping[DeliveryState, int]]:
        """How the forms of each recipient have fared at each occasion that has begun."""

    def unanswered(self, dispatch_id: DispatchId) -> Collection[RecipientId]:
        """Who has got something of it that nobody knows to be answered."""

    def of_occasion(self, occasion_id: OccasionId) -> Sequence[OccasionCell]:
        """Each form of each recipient, in the order that they were planned."""

    def messages_by_occasion(
        self, dispatch_id: DispatchId
    ) -> Mapping[OccasionId, Mapping[DeliveryState, int]]:
        """How the inbox messages of each occasion that has begun have fared."""

    def messages(self, occasion_id: OccasionId) -> Mapping[RecipientId, DeliveryState]:
        """Each recipient's inbox message."""
