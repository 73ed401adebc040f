"""Send an occasion's forms, and settle what nobody knows, until nothing is left."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.rules import Rules
from utskick.failpoints import Step
from utskick.ports import Clock, FormService
from utskick.records import Remaining, Store
from utskick.sending.form_sender import FormSender
from utskick.sending.settle import settle

_LOOK_AGAIN_S = 1.0
_SHORTEST_PAUSE_S = 0.25


async def as_it_is() -> None:
    """Check nothing before each sending: for callers without a register to ask."""


async def send_forms(
    occasion_id: OccasionId,
    *,
    token: RunToken,
    until: datetime,
    store: Store,
    forms: FormService,
    sender: FormSender,
    clock: Clock,
    rules: Rules,
    on_progress: Callable[[int], None] = lambda _ended: None,
    before_each: Callable[[], Awaitable[None]] = as_it_is,
) -> None:
    """Send until nothing is left, `until` comes, or the run may no longer send.

    `on_progress` gets how many more deliveries have ended. `before_each` is called before each
    sending, since hours may have passed since the last. What remains stays planned.
    """
    due = True
    while True:
        if due:
            await before_each()
        await sender.send(occasion_id, token=token, until=until, on_progress=on_progress)
        remaining = await asyncio.to_thread(_remaining, occasion_id, token, store)
        if remaining is None or not (remaining.planned or remaining.open):
            return
        if clock.now() >= until:
            return
        if remaining.open and await settle(
            occasion_id, store=store, forms=forms, call_slots=sender.call_slots, rules=rules
        ):
            due = True
            continue
        circuit_breaker_s = sender.call_slots.circuit_breaker.wait_s(at=clock.monotonic())
        pause_s = _pause_s(remaining, circuit_breaker_s)
        due = remaining.planned > 0 and max(circuit_breaker_s, remaining.retry_in_s) <= pause_s
        await clock.sleep(pause_s)


def _remaining(occasion_id: OccasionId, token: RunToken, store: Store) -> Remaining | None:
    """What is left of the occasion; `None` if this run may send no more of it."""
    with store.transaction() as records:
        if not records.occasions.may_send(occasion_id, token=token):
            return None
        remaining = records.progress.remaining(occasion_id)
    if remaining.open:
        with store.transaction(Step.REAP) as records:
            records.deliveries.expire_leases()
    return remaining


def _pause_s(remaining: Remaining, circuit_breaker_s: float) -> float:
    """How long to wait when nothing is under way: until a retry, or until settling."""
    retry_s = remaining.retry_in_s if remaining.planned else _LOOK_AGAIN_S
    return min(_LOOK_AGAIN_S, max(circuit_breaker_s, retry_s, _SHORTEST_PAUSE_S))
