"""Send the forms of all runs in this process together: intent, call, outcome.

One pump serves them: outcomes are written and intents committed for many runs in one transaction,
and each run gets as much as the others, however much it has. No call is made before its intent is
committed, nor later than `Rules.stop_heard_within_s` after a stop or the recipient's removal: the
pump asks again and again what may still leave, and gives back what may not and has not.

What happens if we die: before the intent's commit nothing has left. After it, and before the
outcome's, the row says `sending`; its lease runs out, it becomes `unknown`, and it is settled by
asking the form service. After the outcome's commit there is nothing more to do.
"""

import asyncio
import logging
import math
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

from utskick.domain.deliveries import ClaimedDelivery, DeliveryId, DeliveryState, Outcome
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.rules import Rules
from utskick.ports import Clock, FormService
from utskick.records import DeliveryClaim, Store
from utskick.sending.call_form_service import call_form_service
from utskick.sending.call_slots import CallSlots
from utskick.sending.send_transactions import SendTransactions, Written

log = logging.getLogger(__name__)

_HANDFUL = 8
"""The least that a run claims at a time, so that a transaction serves several calls."""
_LONGEST_GATHERING_S = 0.1
_ASKS_WITHIN_AN_ANSWER = 4
_FURTHEST_AHEAD = 8
"""At most this many times the calls that may be made at once are claimed beyond them."""


class FormSender:
    """What all runs of this process send with. The loops of tests have a pump each."""

    def __init__(
        self,
        *,
        store: Store,
        forms: FormService,
        call_slots: CallSlots,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self.call_slots = call_slots
        self._ledger = SendTransactions(store, lease_s=rules.lease_s)
        self._forms = forms
        self._clock = clock
        self._rules = rules
        self._pumps: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pump] = WeakKeyDictionary()

    async def send(
        self,
        occasion_id: OccasionId,
        *,
        token: RunToken,
        until: datetime,
        on_progress: Callable[[int], None],
    ) -> None:
        """Send what can be sent now of the occasion; return when none of its calls is under way.

        `on_progress` gets how many more deliveries have ended. Raises what the database raises;
        calls that were under way then are settled like those of a dead run.
        """
        loop = asyncio.get_running_loop()
        await self._pump_of(loop).serve(
            _Run(occasion_id, token, until, on_progress, loop.create_future())
        )

    async def calm(self, *, within_s: float) -> None:
        """Wait until nothing is being sent, but no longer than that."""
        with suppress(TimeoutError):
            pump = self._pump_of(asyncio.get_running_loop())
            await asyncio.wait_for(pump.idle.wait(), within_s)

    def _pump_of(self, loop: asyncio.AbstractEventLoop) -> "_Pump":
        if loop not in self._pumps:
            self._pumps[loop] = _Pump(
                self._ledger, self._forms, self.call_slots, self._clock, self._rules
            )
        return self._pumps[loop]


class _Run:
    """One run's part: `wants` more as long as there may be something to claim.

    Its calls may leave until the monotonic moment `allowed_until`, which is put off again and
    again while it may send.
    """

    def __init__(
        self,
        occasion_id: OccasionId,
        token: RunToken,
        until: datetime,
        on_progress: Callable[[int], None],
        served: asyncio.Future[None],
    ) -> None:
        self.occasion_id = occasion_id
        self.token = token
        self.until = until
        self.on_progress = on_progress
        self.served = served
        self.wants = True
        self.under_way = 0
        self.allowed_until = -math.inf

    def claim(self, limit: int) -> DeliveryClaim:
        return DeliveryClaim(occasion_id=self.occasion_id, token=self.token, limit=limit)

    def fail(self, error: Exception) -> None:
        self.wants = False
        if not self.served.done():
            self.served.set_exception(error)


class _Intended(NamedTuple):
    """A delivery that may be called until the monotonic moment `deadline` (I4)."""

    run: _Run
    delivery: ClaimedDelivery
    deadline: float

    @property
    def given_back(self) -> Outcome:
        """What is noted if it has not left: it is planned again, to be sent later, if at all."""
        return Outcome(
            id=self.delivery.id, attempt=self.delivery.attempt, state=DeliveryState.PLANNED
        )


