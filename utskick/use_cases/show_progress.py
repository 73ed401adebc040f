"""How far a dispatch has come: counts only, so that it can be shown again and again."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import DispatchId, RecipientState
from utskick.domain.occasions import NOT_ENDED
from utskick.domain.units import Actor
from utskick.records import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FormProgress:
    """A single form on its way. `under_way` until its occasion has ended."""

    id: DispatchId
    name: str
    created_at: datetime
    recipients: int
    sent: int
    refused: int
    under_way: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowProgress:
    store: Store

    def __call__(self, dispatch_id: DispatchId, *, actor: Actor) -> FormProgress:
        """Raises `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            forms = records.progress.summary(dispatch.id)
            return FormProgress(
                id=dispatch.id,
                name=dispatch.name,
                created_at=dispatch.created_at,
                recipients=records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE),
                sent=sum(form.sent for form in forms),
                refused=sum(form.refused for form in forms),
                under_way=any(occasion.state in NOT_ENDED for occasion in dispatch.occasions),
            )
