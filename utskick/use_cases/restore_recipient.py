"""Ångra: somebody who was taken off the recipient list is on it again."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
)
from utskick.domain.errors import NotFound, UtskickError
from utskick.domain.occasions import OccasionState
from utskick.domain.series import to_come
from utskick.domain.units import Activity, Actor
from utskick.domain.visits import planned_moment
from utskick.records import LogEntry, Store, Transaction
from utskick.use_cases.follow_dispatch import people_in_series


class TooLateToRestore(UtskickError):
    """An occasion has begun since, or nothing is to come: a removal cannot be undone any more."""

    def __init__(self) -> None:
        super().__init__("too late to undo the removal")
        self.staff_message = (
            "Det går inte att ångra längre: ett tillfälle har börjat skickas sedan mottagaren togs"
            " bort, eller inget tillfälle återstår. Lägg till personen med Fler mottagare i"
            " stället."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRecipient:
    store: Store

    def __call__(
        self, dispatch_id: DispatchId, recipient_id: RecipientId, *, actor: Actor, now: datetime
    ) -> None:
        """As before the removal; done again, nothing happens.

        The unit's series are held, so that nobody is added to another of it at the same time. The
        dispatch is held, so that a run's claim is wholly before or wholly after: what it has
        prepared without the person is not sent to them, and nothing that it prepares is skipped.
        Raises `TooLateToRestore` or `NotFound`.
        """
        with self.store.transaction() as records:
            records.visits.hold(actor.unit_id)
            dispatch = records.dispatches.lock_for(actor.unit_id, dispatch_id)
            recipient = _of(records, dispatch, recipient_id)
            if recipient.state is not RecipientState.REMOVED:
                return
            if not may_restore(records, dispatch, recipient, now=now):
                raise TooLateToRestore
            records.dispatches.restore_recipient(dispatch.id, recipient.id)
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act="ångrat borttagning av mottagare",
                personnummer=recipient.personnummer,
                dispatch_id=dispatch.id,
            )
            records.access_log.write([entry], now=now)


def may_restore(
    records: Transaction, dispatch: Dispatch, recipient: Recipient, *, now: datetime
) -> bool:
    """Whether no occasion has begun since the removal, nor anything been cancelled by it.

    What was to be sent before a visit is not, if that has been cancelled or moved since.
    """
    removed_at = recipient.removed_at
    goes_on = dispatch.status in (DispatchStatus.ONGOING, DispatchStatus.STOPPED)
    if removed_at is None or not goes_on or not to_come(dispatch, now=now):
        return False
    begun_since = any(
        each.state is OccasionState.RUNNING
        or (each.closed_at is not None and each.closed_at >= removed_at)
        or removed_at <= each.sends_at <= now
        for each in dispatch.occasions
    )
    if begun_since or records.dispatches.has_cancelled(recipient.id):
        return False
    if dispatch.standing_id is not None:
        return _has_its_visit(records, dispatch, recipient)
    if dispatch.series_id is None:
        return True
    return recipient.personnummer not in people_in_series(records, dispatch, now=now)


def _has_its_visit(records: Transaction, dispatch: Dispatch, recipient: Recipient) -> bool:
    (occasion,) = dispatch.occasions
    return any(
        visit.booked and planned_moment(visit, offset, zone=occasion.zone) == occasion.sends_at
        for visit, offset in records.visits.behind(recipient.id)
    )


def _of(records: Transaction, dispatch: Dispatch, recipient_id: RecipientId) -> Recipient:
    for recipient in records.dispatches.recipients(dispatch.id):
        if recipient.id == recipient_id:
            return recipient
    raise NotFound("recipient")
