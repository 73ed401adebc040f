"""Dispatches (utskick): the same forms, to the same recipients, at every occasion."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from utskick.domain.calendar import default_answer_by
from utskick.domain.errors import (
    AwaitsApproval,
    LastRecipient,
    NotFound,
    NothingAhead,
    OccasionPassed,
    WrongStatus,
)
from utskick.domain.forms import FormTemplateId
from utskick.domain.languages import Translations
from utskick.domain.occasions import (
    NOT_ENDED,
    Aim,
    Appearance,
    Occasion,
    OccasionId,
    OccasionState,
)
from utskick.domain.personnummer import Personnummer
from utskick.domain.schedules import AnswerBy
from utskick.domain.units import HsaId

DispatchId = NewType("DispatchId", UUID)
RecipientId = NewType("RecipientId", UUID)
PersonId = NewType("PersonId", UUID)
StandingId = NewType("StandingId", UUID)
"""Of a standing dispatch (besöksutskick), whose moments are dispatches: see `visits`."""

KEPT_AFTER_END = timedelta(days=7)
"""How long an ended dispatch stays listed (manual: "finns kvar i listan i 7 dagar")."""


class DispatchKind(StrEnum):
    """`VISIT`: of all visits that have its moment, as part of a standing dispatch."""

    PACKAGE = "package"
    FORM = "form"
    VISIT = "visit"


class DispatchStatus(StrEnum):
    """Pågående, Stoppad, Klar, Avbruten; and what a colleague has yet to approve, or never did."""

    ONGOING = "ongoing"
    AWAITING = "awaiting"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABORTED = "aborted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


GOES_ON = frozenset({DispatchStatus.ONGOING, DispatchStatus.COMPLETED})
"""It has been sent, or is, or will be if nobody stops it."""
NEVER_SENT = frozenset({DispatchStatus.DECLINED, DispatchStatus.WITHDRAWN, DispatchStatus.EXPIRED})
"""Nobody approved it, so nothing of it was sent, and nothing will be."""


STATUS_LABELS = {
    DispatchStatus.ONGOING: "Pågående",
    DispatchStatus.STOPPED: "Stoppad",
    DispatchStatus.COMPLETED: "Klar",
    DispatchStatus.ABORTED: "Avbruten",
    DispatchStatus.AWAITING: "Väntar på godkännande",
    DispatchStatus.DECLINED: "Nekad",
    DispatchStatus.WITHDRAWN: "Återtagen",
    DispatchStatus.EXPIRED: "Utgången",
}


_APPEARANCES = {
    OccasionState.PLANNED: Appearance.PLANNED,
    OccasionState.RUNNING: Appearance.RUNNING,
    OccasionState.DONE: Appearance.DONE,
    OccasionState.MISSED: Appearance.MISSED,
    OccasionState.BLOCKED: Appearance.ABORTED,
    OccasionState.STOPPED: Appearance.STOPPED,
    OccasionState.ENDED: Appearance.ENDED,
}


_UNAPPROVED = {
    DispatchStatus.AWAITING: Appearance.AWAITING,
    **dict.fromkeys(NEVER_SENT, Appearance.NOT_SENT),
}


@dataclass(frozen=True, slots=True)
class DispatchedForm:
    """A form of a dispatch, with its names as they were when the dispatch was started."""

    template_id: FormTemplateId
    name: str
    resident_name: str


class RecipientState(StrEnum):
    """`LEFT_OUT`: could not be reached at the start, and staff chose to go on without them."""

    ACTIVE = "active"
    LEFT_OUT = "left_out"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person of a dispatch (mottagare). `notified_by` is how 1177 notifies them, if at all.

    `None`: 1177 has not said that yet. No `name`: the population register gave none that is kept.
    """

    id: RecipientId
    personnummer: Personnummer
    name: str = field(default="", repr=False)
    state: RecipientState = RecipientState.ACTIVE
    left_out_because: str | None = None
    notified_by: tuple[str, ...] | None = ()
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A started dispatch, without its recipients: they are read apart, as that is logged.

    `answer_by` and `purge_after` hold when staff chose a date for all; an occasion may have its
    own last day, and else each form gets one counted from the day it is sent. `series_id` is the
    first of those that replace or add to each other, and `replaces` the one it was started for.
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
    inbox_messages: Translations = field(default_factory=dict)
    package_key: str | None = None
    package_version: int | None = None
    standing_id: StandingId | None = None
    series_id: DispatchId | None = None
    replaces: DispatchId | None = None
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
    def ahead(self) -> list[Occasion]:
        """Those that are still to be sent: what a restart goes on with."""
        return [o for o in self.occasions if o.state in NOT_ENDED and o.aim is Aim.SEND]

    @property
    def next_to_send(self) -> Occasion | None:
        return min(self.ahead, key=lambda occasion: occasion.sends_at, default=None)

    def last_day(self, occasion: Occasion, *, sent_on: date | None = None) -> AnswerBy:
        """Besvaras senast of what is sent on that date, and never before it.

        The occasion's own, else what staff chose for all, or the default. Without a date, of what
        is sent when it is due.
        """
        sent_on = sent_on or occasion.due_at.astimezone(occasion.zone).date()
        chosen = occasion.answer_by or self.answer_by or default_answer_by(sent_on)
        if chosen < sent_on:
            return AnswerBy(sent_on)
        return AnswerBy(chosen, occasion.answer_by_time)

    def awaits_run(self, occasion: Occasion) -> bool:
        """Whether a run has something to do for it: to send, or to notify after a stop."""
        sends = self.status is DispatchStatus.ONGOING
        return occasion.state in NOT_ENDED and (sends or occasion.aim is not Aim.SEND)

    def late(self, occasion: Occasion, *, now: datetime, after: timedelta) -> bool:
        """Whether its moment passed longer than `after` ago, and nobody has taken it."""
        waits = occasion.state is OccasionState.PLANNED and occasion.aim is Aim.SEND
        sends = self.status is DispatchStatus.ONGOING
        return sends and waits and now > occasion.due_at + after

    def appearance(
        self, occasion: Occasion, *, now: datetime, late_after: timedelta
    ) -> Appearance:
        """What staff read of the occasion, wherever it is shown."""
        if unapproved := _UNAPPROVED.get(self.status):
            return unapproved
        if occasion.halted:
            return Appearance.STOPPED
        if occasion.state in NOT_ENDED and occasion.aim is Aim.END:
            return Appearance.ENDED
        if occasion.state in NOT_ENDED and self.status is not DispatchStatus.ONGOING:
            aborted = self.status is DispatchStatus.ABORTED
            return Appearance.ABORTED if aborted else Appearance.HALTED
        if self.late(occasion, now=now, after=late_after):
            return Appearance.LATE
        return _APPEARANCES[occasion.state]

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
        """Undo a stop, until the date of the next occasion has passed.

        Raises `WrongStatus`, `OccasionPassed` or `NothingAhead`. Manual: "Paketutskicket kan
        återstartas om datumet för det nästkommande utskicket inte har passerats." So on its date
        it can, also when the time of day has passed; it is then sent at once.
        """
        self.require(DispatchStatus.STOPPED, action="restart")
        upcoming = self.next_to_send
        if upcoming is None:
            raise NothingAhead(stopped=[o.number for o in self.occasions if o.has_a_rest])
        if upcoming.local_date < now.astimezone(upcoming.zone).date():
            raise OccasionPassed(upcoming.local)
        return replace(self, status=DispatchStatus.ONGOING, ended_at=None)

    def may_restart(self, *, now: datetime) -> bool:
        """Whether `restarted` would go."""
        try:
            self.restarted(now=now)
        except (WrongStatus, OccasionPassed, NothingAhead):
            return False
        return True

    def overdue(self, *, now: datetime) -> list[Occasion]:
        """Those of which nothing has been begun though their moments have passed."""
        return [
            occasion
            for occasion in self.occasions
            if occasion.state is OccasionState.PLANNED
            and occasion.aim is Aim.SEND
            and occasion.sends_at <= now
        ]

    def require_more_to_send(self, *, action: str) -> None:
        """Raise `WrongStatus` unless its recipients may still get something of it.

        By a run, after a restart, or when staff send what was missed or stopped in the middle.
        """
        open_to_staff = any(occasion.has_a_rest for occasion in self.occasions)
        completed = self.status is DispatchStatus.COMPLETED
        over = self.status is DispatchStatus.ABORTED or self.status in NEVER_SENT
        if over or (completed and not open_to_staff):
            raise WrongStatus(action, self.status.value, label=self.label)

    def may_be_deleted(self, *, now: datetime) -> bool:
        return self.ended_at is not None and self.ended_at + KEPT_AFTER_END <= now

    def require(self, status: DispatchStatus, *, action: str) -> None:
        """Raise `WrongStatus` unless the dispatch has this status."""
        if self.status is DispatchStatus.AWAITING and status is not DispatchStatus.AWAITING:
            raise AwaitsApproval(action)
        if self.status is not status:
            raise WrongStatus(action, self.status.value, label=self.label)


def require_another_recipient(recipients: Sequence[Recipient], *, ongoing: bool) -> None:
    """Raise `LastRecipient` unless more than one recipient is active."""
    if sum(r.state is RecipientState.ACTIVE for r in recipients) <= 1:
        raise LastRecipient(ongoing=ongoing)
