"""Uppföljning: what was sent, found again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, Self

from utskick.domain.answers import AnswerCount, AnswerKnown, answer_known, status_in_words
from utskick.domain.deliveries import (
    DeliveryId,
    DeliveryState,
    FormId,
    FormStatus,
)
from utskick.domain.dispatches import DispatchId
from utskick.domain.forms import FormTemplateId
from utskick.domain.notices import AnsweredForm
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId

COUNTED = 1000
"""A total beyond this is shown as "fler än"."""
MOST_RATES = 100


class Order(StrEnum):
    """What the list is sorted by. `ANSWER`: the answered last."""

    SENT = "sent"
    ANSWER_BY = "answer_by"
    PURGE_AFTER = "purge_after"
    FORM = "form"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpQuery:
    """What to look for in Uppföljning. Empty fields match everything; names match in part.

    `form_status` and `answer` find only what the form service has said.
    """

    form_name: str = ""
    package_name: str = ""
    personnummer: Personnummer | None = None
    sent_from: date | None = None
    sent_to: date | None = None
    state: DeliveryState | None = None
    form_status: FormStatus | None = None
    answer: AnswerKnown | None = None
    purge_after_from: date | None = None
    purge_after_to: date | None = None
    with_purged: bool = False
    order: Order = Order.SENT
    offset: int = 0
    limit: int = 500

    @property
    def whatever_the_answer(self) -> Self:
        """The same, of forms that have been answered, have not, and have not been asked about."""
        return replace(self, form_status=None, answer=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedUp:
    """One form in Uppföljning.

    `form_status_at` is when the form service was asked, or said so by itself; without it the
    status is a guess.
    """

    delivery_id: DeliveryId
    dispatch_id: DispatchId
    form_id: FormId | None
    template_id: FormTemplateId
    form_name: str
    package_name: str
    occasion_number: int
    personnummer: Personnummer
    state: DeliveryState
    form_status: FormStatus | None
    form_status_at: datetime | None
    sent_at: datetime | None
    answer_by: date
    purge_after: date
    by_inbox: bool
    attempts: int
    found_again: bool
    purged_at: datetime | None
    purged_by: str | None
    name: str = field(default="", repr=False)

    @property
    def answer(self) -> AnswerKnown | None:
        return answer_known(self.form_status, checked_at=self.form_status_at)

    @property
    def status_in_words(self) -> str:
        return status_in_words(self.form_status, checked_at=self.form_status_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRate:
    """How many of one form, from one package and occasion, were sent and answered."""

    form_name: str
    package_name: str
    occasion_number: int
    answers: AnswerCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A reminder by hand. `MANUAL`: nobody can know whether it arrived."""

    day: date
    state: DeliveryState
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the ledger holds of one person's forms at one unit."""

    unit_id: HsaId
    personnummer: Personnummer
    template_ids: frozenset[FormTemplateId]
    form_ids: frozenset[FormId]
    unsettled: int


class SentForms(Protocol):
    """Uppföljning: single forms, found by what staff remember of them."""

    def search(self, unit_id: HsaId, query: FollowUpQuery) -> list[FollowedUp]:
        """In the query's order, what is uncertain before all; at most `query.limit`."""

    def count(self, unit_id: HsaId, query: FollowUpQuery) -> int:
        """How many there are in all; `COUNTED + 1` stands for more."""

    def get_for(self, unit_id: HsaId, delivery_id: DeliveryId) -> FollowedUp:
        """Raises `NotFound`, for another unit's too."""

    def response_rates(self, unit_id: HsaId, query: FollowUpQuery) -> Sequence[ResponseRate]:
        """Of all that the query finds, by package and form; the first `MOST_RATES`."""

    def set_form_status(
        self, statuses: Mapping[FormId, FormStatus], *, asked_at: datetime
    ) -> None:
        """Of those of which nothing newer is known: `asked_at` is before the question left."""

    def note_answered(self, answered: Collection[AnsweredForm], *, now: datetime) -> int:
        """Of those that we have sent for just these units, if nothing newer is known. How many.

        Said again it is known anew, so that nothing that was asked for before can undo it.
        """

    def mark_purged(
        self, unit_id: HsaId, delivery_ids: Collection[DeliveryId], *, by: str, now: datetime
    ) -> list[FollowedUp]:
        """Mark those that are the unit's and not marked yet; returns which they were."""

    def begin_reminder(
        self, delivery_id: DeliveryId, *, day: date, by: str, now: datetime
    ) -> bool:
        """Commit the intent to remind; `False` if it has been done that day."""

    def end_reminder(
        self, delivery_id: DeliveryId, *, day: date, state: DeliveryState, now: datetime
    ) -> None: ...

    def cancel_reminder(self, delivery_id: DeliveryId, *, day: date) -> None:
        """The inbox did not take it: it may be tried again."""

    def reminders(self, delivery_ids: Collection[DeliveryId]) -> Mapping[DeliveryId, Reminder]:
        """The newest of each."""

    def reminders_of(self, delivery_id: DeliveryId) -> Sequence[Reminder]:
        """All of one, oldest first."""

    def sent_since(self, moment: datetime) -> list[Ledger]:
        """What was sent, or may have been, since; for the nightly comparison."""
