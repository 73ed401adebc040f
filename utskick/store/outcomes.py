"""What became of an attempt, written only over the state and the attempt that it is of (I3)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, String, Uuid, bindparam, exists, func, update
from sqlalchemy.orm import Session, aliased

from utskick.domain.deliveries import DeliveryState, FormStatus, Outcome
from utskick.store.refusing import ended
from utskick.store.statements import all_or_each, database_clock, database_now
from utskick.store.tables import DeliveryRow


def write_outcomes(session: Session, outcomes: Sequence[Outcome], *, over: DeliveryState) -> int:
    """Return how many were written.

    A form that another delivery owns is not ours: what was being sent is then left to staff, as
    sending again would not help.
    """
    written = _write_sent(session, [o for o in outcomes if _is_plain(o)], over=over)
    others = [outcome for outcome in outcomes if outcome.id not in written]
    if not others:
        return len(written)
    now = database_clock(session)
    changed = 0

    def write(some: Sequence[Outcome]) -> None:
        nonlocal changed
        rows = [_ended(outcome, over=over, now=now) for outcome in some]
        changed += session.connection().execute(_ENDING, rows).rowcount

    kept = {id(outcome) for outcome in all_or_each(session, others, write)}
    disputed = [outcome for outcome in others if id(outcome) not in kept]
    if disputed and over is DeliveryState.SENDING:
        write([replace(o, state=DeliveryState.MANUAL, form_id=None) for o in disputed])
    return len(written) + changed


def _is_plain(outcome: Outcome) -> bool:
    return outcome.state is DeliveryState.SENT and not outcome.found_again


def _write_sent(
    session: Session, outcomes: Sequence[Outcome], *, over: DeliveryState
) -> Collection[UUID]:
    """The ids of those that could be written at once, on PostgreSQL."""
    if not outcomes or session.get_bind().dialect.name != "postgresql":
        return ()
    values = {
        "ids": [outcome.id for outcome in outcomes],
        "attempts": [outcome.attempt for outcome in outcomes],
        "forms": [outcome.form_id for outcome in outcomes],
        "of_state": over.value,
    }
    return set(session.connection().execute(_SENT, values).scalars())


def _ended(outcome: Outcome, *, over: DeliveryState, now: datetime) -> dict[str, Any]:
    sent = outcome.state is DeliveryState.SENT
    waits = outcome.retry_after_s is not None
    return {
        "of_id": outcome.id,
        "of_attempt": outcome.attempt,
        "of_state": over.value,
        "to_state": outcome.state.value,
        "to_refusal": outcome.refusal and outcome.refusal.value,
        "to_form": outcome.form_id,
        "to_found_again": outcome.found_again,
        "more_retries": int(waits),
        "more_unclear": int(outcome.state is DeliveryState.UNKNOWN),
        "to_retry_at": now + timedelta(seconds=outcome.retry_after_s or 0) if waits else None,
        "to_unknown_at": now if outcome.state is DeliveryState.UNKNOWN else None,
        "to_sent_at": now if sent else None,
        "to_form_status": FormStatus.ONGOING.value if sent else None,
    }


_TABLE: Any = DeliveryRow.__table__
_ENDING = (
    update(_TABLE)
    .where(
        DeliveryRow.id == bindparam("of_id"),
        DeliveryRow.attempt == bindparam("of_attempt"),
        DeliveryRow.state == bindparam("of_state"),
    )
    .values(
        **ended(DeliveryRow.refusal),
        form_id=bindparam("to_form"),
        found_again=bindparam("to_found_again"),
        retries=DeliveryRow.retries + bindparam("more_retries"),
        unclear_calls=DeliveryRow.unclear_calls + bindparam("more_unclear"),
        retry_at=bindparam("to_retry_at"),
        unknown_at=bindparam("to_unknown_at"),
        sent_at=bindparam("to_sent_at"),
        form_status=bindparam("to_form_status"),
        lease_until=None,
    )
)
"""One statement for a whole batch, whatever became of each."""

_owner = aliased(DeliveryRow)
_outcomes = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("attempts", type_=ARRAY(Integer)),
        bindparam("forms", type_=ARRAY(String)),
    )
    .table_valued("id", "attempt", "form", name="outcomes")
    .render_derived()
)
_SENT = (
    update(_TABLE)
    .where(
        DeliveryRow.id == _outcomes.c.id,
        DeliveryRow.attempt == _outcomes.c.attempt,
        DeliveryRow.state == bindparam("of_state"),
        ~exists().where(_owner.form_id == _outcomes.c.form),
    )
    .values(
        state=DeliveryState.SENT.value,
        form_id=_outcomes.c.form,
        sent_at=database_now(),
        form_status=FormStatus.ONGOING.value,
        refusal=None,
        retry_at=None,
        unknown_at=None,
        found_again=False,
        lease_until=None,
    )
    .returning(DeliveryRow.id)
)
"""The same for what almost always happens, executed once in place of once for each row."""
