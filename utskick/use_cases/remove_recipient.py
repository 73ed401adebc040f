"""Ta bort mottagare från mottagarlistan."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import (
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
    require_another_recipient,
)
from utskick.domain.errors import NotFound, UtskickError
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.failpoints import Step
from utskick.ports import Clock
from utskick.records import LogEntry, Store


class AlreadyRemoved(UtskickError):
    """The recipient has been removed before, perhaps by a double click."""

    def __init__(self) -> None:
        super().__init__("the recipient has been removed already")
        self.staff_message = "Mottagaren är redan borttagen, och får inget mer av utskicket."


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRecipient:
    store: Store
    clock: Clock
    rules: Rules

    def __call__(
        self,
        dispatch_id: DispatchId,
        recipient: RecipientId | Personnummer,
        *,
        actor: Actor,
        now: datetime,
    ) -> int:
        """Send nothing more to the recipient; returns how many forms were on their way.

        Also of a stopped dispatch, and of one of which something is left to be sent by hand. As
        after a stop, whoever is sending hears of it in a moment, and is waited for.
        Raises `LastRecipient`, `AlreadyRemoved`, `WrongStatus` or `NotFound`.
        """
        with self.store.transaction(Step.REMOVE) as records:
            dispatch = records.dispatches.lock_for(actor.unit_id, dispatch_id)
            dispatch.require_more_to_send(action="remove a recipient")
            recipients = records.dispatches.recipients(dispatch.id)
            removed = _active(recipients, recipient)
            require_another_recipient(
                recipients, ongoing=dispatch.status is DispatchStatus.ONGOING
            )
            records.dispatches.remove_recipient(dispatch.id, removed.id, by=actor.name, now=now)
            entry = LogEntry(
                actor=actor,
                activity=Activity.DELETE,
                act="tagit bort mottagare",
                personnummer=removed.personnummer,
                dispatch_id=dispatch.id,
            )
            records.access_log.write([entry], now=now)
            on_their_way = records.progress.on_their_way(dispatch.id, recipient_id=removed.id)
        if on_their_way:
            self.clock.pause(self.rules.stop_heard_within_s)
            with self.store.transaction() as records:
                on_their_way = records.progress.on_their_way(dispatch.id, recipient_id=removed.id)
        return on_their_way


def _active(recipients: list[Recipient], wanted: RecipientId | Personnummer) -> Recipient:
    for recipient in recipients:
        if wanted in (recipient.id, recipient.personnummer):
            if recipient.state is RecipientState.REMOVED:
                raise AlreadyRemoved
            if recipient.state is RecipientState.ACTIVE:
                return recipient
    raise NotFound("recipient")
