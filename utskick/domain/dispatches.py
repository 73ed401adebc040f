"""Dispatches (utskick): the same forms, to the same recipients, at every occasion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from utskick.domain.errors import LastRecipient, NotFound, OccasionPassed, WrongStatus
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import NOT_ENDED, Occasion, OccasionId, OccasionState
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId

DispatchId = NewType("DispatchId", UUID)
RecipientId = NewType("RecipientId", UUID)
PersonId = NewType("PersonId", UUID)

KEPT_AFTER_END = timedelta(days=7)
"""How long an ended dispatch stays listed (manual: "finns kvar i listan i 7 dagar")."""


class DispatchKind(StrEnum):
    PACKAGE = "package"
    FORM = "form"


class DispatchStatus(StrEnum):
    """Pågående, Stoppad, Klar, Avbruten."""

    ONGOING = "ongoing"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABORTED = "aborted"


STATUS_LABELS = {
    DispatchStatus.ONGOING: "Pågående",
    DispatchStatus.STOPPED: "Stoppad",
    DispatchStatus.COMPLETED: "Klar",
    DispatchStatus.ABORTED: "Avbruten",
}


@dataclass(frozen=True, slots=True)
class DispatchedForm:
    """A form of a dispatch, with its names as they were when the dispatch was started."""

    form_id: FormTemplateId
    name: str
    resident_name: str


class RecipientState(StrEnum):
    """`LEFT_OUT`: could not be reached at the start, and staff chose to go on without them."""

    ACTIVE = "active"
    LEFT_OUT = "left_out"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person of a dispatch (mottagare). `notified_by` is how 1177 tells them, if at all."""

    id: RecipientId
    personnummer: Personnummer
    state: RecipientState = RecipientState.ACTIVE
    left_out_because: str | None = None
    notified_by: tuple[str, ...] = ()
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A started dispatch, without its recipients: they are read apart, as that is logged.

    `answer_by` and `purge_after` hold when staff chose a date; else each form gets one counted
    from the day it is sent.
    """

    id: DispatchId
    kind: DispatchKind
    unit_id: HsaId
    name: str
    title: str
    forms: tuple[DispatchedForm, ...]
    occasions: tuple[Occasion, ...]
    error_addresses: tuple[str, ...]
    creates_inbox_message: bool
    inbox_message: str
    form_banner: str
    created_by: str
    created_at: datetime
    answer_by: date | None = None
    purge_after: date | None = None
    package_key: str | None = None
    package_version: int | None = None
    status: DispatchStatus = DispatchStatus.ONGOING
    ended_at: datetime | None = None

    @property
    def label(self) -> str:
        return STATUS_LABELS[self.status]

    @property
    def heading(self) -> str:
        """What the resident sees: the title, or with a single form that form's own name."""
        return self.title if len(self.forms) > 1 else self.forms[0].resident_name

    @property
    def next_occasion(self) -> Occasion | None:
        """The first that has not ended."""
        return next((o for o in self.occasions if o.state in NOT_ENDED), None)

    def occasion(self, occasion_id: OccasionId) -> Occasion:
        """Raises `NotFound`."""
        for occasion in self.occasions:
            if occasion.id == occasion_id:
                return occasion
        raise NotFound("occasion")

    def stopped(self, *, now: datetime) -> Self:
        """Manual: "det går stoppa ett paketutskick". Raises `WrongStatus`."""
        self.require(DispatchStatus.ONGOING, action="stop")
        return replace(self, status=DispatchStatus.STOPPED, ended_at=now)

    def restarted(self, *, now: datetime) -> Self:
        """Undo a stop, as long as the next occasion still lies ahead.

        Raises `WrongStatus` or `OccasionPassed`. Manual: "Paketutskicket kan återstartas om
        datumet för det nästkommande utskicket inte har passerats."
        """
        self.require(DispatchStatus.STOPPED, action="restart")
        upcoming = self._upcoming(now)
        if upcoming is None:
            raise WrongStatus("restart", "without remaining occasions", label="genomfört")
        if upcoming.sends_at <= now:
            raise OccasionPassed(upcoming.local)
        return replace(self, status=DispatchStatus.ONGOING, ended_at=None)

    def _upcoming(self, now: datetime) -> Occasion | None:
        """The next occasion; one whose run is only preparing counts as well."""
        return next(
            (
                occasion
                for occasion in self.occasions
                if (occasion.state is OccasionState.PLANNED and occasion.by_hand_at is None)
                or (occasion.state is OccasionState.RUNNING and occasion.sends_at > now)
            ),
            None,
        )

    def may_be_deleted(self, *, now: datetime) -> bool:
        return self.ended_at is not None and self.ended_at + KEPT_AFTER_END <= now

    def require(self, status: DispatchStatus, *, action: str) -> None:
        """Raise `WrongStatus` unless the dispatch has this status."""
        if self.status is not status:
            raise WrongStatus(action, self.status.value, label=self.label)


def require_another_recipient(recipients: Sequence[Recipient]) -> None:
    """Raise `LastRecipient` unless more than one recipient is active."""
    if sum(r.state is RecipientState.ACTIVE for r in recipients) <= 1:
        raise LastRecipient
