"""Made-up dispatches: some ongoing, some ended lately, most of them deleted long ago."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from utskick.domain.calendar import STOCKHOLM
from utskick.domain.deliveries import Refusal
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    PersonId,
    RecipientId,
    RecipientState,
)
from utskick.domain.forms import FormTemplate
from utskick.domain.occasions import Occasion, OccasionId, OccasionState
from utskick.domain.packages import FORMS_DESK
from utskick.domain.units import HsaId

_OCCASIONS = (1, 1, 2, 3, 4, 6, 12)
_WEEKS_BETWEEN = (1, 1, 2, 4)
_HOURS = range(8, 18)
_LEFT_OUT, _REMOVED, _REFUSED = 0.01, 0.02, 0.04
"""Shares of the recipients, each with those before it."""
_WITH_INBOX_MESSAGE, _WITH_CHOSEN_DATES = 0.9, 0.3
_OLDEST_DAYS = 365
_KEPT_DAYS = 7
_NAMES = (
    "Inför besök",
    "Inför operation",
    "Veckoskattning",
    "Månadsskattning",
    "Årskontroll",
    "Uppföljning efter behandling",
    "Uppföljning efter operation",
    "Gruppbehandling, före",
    "Gruppbehandling, efter",
    "Hälsosamtal",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A recipient; to one who is `refused` nothing could be sent."""

    id: RecipientId
    person_id: PersonId
    position: int
    state: RecipientState
    refused: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """A dispatch with its recipients."""

    dispatch: Dispatch
    recipients: Sequence[Addressed]

    @property
    def past(self) -> list[Occasion]:
        return [o for o in self.dispatch.occasions if o.state is OccasionState.DONE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clientele:
    """A unit, the forms that it sends, its patients and its staff."""

    unit_id: HsaId
    forms: Sequence[FormTemplate]
    patients: Sequence[PersonId]
    staff: Sequence[str]


class DispatchMaker:
    """Makes dispatches as seen at `now`: nothing of theirs is due within the day."""

    def __init__(self, chance: random.Random, *, largest: int, now: datetime) -> None:
        self._chance = chance
        self._largest = largest
        self._now = now
        self._today = now.astimezone(STOCKHOLM).date()

    def largest(self, clientele: Clientele) -> MadeUp:
        """Twelve occasions, six of them sent, with four forms and as many as there may be."""
        days = self._days(next_in=4, sent=6, count=12, weeks=2)
        return self._make(clientele, days, sent=6, forms=4, recipients=self._largest)

    def ongoing(self, clientele: Clientele) -> MadeUp:
        count, weeks = self._chance.choice(_OCCASIONS), self._chance.choice(_WEEKS_BETWEEN)
        sent = self._chance.randrange(count)
        next_in = self._chance.randint(1, 7 * weeks - 1)
        days = self._days(next_in=next_in, sent=sent, count=count, weeks=weeks)
        return self._make(clientele, days, sent=sent)

    def ended(self, clientele: Clientele) -> MadeUp:
        """Within the last week, so that it is still listed."""
        last = self._today - timedelta(days=self._chance.randint(1, _KEPT_DAYS - 1))
        status = self._chance.choice(
            (DispatchStatus.COMPLETED, DispatchStatus.STOPPED, DispatchStatus.ABORTED)
        )
        if status is DispatchStatus.COMPLETED:
            kind = self._chance.choice(tuple(DispatchKind))
            return self._make(clientele, [last], sent=1, status=status, kind=kind)
        # The last day is that of the occasion sent before the stop, or of the blocked one.
        first = last if status is DispatchStatus.STOPPED else last - timedelta(weeks=1)
        days = [first + timedelta(weeks=1) * number for number in range(3)]
        return self._make(clientele, days, sent=1, status=status)

    def deleted(self, clientele: Clientele) -> MadeUp:
        """Its deliveries are all that is left of it."""
        count, weeks = self._chance.choice((1, 1, 2, 3, 4)), self._chance.choice(_WEEKS_BETWEEN)
        span = timedelta(weeks=weeks) * (count - 1)
        ended = self._chance.randint(_KEPT_DAYS + 1, _OLDEST_DAYS - span.days)
        first = self._today - timedelta(days=ended) - span
        days = [first + timedelta(weeks=weeks) * number for number in range(count)]
        return self._make(clientele, days, sent=count, status=DispatchStatus.COMPLETED)

    def _days(self, *, next_in: int, sent: int, count: int, weeks: int) -> list[date]:
        upcoming = self._today + timedelta(days=next_in)
        return [upcoming + timedelta(weeks=weeks) * (index - sent) for index in range(count)]

    def _make(
        self,
        clientele: Clientele,
        days: Sequence[date],
        *,
        sent: int,
        status: DispatchStatus = DispatchStatus.ONGOING,
        kind: DispatchKind = DispatchKind.PACKAGE,
        forms: int | None = None,
        recipients: int | None = None,
    ) -> MadeUp:
        several = forms or self._chance.choice((1, 2, 2, 3, 4))
        chosen = self._chance.sample(clientele.forms, 1 if kind is DispatchKind.FORM else several)
        occasions = tuple(self._occasions(days, sent=sent, status=status))
        name = self._chance.choice(_NAMES)
        chosen_dates = self._chance.random() < _WITH_CHOSEN_DATES
        dispatch = Dispatch(
            id=DispatchId(self._id()),
            kind=kind,
            unit_id=clientele.unit_id,
            name=chosen[0].name if kind is DispatchKind.FORM else name,
            title="Frågor från din mottagning",
            forms=tuple(DispatchedForm(f.id, f.name, f.resident_name) for f in chosen),
            occasions=occasions,
            error_addresses=(FORMS_DESK,),
            creates_inbox_message=self._chance.random() < _WITH_INBOX_MESSAGE,
            inbox_message="Hej! {{ enhet }} vill att du svarar på {{ antal_formular }} formulär.",
            form_banner="",
            created_by=self._chance.choice(clientele.staff),
            created_at=self._created_at(occasions[0]),
            answer_by=days[-1] + timedelta(days=30) if chosen_dates else None,
            purge_after=days[-1] + timedelta(days=90) if chosen_dates else None,
            package_key=None if kind is DispatchKind.FORM else "made-up",
            package_version=None if kind is DispatchKind.FORM else 1,
            status=status,
            ended_at=None if status is DispatchStatus.ONGOING else _ended_at(occasions),
        )
        number = recipients or min(self._largest, int(self._chance.lognormvariate(2, 0.9)) + 1)
        return MadeUp(dispatch=dispatch, recipients=self._recipients(clientele, number))

    def _occasions(
        self, days: Sequence[date], *, sent: int, status: DispatchStatus
    ) -> Iterator[Occasion]:
        at = time(self._chance.choice(_HOURS), self._chance.choice((0, 15, 30, 45)))
        for index, day in enumerate(days):
            state = OccasionState.DONE if index < sent else OccasionState.PLANNED
            if index == sent and status is DispatchStatus.ABORTED:
                state = OccasionState.BLOCKED
            sends_at = datetime.combine(day, at, STOCKHOLM).astimezone(UTC)
            yield Occasion(
                id=OccasionId(self._id()),
                number=index + 1,
                local_date=day,
                local_time=at,
                zone=STOCKHOLM,
                sends_at=sends_at,
                state=state,
                closed_at=None if state is OccasionState.PLANNED else sends_at + _CLOSED_AFTER,
            )

    def _created_at(self, first: Occasion) -> datetime:
        return min(first.sends_at, self._now) - timedelta(days=10) * self._chance.random()

    def _recipients(self, clientele: Clientele, number: int) -> list[Addressed]:
        patients = clientele.patients
        return [
            self._addressed(person_id, position)
            for position, person_id in enumerate(
                self._chance.sample(patients, min(number, len(patients)))
            )
        ]

    def _addressed(self, person_id: PersonId, position: int) -> Addressed:
        lot = 1.0 if position == 0 else self._chance.random()
        state = RecipientState.ACTIVE
        if lot < _LEFT_OUT:
            state = RecipientState.LEFT_OUT
        elif lot < _REMOVED:
            state = RecipientState.REMOVED
        refusal = self._chance.choice((Refusal.NO_ACCOUNT, Refusal.PROTECTED, Refusal.EMIGRATED))
        return Addressed(
            id=RecipientId(self._id()),
            person_id=person_id,
            position=position,
            state=state,
            refused=refusal if lot < _REFUSED and state is not RecipientState.REMOVED else None,
        )

    def _id(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)


_CLOSED_AFTER = timedelta(minutes=2)


def _ended_at(occasions: Sequence[Occasion]) -> datetime:
    return max(o.closed_at for o in occasions if o.closed_at)
