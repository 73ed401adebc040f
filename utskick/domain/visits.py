"""Booked visits (besök), and the standing dispatches (besöksutskick) that are sent before them.

A visit comes from a booking system, is moved and cancelled there, and says nothing of forms. Its
standing dispatch says what is sent, and so many days before. Each moment at which something is to
be sent is a dispatch of its own with one occasion, and those whose visits have that moment are its
recipients: so a thousand visits are no thousand occasions, and what sends is the same for all.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from utskick.domain.calendar import LocalMoment, NonexistentTime, SendingWindow
from utskick.domain.dispatches import (
    STATUS_LABELS,
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    RecipientId,
    StandingId,
)
from utskick.domain.errors import UtskickError
from utskick.domain.languages import Translations
from utskick.domain.occasions import Occasion, OccasionId
from utskick.domain.personnummer import Personnummer
from utskick.domain.schedules import AnswerWithin
from utskick.domain.units import HsaId
from utskick.domain.visit_offsets import LateVisits, VisitOffset

VisitId = NewType("VisitId", UUID)

KEPT_AFTER_VISIT = timedelta(days=7)
"""As long as an ended dispatch is listed."""
_MINUTE = timedelta(minutes=1)


class VisitState(StrEnum):
    BOOKED = "booked"
    CANCELLED = "cancelled"


class SendState(StrEnum):
    """What is to become of one moment of a visit.

    `PLANNED`: its person is a recipient of a dispatch, which says how it went. `LATE`: the moment
    had passed. `CANCELLED`: the visit was cancelled before, or its standing dispatch stopped.
    """

    PLANNED = "planned"
    LATE = "late"
    CANCELLED = "cancelled"


class SendAppearance(StrEnum):
    """How a moment of a visit stands, as staff read it."""

    PLANNED = "Planerat"
    SENDING = "Skickas"
    SENT = "Skickat"
    UNCERTAIN = "Osäkert"
    NOT_SENT = "Ej skickat"
    MISSED = "Missat"
    HALTED = "Stoppat"
    REMOVED = "Borttaget"
    LATE = "För sent"
    CANCELLED = "Skickas inte"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDispatch:
    """What a unit has started for its visits (besöksutskick), until it is stopped."""

    id: StandingId
    unit_id: HsaId
    name: str
    title: str
    forms: tuple[DispatchedForm, ...]
    offsets: tuple[VisitOffset, ...]
    late: LateVisits
    error_addresses: tuple[str, ...]
    creates_inbox_message: bool
    inbox_message: str
    form_banner: str
    package_key: str
    package_version: int
    created_by: str
    created_at: datetime
    inbox_messages: Translations = field(default_factory=dict)
    answer_within: AnswerWithin | None = None
    status: DispatchStatus = DispatchStatus.ONGOING
    ended_at: datetime | None = None

    @property
    def ongoing(self) -> bool:
        return self.status is DispatchStatus.ONGOING

    @property
    def label(self) -> str:
        return STATUS_LABELS[self.status]

    def dispatch_at(self, sends_at: datetime, *, zone: ZoneInfo, now: datetime) -> Dispatch:
        """The dispatch of one moment, without its recipients."""
        local = sends_at.astimezone(zone)
        last = self.answer_within.after(local.date()) if self.answer_within else None
        return Dispatch(
            id=DispatchId(uuid4()),
            kind=DispatchKind.VISIT,
            unit_id=self.unit_id,
            name=self.name,
            title=self.title,
            forms=self.forms,
            occasions=(
                Occasion(
                    id=OccasionId(uuid4()),
                    number=1,
                    local_date=local.date(),
                    local_time=local.time(),
                    zone=zone,
                    sends_at=sends_at,
                    answer_by=last.day if last else None,
                    answer_by_time=last.at if last else None,
                ),
            ),
            error_addresses=self.error_addresses,
            creates_inbox_message=self.creates_inbox_message,
            inbox_message=self.inbox_message,
            inbox_messages=self.inbox_messages,
            form_banner=self.form_banner,
            created_by=self.created_by,
            created_at=now,
            package_key=self.package_key,
            package_version=self.package_version,
            standing_id=self.id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A booked visit. Its `reference` is the booking system's own, and unique for the unit."""

    id: VisitId
    standing_id: StandingId
    unit_id: HsaId
    reference: str
    personnummer: Personnummer
    day: date
    at: time
    starts_at: datetime
    place: str = ""
    state: VisitState = VisitState.BOOKED
    name: str = field(default="", repr=False)

    @property
    def local(self) -> LocalMoment:
        return LocalMoment(self.day, self.at)

    @property
    def booked(self) -> bool:
        return self.state is VisitState.BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSend:
    """One moment of a visit, by its offset; where it is planned, if it is."""

    offset: VisitOffset
    state: SendState
    sends_at: datetime | None = None
    dispatch_id: DispatchId | None = None
    occasion_id: OccasionId | None = None
    recipient_id: RecipientId | None = None


def moment_of(
    visit: Visit,
    offset: VisitOffset,
    late: LateVisits,
    *,
    window: SendingWindow,
    zone: ZoneInfo,
    now: datetime,
) -> datetime | None:
    """When it is sent: at its moment, or at once if that has passed; `None` if it is too late.

    At once is the next full minute, so that all who come late together share it, and never at
    night.
    """
    moment = planned_moment(visit, offset, zone=zone)
    if moment <= now and late is LateVisits.NOW:
        moment = window.next_within(_next_minute(now), zone=zone)
    return moment if now < moment < visit.starts_at else None


def planned_moment(visit: Visit, offset: VisitOffset, *, zone: ZoneInfo) -> datetime:
    """When it should be sent, whether that has passed or not."""
    wanted = offset.moment(visit.day)
    try:
        return wanted.sends_at(zone)
    except NonexistentTime:
        # In the hour that the clock skips: when it shows the next.
        after = LocalMoment(wanted.date, wanted.time.replace(hour=wanted.time.hour + 1, minute=0))
        return after.sends_at(zone)


def _next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + _MINUTE


class OtherPerson(UtskickError):
    """The reference is another person's visit: nobody is guessed to be the same."""

    def __init__(self) -> None:
        super().__init__("the visit's reference is another person's")
        self.staff_message = (
            "Referensen hör till en annan persons besök. Avboka det, och lägg till besöket med en"
            " egen referens."
        )


class OtherStanding(UtskickError):
    """The reference is known, in another standing dispatch of the unit."""

    def __init__(self, name: str) -> None:
        super().__init__("the visit belongs to another standing dispatch")
        self.staff_message = (
            f"Referensen hör till besöksutskicket {name}. Välj det, eller avboka besöket där."
        )