class _Pump:
    """Serves runs while there are any. `idle` is set when there are none."""

    def __init__(
        self,
        ledger: SendTransactions,
        forms: FormService,
        call_slots: CallSlots,
        clock: Clock,
        rules: Rules,
    ) -> None:
        self._ledger = ledger
        self._forms = forms
        self._call_slots = call_slots
        self._clock = clock
        self._rules = rules
        # A thread of its own: what other stages do must not come before what is due.
        self._thread = ThreadPoolExecutor(1, "forms")
        self._runs: list[_Run] = []
        self._intended: deque[_Intended] = deque()
        self._callers: list[asyncio.Task[None]] = []
        self._calling: Counter[_Run] = Counter()
        self._asked: asyncio.Task[None] | None = None
        self._removed: set[DeliveryId] = set()
        self._ended: list[tuple[_Run, Outcome]] = []
        self._under_way = 0
        self._ahead = call_slots.at_once
        self._enough = asyncio.Event()
        self._pumping: asyncio.Task[None] | None = None
        self.idle = asyncio.Event()
        self.idle.set()

    async def serve(self, run: _Run) -> None:
        self._runs.append(run)
        self.idle.clear()
        self._enough.set()
        if self._pumping is None:
            self._pumping = asyncio.create_task(self._pump())
        try:
            await run.served
        finally:
            # Given up: what is under way ends, and is written; no more is begun.
            run.wants = False
            self._enough.set()

    async def _pump(self) -> None:
        asking = asyncio.create_task(self._ask_again_and_again())
        try:
            while self._runs or self._under_way:
                await self._enough.wait()
                self._enough.clear()
                try:
                    await self._turn()
                except Exception as error:  # noqa: BLE001  # whatever it is, all runs must get it
                    self._fail_all(error)
        finally:
            asking.cancel()
            self._removed.clear()
            self._pumping = None
            self.idle.set()

    async def _turn(self) -> None:
        """Write what has ended, and begin what is next."""
        ended, self._ended = self._ended, []
        self._under_way -= len(ended)
        chosen = self._chosen()
        # Counted from before the commit: neither the lease nor the answer can be older than this.
        began = self._clock.monotonic()
        deadline = began + self._rules.lease_s / 2
        written = await asyncio.get_running_loop().run_in_executor(
            self._thread,
            self._ledger.write_and_claim,
            [outcome for _, outcome in ended],
            [run.claim(limit) for run, limit in chosen.items()],
        )
        for run, outcome in ended:
            run.under_way -= 1
            if outcome.state is not DeliveryState.PLANNED:
                run.on_progress(1)
        self._adapt(starved=bool(ended and written.claimed) and self._idle_places > 0)
        claimed_for = {delivery.occasion_id for delivery in written.claimed}
        for run in chosen:
            if run.occasion_id in claimed_for:
                run.allowed_until = max(run.allowed_until, began + self._rules.stop_heard_within_s)
        self._begin(chosen, written, deadline)
        self._hold_back(written.removed)
        self._let_go()

    def _chosen(self) -> dict[_Run, int]:
        """Which runs claim now, and how much each: the same for all, while there is room."""
        now, wait_s = (
            self._clock.now(),
            self._call_slots.circuit_breaker.wait_s(at=self._clock.monotonic()),
        )
        for run in self._runs:
            run.wants = run.wants and not wait_s and now < run.until
        # Should two runs of this process think that an occasion is theirs, one asks at a time.
        wanting = {run.occasion_id: run for run in self._runs if run.wants}
        if not wanting or self._room < 1:
            return {}
        each = min(self._room, max(_HANDFUL, self._room // len(wanting)))
        chosen = list(wanting.values())[: math.ceil(self._room / each)]
        self._runs = [run for run in self._runs if run not in chosen] + chosen
        return dict.fromkeys(chosen, each)

    def _begin(self, chosen: Mapping[_Run, int], written: Written, deadline: float) -> None:
        runs = {run.occasion_id: run for run in chosen}
        found = Counter(delivery.occasion_id for delivery in written.claimed)
        for run, limit in chosen.items():
            run.under_way += found[run.occasion_id]
            run.wants = run.wants and found[run.occasion_id] == limit
        for occasion_id, error in written.failed.items():
            runs[occasion_id].fail(error)
        self._under_way += len(written.claimed)
        self._intended.extend(
            _Intended(runs[delivery.occasion_id], delivery, deadline)
            for delivery in written.claimed
        )
        self._callers = [caller for caller in self._callers if not caller.done()]
        while len(self._callers) < min(self._call_slots.at_once, len(self._intended)):
            self._callers.append(asyncio.create_task(self._call()))

    def _let_go(self) -> None:
        """Let the runs return that want no more and have nothing under way."""
        for run in self._runs:
            if not (run.wants or run.under_way or run.served.done()):
                run.served.set_result(None)
        self._runs = [run for run in self._runs if run.wants or run.under_way]
        much_room = self._room > self._ahead // 2 and any(run.wants for run in self._runs)
        if much_room or not self._under_way:
            self._enough.set()

    def _fail_all(self, error: Exception) -> None:
        """Fail all runs. What is under way still ends, and is written when that is possible."""
        for run in self._runs:
            run.fail(error)
        self._runs.clear()

    @property
    def _room(self) -> int:
        """How much more may be claimed. At first only what can be called at once: it is due."""
        ahead = self._ahead if self._under_way else self._call_slots.at_once
        return self._call_slots.at_once + ahead - self._under_way

    @property
    def _idle_places(self) -> int:
        """How many more calls could be made at once than there are deliveries claimed."""
        return max(0, self._call_slots.at_once - (self._under_way - len(self._ended)))

    def _adapt(self, *, starved: bool) -> None:
        """Claim further ahead if calls had to wait for the database, and else not so far."""
        least = self._call_slots.at_once
        ahead = self._ahead * 2 if starved else self._ahead - self._ahead // 32
        self._ahead = max(least, min(ahead, _FURTHEST_AHEAD * least))

    async def _call(self) -> None:
        """One of those who call: one delivery after the other, while there are any."""
        while self._intended:
            async with self._call_slots.slot():
                if not self._intended:
                    return
                intended = self._intended.popleft()
                self._calling[intended.run] += 1
                try:
                    outcome = await self._called(intended)
                finally:
                    self._calling[intended.run] -= 1
            self._note(intended.run, outcome)

    async def _called(self, intended: _Intended) -> Outcome:
        run = intended.run

        def may_leave() -> bool:
            if intended.delivery.id in self._removed:
                return False
            return self._clock.monotonic() < min(intended.deadline, run.allowed_until)

        if not may_leave():
            await self._ask()
        if not may_leave():
            # Somebody had asked already, but not for this run.
            await self._ask()
        return await call_form_service(
            intended.delivery,
            forms=self._forms,
            circuit_breaker=self._call_slots.circuit_breaker,
            clock=self._clock,
            rules=self._rules,
            may_leave=may_leave,
        )

    async def _ask_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self._rules.stop_heard_within_s / _ASKS_WITHIN_AN_ANSWER)
            await self._ask()

    async def _ask(self) -> None:
        """Whether the runs may still send; all who want to know wait for one answer."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._hear())
        await asyncio.shield(self._asked)

    async def _hear(self) -> None:
        """Wait for that answer. If the database is silent for too long, calls are held back."""
        runs = {each.run for each in self._intended} | set(+self._calling)
        if not runs:
            return
        began = self._clock.monotonic()
        try:
            sendable = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._ledger.sendable, {run.token: run.occasion_id for run in runs}
            )
        except Exception as error:  # noqa: BLE001  # the database's own kinds stay in the store
            log.warning("Cannot find out who may send: %s", type(error).__name__)
            return
        for run in runs:
            if run.token in sendable.runs:
                run.allowed_until = began + self._rules.stop_heard_within_s
            else:
                self._give_back(run)
        self._hold_back(sendable.removed)

    def _give_back(self, run: _Run) -> None:
        """The run was stopped, or another has its occasion: what has not left is planned again."""
        run.allowed_until = -math.inf
        run.wants = False
        self._plan_again(lambda intended: intended.run is run)

    def _hold_back(self, removed: Collection[DeliveryId]) -> None:
        """Their recipients have been removed: what has not left is not called."""
        if removed:
            self._removed.update(removed)
            self._plan_again(lambda intended: intended.delivery.id in self._removed)

    def _plan_again(self, which: Callable[[_Intended], bool]) -> None:
        waiting, self._intended = self._intended, deque()
        for intended in waiting:
            if which(intended):
                self._note(intended.run, intended.given_back)
            else:
                self._intended.append(intended)

    def _note(self, run: _Run, outcome: Outcome) -> None:
        """Gather outcomes for one transaction, while as many calls again are under way."""
        if not self._ended:
            asyncio.get_running_loop().call_later(_LONGEST_GATHERING_S, self._enough.set)
        self._ended.append((run, outcome))
        if len(self._ended) >= min(self._ahead // 2 or 1, self._under_way):
            self._enough.set()
