"""Calls to one neighbour, from all runs of this process together: bounded, fair, and patient.

Each run claims no more than its share of what can soon be called. Otherwise a run would hold
claims that it cannot use before their fence, and a large dispatch would keep a small one waiting.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakKeyDictionary

from utskick.domain.rules import Rules
from utskick.use_cases.patience import Breaker

_CLAIMED_AHEAD = 2
"""Claimed deliveries for each call that may be under way, so that none waits for the database."""


class Turns:
    """At most `rules.forms_concurrency` at once in each event loop; first come, first served."""

    def __init__(self, rules: Rules) -> None:
        self.breaker = Breaker(rules)
        self._at_once = rules.forms_concurrency
        self._semaphores: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
            WeakKeyDictionary()
        )
        self._runs = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        """One more run takes part while the block runs."""
        self._runs += 1
        try:
            yield
        finally:
            self._runs -= 1

    @property
    def share(self) -> int:
        """How many calls each run may have under way or waiting."""
        return max(1, _CLAIMED_AHEAD * self._at_once // max(1, self._runs))

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """One call; waits until it may be made."""
        loop = asyncio.get_running_loop()
        semaphore = self._semaphores.setdefault(loop, asyncio.Semaphore(self._at_once))
        async with semaphore:
            yield
