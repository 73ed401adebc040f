"""Notify recipients in 1177's inbox, once their forms are there (Skapa inkorgsmeddelande)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from utskick.domain.deliveries import ClaimedInboxMessage, DeliveryState, Outcome
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.failpoints import Step
from utskick.ports import (
    Clock,
    Inbox,
    InboxMessage,
    PermanentFailure,
    RefusedFurtherOn,
    TemporaryFailure,
    UnknownOutcome,
    Withheld,
)
from utskick.records import Store, Transaction
from utskick.sending.inbox_places import inbox_place
from utskick.sending.message_gate import MessageGate
from utskick.sending.retry import each, next_delay_s
from utskick.sending.send_forms import as_it_is

log = logging.getLogger(__name__)

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 4.0


async def send_inbox_messages(
    occasion_id: OccasionId,
    *,
    token: RunToken,
    until: datetime,
    store: Store,
    inbox: Inbox,
    clock: Clock,
    rules: Rules,
    forms_sent: asyncio.Event,
    gate: MessageGate,
    before_each: Callable[[], Awaitable[None]] = as_it_is,
    look_again: Callable[[], Awaitable[None]] = as_it_is,
) -> None:
    """Send each message when its recipient's forms have all ended, while other forms are sent.

    `forms_sent` is set when all forms have ended. Until then this looks only now and then for
    recipients who are ready: the forms of all runs come first. After that it looks ever more
    seldom, for messages to try again. `before_each` is called before each sending, since hours may
    have passed since the last, and `look_again` when somebody turns out to have no account.

    An inbox cannot be read back: a message whose outcome is unknown is left to staff, and never
    sent again (I10). So none is left while the `gate` is shut. The neighbour's rate is shared by
    all runs.
    """
    first = partial(asyncio.to_thread, _first, occasion_id, store)
    message = await asyncio.to_thread(_message, occasion_id, store)
    if message is None:
        return
    await _until(forms_sent, clock.sleep(_LONGEST_PAUSE_S))
    pause_s = _SHORTEST_PAUSE_S
    while clock.now() < until:
        ready = await asyncio.to_thread(_ready, occasion_id, token, store)
        if ready is None:
            return
        if ready:
            await before_each()
            if not await gate.opens(first, look_again=look_again):
                await clock.sleep(min(max(gate.shut_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S))
                continue
            batch = gate.at_most(min(ready, rules.inbox_budget.handful))
            place = await inbox_place(batch, messages=True, store=store, clock=clock, rules=rules)
            if place.taken:
                await _send_batch(
                    occasion_id, message, batch, token, store, inbox, gate, clock, rules
                )
            else:
                await clock.sleep(min(place.wait_s, _LONGEST_PAUSE_S))
            pause_s = _SHORTEST_PAUSE_S
        elif forms_sent.is_set():
            await clock.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        else:
            await _until(forms_sent, clock.sleep(_LONGEST_PAUSE_S))


async def _until(event: asyncio.Event, pause: Coroutine[Any, Any, None]) -> None:
    waiting = [asyncio.create_task(event.wait()), asyncio.create_task(pause)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each_wait in waiting:
            each_wait.cancel()


async def _send_batch(
    occasion_id: OccasionId,
    message: InboxMessage,
    batch: int,
    token: RunToken,
    store: Store,
    inbox: Inbox,
    gate: MessageGate,
    clock: Clock,
    rules: Rules,
) -> None:
    leave = _Leave(occasion_id, token, store, clock, rules)
    claimed = await asyncio.to_thread(_claim, occasion_id, batch, token, store, rules)
    call = partial(_call, message=message, inbox=inbox, gate=gate, rules=rules, leave=leave)
    outcomes = await each(claimed, call, at_once=rules.inbox_concurrency)
    await asyncio.to_thread(_record, outcomes, store)


class _Leave:
    """Whether the messages of a batch may still leave: within the lease, and while it holds.

    It is asked for again before a call that comes later than an answer holds: a batch can last.
    """

    def __init__(
        self, occasion_id: OccasionId, token: RunToken, store: Store, clock: Clock, rules: Rules
    ) -> None:
        self._occasion_id = occasion_id
        self._token = token
        self._store = store
        self._clock = clock
        self._holds_s = rules.stop_heard_within_s
        began = clock.monotonic()
        self._deadline = began + rules.lease_s / 2
        self._until = began + self._holds_s

    def holds(self) -> bool:
        return self._clock.monotonic() < min(self._deadline, self._until)

    async def asked_for(self) -> bool:
        """Whether it holds, by an answer that is new enough."""
        if self.holds():
            return True
        began = self._clock.monotonic()
        if await asyncio.to_thread(self._ask):
            self._until = began + self._holds_s
        return self.holds()

    def _ask(self) -> bool:
        with self._store.transaction() as records:
            return records.occasions.may_notify(self._occasion_id, token=self._token)


async def _call(
    claimed: ClaimedInboxMessage,
    *,
    message: InboxMessage,
    inbox: Inbox,
    gate: MessageGate,
    rules: Rules,
    leave: _Leave,
) -> Outcome:
    outcome = partial(Outcome, id=claimed.id, attempt=claimed.attempt)
    if gate.shut_s or not await leave.asked_for():
        return outcome(state=DeliveryState.PLANNED)
    try:
        await inbox.add_message(
            claimed.personnummer,
            replace(message, forms=claimed.forms),
            may_leave=leave.holds,
        )
    except Withheld:
        return outcome(state=DeliveryState.PLANNED)
    except TemporaryFailure as failure:
        delay = next_delay_s(claimed.retries, failure, rules=rules)
        return outcome(state=DeliveryState.PLANNED, retry_after_s=delay)
    except PermanentFailure as failure:
        gate.note(unclear=False)
        return outcome(state=DeliveryState.REFUSED, refusal=failure.reason)
    except Exception as error:  # noqa: BLE001  # whatever it is, the message may be there
        if not isinstance(error, UnknownOutcome):
            log.warning("A message failed in an unforeseen way: %s", type(error).__name__)
        gate.note(unclear=True, for_all=isinstance(error, RefusedFurtherOn))
        return outcome(state=DeliveryState.MANUAL)
    gate.note(unclear=False)
    return outcome(state=DeliveryState.SENT)


def _message(occasion_id: OccasionId, store: Store) -> InboxMessage | None:
    """The message to one recipient: the same text for all, with a link to their own forms."""
    with store.transaction() as records:
        dispatch, _ = records.dispatches.of_occasion(occasion_id)
        if not dispatch.creates_inbox_message:
            return None
        unit = records.units.get(dispatch.unit_id)
        heading, text = records.occasions.message(occasion_id)
    return InboxMessage(unit_id=unit.id, unit_name=unit.name, heading=heading, text=text)


def _ready(occasion_id: OccasionId, token: RunToken, store: Store) -> int | None:
    """How many recipients can be notified now; `None` when there is no more to wait for."""
    with store.transaction() as records:
        records.inbox_messages.expire_leases()
        if not records.occasions.may_notify(occasion_id, token=token):
            return None
        if not _awaits(records, occasion_id, token):
            return None
        return records.inbox_messages.ready(occasion_id)


def _first(occasion_id: OccasionId, store: Store) -> Personnummer | None:
    with store.transaction() as records:
        return records.inbox_messages.first_ready(occasion_id)


def _awaits(records: Transaction, occasion_id: OccasionId, token: RunToken) -> bool:
    """Whether there is, or will be, anybody to notify.

    After a stop no more forms come than those that are on their way.
    """
    if records.occasions.may_send(occasion_id, token=token):
        return not records.progress.remaining(occasion_id).nothing
    return records.inbox_messages.awaited(occasion_id) > 0


def _claim(
    occasion_id: OccasionId, batch: int, token: RunToken, store: Store, rules: Rules
) -> list[ClaimedInboxMessage]:
    with store.transaction(Step.MESSAGE_INTENT) as records:
        return records.inbox_messages.claim(
            occasion_id, token=token, limit=batch, lease_s=rules.lease_s
        )


def _record(outcomes: list[Outcome], store: Store) -> None:
    with store.transaction(Step.MESSAGE_OUTCOME) as records:
        records.inbox_messages.record(outcomes)
