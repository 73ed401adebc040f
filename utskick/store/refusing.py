"""Those whom a register refuses after something had been planned for them: they get no more."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import String, bindparam, case, select, union, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from utskick.domain.deliveries import OPEN_STATES, DeliveryState, Refusal
from utskick.domain.dispatches import RecipientId
from utskick.domain.occasions import OccasionId
from utskick.store.tables import DeliveryRow, InboxMessageRow

_PLANNED = DeliveryState.PLANNED.value
_NOT_ENDED = (_PLANNED, *(state.value for state in OPEN_STATES))


def recipients_left(session: Session, occasion_id: OccasionId) -> set[RecipientId]:
    """Those with a form that has not ended, or a message that has not been begun."""
    forms = select(DeliveryRow.recipient_id).where(
        DeliveryRow.occasion_id == occasion_id, DeliveryRow.state.in_(_NOT_ENDED)
    )
    messages = select(InboxMessageRow.recipient_id).where(
        InboxMessageRow.occasion_id == occasion_id, InboxMessageRow.state == _PLANNED
    )
    rows = session.execute(union(forms, messages))
    return {RecipientId(recipient_id) for (recipient_id,) in rows}


def refuse(
    session: Session, occasion_id: OccasionId, refused: Mapping[RecipientId, Refusal]
) -> None:
    """What is unknown must not come back to be sent: whether it was is left to staff.

    What is under way keeps the reason, and is refused should it come back.
    """
    for recipient_id, refusal in refused.items():
        for table in (DeliveryRow, InboxMessageRow):
            session.execute(
                _theirs(table, occasion_id, recipient_id, DeliveryState.PLANNED).values(
                    state=DeliveryState.REFUSED.value, refusal=refusal.value, retry_at=None
                )
            )
            session.execute(
                _theirs(table, occasion_id, recipient_id, DeliveryState.SENDING).values(
                    refusal=refusal.value
                )
            )
        session.execute(
            _theirs(DeliveryRow, occasion_id, recipient_id, DeliveryState.UNKNOWN).values(
                state=DeliveryState.MANUAL.value, retry_at=None
            )
        )


_comes_back = bindparam("to_state", type_=String) == _PLANNED
_is_unclear = bindparam("to_state", type_=String) == DeliveryState.UNKNOWN.value


def ended(refusal: InstrumentedAttribute[str | None]) -> dict[str, Any]:
    """`to_state` and `to_refusal` of an attempt, over the column's `refusal`.

    Refused while it was under way: it comes back to be sent no more.
    """
    return {
        "state": case(
            (_comes_back & refusal.is_not(None), DeliveryState.REFUSED.value),
            else_=bindparam("to_state"),
        ),
        "refusal": case((_comes_back | _is_unclear, refusal), else_=bindparam("to_refusal")),
    }


def _theirs(table: Any, occasion_id: OccasionId, of: RecipientId, state: DeliveryState) -> Any:
    return update(table).where(
        table.occasion_id == occasion_id, table.recipient_id == of, table.state == state.value
    )
