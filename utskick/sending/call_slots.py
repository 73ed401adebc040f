"""The slots for calls to the form service, for everything in this process together."""

import asyncio
from collections import deque
from weakref import WeakKeyDictionary

from utskick.domain.rules import Rules
from utskick.sending.circuit_breaker import CircuitBreaker


class CallSlots:
    """At most `at_once` calls in each event loop; first come, first served.

    `at_once` is this process's part of what the form service allows for all of ours.
    """

    def __init__(self, rules: Rules) -> None:
        self.circuit_breaker = CircuitBreaker(rules)
        self.at_once = rules.forms_concurrency
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Slots] = WeakKeyDictionary()

    def slot(self) -> "_Slots":
        """One call's slot, for an `async with` that waits until one is free."""
        loop = asyncio.get_running_loop()
        slots = self._by_loop.get(loop)
        if slots is None:
            slots = self._by_loop[loop] = _Slots(self)
        return slots


class _Slots:
    """A semaphore whose size may change while it is held."""

    def __init__(self, call_slots: CallSlots) -> None:
        self._call_slots = call_slots
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._taken < self._call_slots.at_once and not self._waiting:
            self._taken += 1
            return
        slot = asyncio.get_running_loop().create_future()
        self._waiting.append(slot)
        try:
            await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled():
                self._free()
            raise

    async def __aexit__(self, *_exc_info: object) -> None:
        self._free()

    def _free(self) -> None:
        self._taken -= 1
        while self._waiting and self._taken < self._call_slots.at_once:
            slot = self._waiting.popleft()
            if not slot.done():
                self._taken += 1
                slot.set_result(None)
