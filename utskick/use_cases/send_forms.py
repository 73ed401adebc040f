"""Send an occasion's forms: intent, call, outcome; never a call without its intent committed.

What happens if we die: before the intent's commit nothing has left. After it, and before the
outcome's, the row says `sending`; its lease runs out, it becomes `unknown`, and it is settled by
asking the form service. After the outcome's commit there is nothing more to do.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from utskick.domain.deliveries import ClaimedDelivery, DeliveryState, Outcome
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.rules import Rules
from utskick.failpoints import Step
from utskick.ports import (
    Clock,
    FormOrder,
    FormService,
    PermanentFailure,
    TemporaryFailure,
    UnknownOutcome,
    Withheld,
)
from utskick.records import Remaining, Store
from utskick.use_cases.patience import next_delay_s
from utskick.use_cases.settle import settle
from utskick.use_cases.turns import Turns

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 1.0
_SHORTEST_PAUSE_S = 0.25
_LONGEST_GATHERING_S = 0.1


async def send_forms(
    occasion_id: OccasionId,
    *,
    token: RunToken,
    until: datetime,
    store: Store,
    forms: FormService,
    turns: Turns,
    clock: Clock,
    rules: Rules,
    on_progress: Callable[[int], None] = lambda _ended: None,
) -> None:
    """Send until nothing is left, `until` comes, or the run may no longer send.

    `on_progress` is told how many more deliveries have ended. What remains stays planned.
    """
    sending = _Sending(
        occasion_id, token=token, store=store, forms=forms, turns=turns, clock=clock, rules=rules
    )
    while True:
        await sending.send(until=until, on_progress=on_progress)
        await settle(occasion_id, store=store, forms=forms, turns=turns, rules=rules)
        remaining = await asyncio.to_thread(sending.remaining)
        if remaining is None or not (remaining.planned or remaining.open):
            return
        if clock.now() >= until:
            return
        await clock.sleep(sending.pause_s(remaining))


class _Sending:
    """The calls under way, and the turns in which outcomes are written and new ones claimed."""

    def __init__(
        self,
        occasion_id: OccasionId,
        *,
        token: RunToken,
        store: Store,
        forms: FormService,
        turns: Turns,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self._occasion_id = occasion_id
        self._token = token
        self._store = store
        self._forms = forms
        self._clock = clock
        self._rules = rules
        self._turns = turns
        self._breaker = turns.breaker
        self._calls: set[asyncio.Task[Outcome]] = set()
        self._done: list[asyncio.Task[Outcome]] = []
        self._first = asyncio.Event()
        self._enough = asyncio.Event()

    async def send(self, *, until: datetime, on_progress: Callable[[int], None]) -> None:
        """Whatever can be sent now, until no call is under way any more."""
        with self._turns.shared():
            while True:
                ended = await self._turn(may_begin=self._clock.now() < until)
                if ended:
                    on_progress(ended)
                if not (self._calls or self._done):
                    return

    async def _turn(self, *, may_begin: bool) -> int:
        """Wait for calls to end, write their outcomes, and begin new ones; how many ended."""
        outcomes = await self._ended()
        room = self._turns.share - len(self._calls)
        if not may_begin or self._breaker.wait_s(at=self._clock.monotonic()):
            room = 0
        # Counted from before the commit: the lease cannot be older than this.
        fence = self._clock.monotonic() + self._rules.lease_s / 2
        claimed = await asyncio.to_thread(self._write_and_claim, outcomes, room)
        for delivery in claimed:
            self._begin(delivery, fence)
        return sum(outcome.state is not DeliveryState.PLANNED for outcome in outcomes)

    def remaining(self) -> Remaining | None:
        """What is left of the occasion; `None` if this run may send no more of it."""
        with self._store.transaction(Step.REAP) as records:
            records.deliveries.expire_leases()
        with self._store.transaction() as records:
            if not records.occasions.may_send(self._occasion_id, token=self._token):
                return None
            return records.progress.remaining(self._occasion_id)

    def pause_s(self, remaining: Remaining) -> float:
        """How long to wait when nothing is under way: until a retry, or until settling."""
        breaker = self._breaker.wait_s(at=self._clock.monotonic())
        retry = remaining.retry_in_s if remaining.planned else _LOOK_AGAIN_S
        return min(_LOOK_AGAIN_S, max(breaker, retry, _SHORTEST_PAUSE_S))

    async def _ended(self) -> list[Outcome]:
        """Gather outcomes for one transaction, while as many calls again are under way."""
        if self._calls:
            await self._first.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), _LONGEST_GATHERING_S)
        self._first.clear()
        self._enough.clear()
        done, self._done = self._done, []
        return [call.result() for call in done]

    def _begin(self, delivery: ClaimedDelivery, fence: float) -> None:
        call = asyncio.create_task(self._call(delivery, fence))
        self._calls.add(call)
        call.add_done_callback(self._note)

    def _note(self, call: asyncio.Task[Outcome]) -> None:
        self._calls.discard(call)
        self._done.append(call)
        self._first.set()
        if len(self._done) >= self._rules.forms_concurrency or not self._calls:
            self._enough.set()

    def _write_and_claim(self, outcomes: list[Outcome], room: int) -> list[ClaimedDelivery]:
        if outcomes:
            # Apart from the claim: whatever becomes of that, what has happened is kept.
            with self._store.transaction(Step.OUTCOME) as records:
                records.deliveries.record(outcomes)
        if room < 1:
            return []
        with self._store.transaction(Step.INTENT) as records:
            return records.deliveries.claim(
                self._occasion_id, token=self._token, limit=room, lease_s=self._rules.lease_s
            )

    async def _call(self, delivery: ClaimedDelivery, fence: float) -> Outcome:
        outcome = partial(Outcome, id=delivery.id, attempt=delivery.attempt)
        order = FormOrder(
            unit_id=delivery.unit_id,
            personnummer=delivery.personnummer,
            form_id=delivery.form_id,
            answer_by=delivery.answer_by,
            purge_after=delivery.purge_after,
            banner=delivery.banner,
            reference=f"{delivery.id}/{delivery.attempt}",
        )
        async with self._turns.taken():
            try:
                form_id = await self._forms.create_form(
                    order, may_leave=lambda: self._clock.monotonic() < fence
                )
            except Withheld:
                return outcome(state=DeliveryState.PLANNED)
            except TemporaryFailure as failure:
                self._breaker.note(failed=True, at=self._clock.monotonic())
                delay = next_delay_s(delivery.retries, failure, rules=self._rules)
                return outcome(state=DeliveryState.PLANNED, retry_after_s=delay)
            except PermanentFailure as failure:
                return outcome(state=DeliveryState.REFUSED, refusal=failure.reason)
            except Exception as error:  # noqa: BLE001  # whatever it is, the call may have landed
                if not isinstance(error, UnknownOutcome):
                    log.warning("A call failed in an unforeseen way: %s", type(error).__name__)
                self._breaker.note(failed=True, at=self._clock.monotonic())
                return outcome(state=DeliveryState.UNKNOWN)
        self._breaker.note(failed=False, at=self._clock.monotonic())
        return outcome(state=DeliveryState.SENT, external_id=form_id)
