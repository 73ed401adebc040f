"""Pågående Paketutskick: the list, one dispatch opened, and one of its occasions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
)
from utskick.domain.occasions import Occasion, OccasionId, OccasionState
from utskick.domain.units import Activity, Actor
from utskick.records import (
    DispatchQuery,
    ListedDispatch,
    LogEntry,
    OccasionCell,
    Store,
    Transaction,
)

ByState = Mapping[DeliveryState, int]
_SOON = timedelta(minutes=10)
"""Not longer: a page that looks again keeps its session alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the list."""

    listed: Sequence[ListedDispatch]
    total: int
    query: DispatchQuery

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.query.per_page))


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a dispatch has come, in numbers. Nothing of it is about anybody."""

    dispatch: Dispatch
    by_occasion: Mapping[OccasionId, ByState]

    def moving(self, *, now: datetime) -> bool:
        """Whether it is worth looking again in a moment: something is sent, or soon will be."""
        states = {occasion.state for occasion in self.dispatch.occasions}
        return OccasionState.RUNNING in states or self._awaited(now)

    def _awaited(self, now: datetime) -> bool:
        upcoming = self.dispatch.next_occasion
        if upcoming is None or self.dispatch.status is not DispatchStatus.ONGOING:
            return False
        return upcoming.sends_at - now < _SOON


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A dispatch with its recipients, and what each of them has got so far."""

    progress: Progress
    recipients: Sequence[Recipient]
    cells: Mapping[tuple[RecipientId, OccasionId], ByState]
    started_by: str

    @property
    def dispatch(self) -> Dispatch:
        return self.progress.dispatch

    @property
    def active(self) -> Sequence[Recipient]:
        return [each for each in self.recipients if each.state is RecipientState.ACTIVE]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedOccasion:
    """Who got which form at one occasion."""

    dispatch: Dispatch
    occasion: Occasion
    recipients: Sequence[Recipient]
    forms: Mapping[RecipientId, Sequence[OccasionCell]]
    messages: Mapping[RecipientId, DeliveryState]


def browse_dispatches(query: DispatchQuery, *, actor: Actor, store: Store) -> Page:
    """Newest first; ended ones are listed until they are deleted."""
    with store.transaction() as records:
        listed, total = records.overview.page(actor.unit_id, query)
    return Page(listed=listed, total=total, query=query)


def follow_progress(dispatch_id: DispatchId, *, actor: Actor, store: Store) -> Progress:
    """To be asked again and again while it is sent. Raises `NotFound`."""
    with store.transaction() as records:
        dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
        return Progress(dispatch=dispatch, by_occasion=records.overview.by_occasion(dispatch.id))


def open_dispatch(dispatch_id: DispatchId, *, actor: Actor, store: Store, now: datetime) -> Opened:
    """Reading a recipient list is logged for each person on it. Raises `NotFound`."""
    with store.transaction() as records:
        dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
        recipients = records.dispatches.recipients(dispatch.id)
        cells: dict[tuple[RecipientId, OccasionId], dict[DeliveryState, int]] = {}
        by_occasion: dict[OccasionId, Counter[DeliveryState]] = {}
        for cell in records.overview.cells(dispatch.id):
            cells.setdefault((cell.recipient_id, cell.occasion_id), {})[cell.state] = cell.number
            by_occasion.setdefault(cell.occasion_id, Counter())[cell.state] += cell.number
        _log_reading(recipients, dispatch, actor, records, now)
        names = records.sessions.names([dispatch.created_by])
        return Opened(
            progress=Progress(dispatch=dispatch, by_occasion=by_occasion),
            recipients=recipients,
            cells=cells,
            started_by=names.get(dispatch.created_by, dispatch.created_by),
        )


def open_occasion(
    dispatch_id: DispatchId,
    occasion_id: OccasionId,
    *,
    actor: Actor,
    store: Store,
    now: datetime,
) -> OpenedOccasion:
    """As `open_dispatch`, form by form. Raises `NotFound`."""
    with store.transaction() as records:
        dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
        occasion = dispatch.occasion(occasion_id)
        recipients = records.dispatches.recipients(dispatch.id)
        forms: dict[RecipientId, list[OccasionCell]] = {}
        for cell in records.overview.of_occasion(occasion.id):
            forms.setdefault(cell.recipient_id, []).append(cell)
        _log_reading(recipients, dispatch, actor, records, now)
        return OpenedOccasion(
            dispatch=dispatch,
            occasion=occasion,
            recipients=[each for each in recipients if each.id in forms],
            forms=forms,
            messages=records.overview.messages(occasion.id),
        )


def _log_reading(
    recipients: Sequence[Recipient],
    dispatch: Dispatch,
    actor: Actor,
    records: Transaction,
    now: datetime,
) -> None:
    records.access_log.write(
        [
            LogEntry(
                actor=actor,
                activity=Activity.READ,
                act="visat mottagarlista",
                personnummer=recipient.personnummer,
                dispatch_id=dispatch.id,
            )
            for recipient in recipients
        ],
        now=now,
    )
