"""Connections to one neighbour, kept open between calls."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

_TO_CLOSE: set["Connections"] = set()
"""Kept until their loop ends: whoever made them may be gone before."""


class Connections:
    """Each event loop's own, at most `at_once`: none can be used from another loop."""

    def __init__(self, open_session: Callable[[], aiohttp.ClientSession], *, at_once: int) -> None:
        self._open_session = open_session
        self._at_once = at_once
        self._by_loop: dict[asyncio.AbstractEventLoop, _LoopConnections] = {}

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[aiohttp.ClientSession]:
        """For one call. First come, first served.

        Waiting for it is no failure: each call has an end, and to give up would only mean to come
        back, behind all others, when a thousand want to call at the same minute.
        """
        loop = asyncio.get_running_loop()
        ours = self._by_loop.get(loop) or await self._opened(loop)
        async with ours.call_slots:
            yield ours.session

    async def _opened(self, loop: asyncio.AbstractEventLoop) -> "_LoopConnections":
        ours = self._by_loop[loop] = _LoopConnections(self._open_session(), self._at_once)
        ours.closing = self._close_with(loop)
        await anext(ours.closing)
        return ours

    async def _close_with(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
        """A loop that ends closes its generators first, and this one the connections with it."""
        _TO_CLOSE.add(self)
        try:
            yield
        finally:
            ended = self._by_loop.pop(loop)
            if not self._by_loop:
                _TO_CLOSE.discard(self)
            await ended.session.close()


class _LoopConnections:
    def __init__(self, session: aiohttp.ClientSession, at_once: int) -> None:
        self.session = session
        self.call_slots = asyncio.Semaphore(at_once)
        self.closing: AsyncGenerator[None]
