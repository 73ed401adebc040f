"""Calls to one neighbour, from all runs of this process together: bounded, fair, and patient.

Each run claims no more than its share of what can soon be called. Otherwise a run would hold
claims that it cannot use before their fence, and a large dispatch would keep a small one waiting.
With many runs the share is a handful, so that a transaction is for several calls.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakKeyDictionary

from utskick.domain.rules import Rules
from utskick.use_cases.patience import Breaker

_CLAIMED_AHEAD = 2
"""Claimed deliveries for each call that may be under way, so that none waits for the database."""
_HANDFUL = 8
_CALLED_WITHIN = 1 / 8
"""Of a lease: so soon should all that is claimed have been called. The fence is at half."""
_PACE_IS_COUNTED_FOR_S = 1.0


class Turns:
    """At most `rules.forms_concurrency` at once in each event loop; first come, first served."""

    def __init__(self, rules: Rules) -> None:
        self.breaker = Breaker(rules)
        self._at_once = rules.forms_concurrency
        self._called_within_s = rules.lease_s * _CALLED_WITHIN
        self._pace = Pace(per_s=10.0 * rules.forms_concurrency)
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
        runs = max(1, self._runs)
        handful = min(_HANDFUL, int(self._pace.per_s * self._called_within_s) // runs)
        return max(1, handful, _CLAIMED_AHEAD * self._at_once // runs)

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """One call; waits until it may be made."""
        loop = asyncio.get_running_loop()
        semaphore = self._semaphores.setdefault(loop, asyncio.Semaphore(self._at_once))
        async with semaphore:
            yield
        self._pace.note(at=loop.time())


class Pace:
    """How many calls end in a second; `per_s` until a second has been counted."""

    def __init__(self, *, per_s: float) -> None:
        self.per_s = per_s
        self._counted = 0
        self._since: float | None = None

    def note(self, *, at: float) -> None:
        """One call has ended, `at` a monotonic moment."""
        if self._since is None or at - self._since > 2 * _PACE_IS_COUNTED_FOR_S:
            self._since, self._counted = at, 0
            return
        self._counted += 1
        if (passed := at - self._since) >= _PACE_IS_COUNTED_FOR_S:
            self.per_s = self._counted / passed
            self._since, self._counted = at, 0
