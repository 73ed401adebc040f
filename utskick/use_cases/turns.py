"""Calls to the form service, from everything in this process together: bounded and patient."""

import asyncio
from collections import deque
from weakref import WeakKeyDictionary

from utskick.domain.rules import Rules
from utskick.use_cases.patience import Breaker


class Turns:
    """At most `at_once` calls in each event loop; first come, first served.

    `at_once` is this process's part of what the form service allows for all of ours.
    """

    def __init__(self, rules: Rules) -> None:
        self.breaker = Breaker(rules)
        self.at_once = rules.forms_concurrency
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Places] = WeakKeyDictionary()

    def taken(self) -> "_Places":
        """A place for one call, for an `async with` that waits until it may be made."""
        loop = asyncio.get_running_loop()
        places = self._by_loop.get(loop)
        if places is None:
            places = self._by_loop[loop] = _Places(self)
        return places


class _Places:
    """A semaphore whose size may change while it is held."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._taken < self._turns.at_once and not self._waiting:
            self._taken += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._free()
            raise

    async def __aexit__(self, *_exc_info: object) -> None:
        self._free()

    def _free(self) -> None:
        self._taken -= 1
        while self._waiting and self._taken < self._turns.at_once:
            place = self._waiting.popleft()
            if not place.done():
                self._taken += 1
                place.set_result(None)
