"""How far a dispatch has come: counts only, so that it can be shown again and again."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import DispatchId, RecipientState
from utskick.domain.occasions import NOT_ENDED
from utskick.domain.units import Actor
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FormProgress:
    """A single form on its way. `under_way` until its occasion has ended.

    About the `unchecked` the inbox has not answered yet.
    """

    id: DispatchId
    name: str
    created_at: datetime
    recipients: int
    sent: int
    refused: int
    under_way: bool
    unchecked: int = 0
    messages: int = 0
    messages_delivered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowProgress:
    store: Store

    def __call__(self, dispatch_id: DispatchId, *, actor: Actor) -> FormProgress:
        """Raises `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            forms = records.progress.summary(dispatch.id)
            messages = Counter[DeliveryState]()
            for by_state in records.overview.messages_by_occasion(dispatch.id).values():
                messages.update(by_state)
            return FormProgress(
                id=dispatch.id,
                name=dispatch.name,
                created_at=dispatch.created_at,
                recipients=records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE),
                sent=sum(form.sent for form in forms),
                refused=sum(form.refused for form in forms),
                unchecked=records.dispatches.count_unchecked(dispatch.id),
                messages=sum(messages.values()),
                messages_delivered=messages[DeliveryState.SENT],
                under_way=any(occasion.state in NOT_ENDED for occasion in dispatch.occasions),
            )
