"""Pågående Paketutskick: the unit's dispatches, and one of them opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import Dispatch, DispatchId, Recipient, RecipientState
from utskick.domain.units import Activity, Actor
from utskick.records import FormSummary, LogEntry, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A dispatch, and how its forms have fared so far."""

    dispatch: Dispatch
    forms: Sequence[FormSummary]
    recipients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A dispatch opened, with its recipients."""

    dispatch: Dispatch
    forms: Sequence[FormSummary]
    recipients: Sequence[Recipient]


def list_dispatches(*, actor: Actor, store: Store) -> list[Listed]:
    """Newest first; ended ones are listed until they are deleted. Raises `NotFound`."""
    with store.transaction() as records:
        unit = records.units.get(actor.unit_id)
        return [
            Listed(
                dispatch=dispatch,
                forms=records.progress.summary(dispatch.id),
                recipients=records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE),
            )
            for dispatch in records.dispatches.list_for(unit.id)
        ]


def show_dispatch(dispatch_id: DispatchId, *, actor: Actor, store: Store, now: datetime) -> Shown:
    """Open one. Reading a recipient list is logged for each person on it. Raises `NotFound`."""
    with store.transaction() as records:
        dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
        recipients = records.dispatches.recipients(dispatch.id)
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
        return Shown(
            dispatch=dispatch,
            forms=records.progress.summary(dispatch.id),
            recipients=recipients,
        )
