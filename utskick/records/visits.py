"""Standing dispatches, the visits of each, and where the moments of those are planned."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from utskick.domain.deliveries import MAY_HAVE_GONE, DeliveryState
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
    StandingId,
)
from utskick.domain.occasions import OccasionState
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.domain.visit_messages import VisitStamp
from utskick.domain.visit_offsets import VisitOffset
from utskick.domain.visits import (
    SendAppearance,
    SendState,
    StandingDispatch,
    Visit,
    VisitId,
    VisitSend,
    VisitState,
)

_BY_FORMS = {
    DeliveryState.SENDING: SendAppearance.SENDING,
    DeliveryState.UNKNOWN: SendAppearance.SENDING,
    DeliveryState.MANUAL: SendAppearance.UNCERTAIN,
    DeliveryState.SENT: SendAppearance.SENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitQuery:
    """A unit's visits by the time when they begin. Empty fields match everything.

    `text` is part of the reference or the place.
    """

    standing_id: StandingId | None = None
    from_day: date | None = None
    to_day: date | None = None
    state: VisitState | None = None
    number: Personnummer | None = None
    text: str = ""
    page: int = 1
    per_page: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSend:
    """One moment of a visit as it has come: how its forms have fared, if any are planned.

    `removed`: staff have taken the person off that very dispatch. The dispatch's `status` and the
    `occasion` are `None` once it has been deleted.
    """

    send: VisitSend
    forms: Mapping[DeliveryState, int] = field(default_factory=dict)
    removed: bool = False
    status: DispatchStatus | None = None
    occasion: OccasionState | None = None

    @property
    def begun(self) -> bool:
        """Whether it stays as it is, whatever becomes of the visit."""
        return self.removed or any(self.forms.get(state) for state in MAY_HAVE_GONE)

    @property
    def appearance(self) -> SendAppearance:
        """What staff read of it."""
        match self.send.state:
            case SendState.LATE:
                return SendAppearance.LATE
            case SendState.CANCELLED:
                return SendAppearance.CANCELLED
        return self._by_forms or self._by_occasion

    @property
    def _by_forms(self) -> SendAppearance | None:
        if self.removed:
            return SendAppearance.REMOVED
        for state, appearance in _BY_FORMS.items():
            if self.forms.get(state):
                return appearance
        return None

    @property
    def _by_occasion(self) -> SendAppearance:
        match self.occasion:
            case None:
                return SendAppearance.NOT_SENT
            case OccasionState.MISSED:
                return SendAppearance.MISSED
            case OccasionState.BLOCKED | OccasionState.ENDED:
                return SendAppearance.NOT_SENT
        if self.status in (DispatchStatus.STOPPED, DispatchStatus.ABORTED):
            return SendAppearance.HALTED
        if self.forms.get(DeliveryState.REFUSED) or self.forms.get(DeliveryState.CANCELLED):
            return SendAppearance.NOT_SENT
        return SendAppearance.PLANNED


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVisit:
    """A visit with what is sent before it, in that order."""

    visit: Visit
    sends: Sequence[ShownSend]


class Visits(Protocol):
    """Whoever changes a unit's visits or series holds them first; only then dispatches."""

    def hold(self, unit_id: HsaId) -> None:
        """Nobody else changes its visits, standing dispatches or series before this ends."""

    def add_standing(self, standing: StandingDispatch) -> None: ...

    def standing(self, unit_id: HsaId, standing_id: StandingId) -> StandingDispatch:
        """Raises `NotFound` for another unit's, too."""

    def standings(self, unit_id: HsaId | None = None) -> Sequence[StandingDispatch]:
        """The unit's, or all; stopped ones too until they are deleted. The newest first."""

    def set_status(
        self, standing_id: StandingId, status: DispatchStatus, *, ended_at: datetime | None
    ) -> None: ...

    def find(self, unit_id: HsaId, reference: str) -> Visit | None: ...

    def get_for(self, unit_id: HsaId, visit_id: VisitId) -> Visit:
        """Raises `NotFound`."""

    def booked(self, standing_id: StandingId, *, after: datetime) -> Sequence[Visit]:
        """Its visits that begin after that moment and have not been cancelled."""

    def save(self, visit: Visit) -> None:
        """New, or changed; its name is kept if it has one."""

    def stamp(self, unit_id: HsaId, reference: str) -> VisitStamp:
        """Of the newest message about the visit, known or not."""

    def note_stamp(
        self, unit_id: HsaId, reference: str, stamp: VisitStamp, *, now: datetime
    ) -> None: ...

    def sends(self, visit_id: VisitId) -> Sequence[VisitSend]: ...

    def save_send(self, visit_id: VisitId, send: VisitSend) -> None: ...

    def page(self, unit_id: HsaId, query: VisitQuery) -> tuple[Sequence[ListedVisit], int]:
        """And how many there are in all."""

    def shown(self, visit: Visit) -> ListedVisit: ...

    def behind(self, recipient_id: RecipientId) -> Sequence[tuple[Visit, VisitOffset]]:
        """Whose moments are planned as that recipient: of cancelled and moved visits, too."""

    def ahead(self, standing_id: StandingId, *, after: datetime) -> int:
        """How many of its visits are booked and begin after that moment."""

    def delete_before(self, moment: datetime) -> int:
        """Delete visits that began before it, and standing dispatches that ended before it."""


class VisitPlaces(Protocol):
    """Where visits' moments are planned: the dispatches of a standing dispatch.

    Each of these says what it is conditional on, and asks the database for that: runs claim
    occasions and send meanwhile. `lock` comes first.
    """

    def lock(self, dispatch_ids: Collection[DispatchId]) -> Mapping[DispatchId, Dispatch]:
        """Hold these, in the order in which everybody does (I8); those that there still are."""

    def still_there(self, dispatch_ids: Collection[DispatchId]) -> Sequence[Dispatch]:
        """Those of them that have not been deleted, held by nobody."""

    def at_moment(self, standing_id: StandingId, sends_at: datetime) -> Sequence[DispatchId]:
        """Its ongoing dispatches of this very moment: mostly one, or none."""

    def unended(self, standing_id: StandingId) -> Sequence[DispatchId]:
        """Its ongoing and stopped dispatches."""

    def listed(
        self, dispatch_id: DispatchId, number: Personnummer
    ) -> tuple[RecipientId, RecipientState] | None:
        """The person on its list, removed or not."""

    def join(self, dispatch: Dispatch, recipient: Recipient, *, at_most: int) -> bool:
        """Add a recipient to a held dispatch, if no run has its occasion, or ever had sent of it.

        Not if the person stands on its list, or `at_most` do.
        """

    def withdraw(self, visit_id: VisitId, send: VisitSend, *, by: str, now: datetime) -> bool:
        """Take a planned moment back if nothing of it has been begun; its dispatch is held.

        `False`: something of it may have been sent, or staff have removed the person from it. The
        person stays on the list if another moment is the same one.
        """

    def drop_if_empty(self, dispatch: Dispatch) -> bool:
        """Delete a held dispatch of which nothing was ever planned and nobody is left."""

    def by_moment(self, standing_id: StandingId) -> Sequence[tuple[Dispatch, int]]:
        """Its dispatches by their moments, each with how many recipients it has."""
