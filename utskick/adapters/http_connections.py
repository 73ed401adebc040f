"""Connections to one neighbour, kept open between calls.

Each is a client of its own. A single client with many connections goes through all of them before
and after every call, and at fifty that costs more than the calls themselves.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx


class LoopConnections:
    """The connections of one event loop, at most `at_once`; opened when they are needed."""

    def __init__(self, open_one: Callable[[], httpx.AsyncClient], *, at_once: int) -> None:
        self._open_one = open_one
        self._turns = asyncio.Semaphore(at_once)
        self._idle: list[httpx.AsyncClient] = []

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[httpx.AsyncClient]:
        """The one used last, as it is the likeliest to be open. First come, first served.

        Waiting for it is no failure: each call has an end, and to give up would only mean to come
        back, behind all others, when a thousand want to call at the same minute.
        """
        async with self._turns:
            client = self._idle.pop() if self._idle else self._open_one()
            try:
                yield client
            except BaseException:
                # A call that was given up may leave its connection taken for ever.
                await client.aclose()
                raise
            self._idle.append(client)

    async def close(self) -> None:
        for client in self._idle:
            await client.aclose()


class Connections:
    """Each event loop's own: a connection cannot be used from another loop."""

    def __init__(self, open_one: Callable[[], httpx.AsyncClient], *, at_once: int) -> None:
        self._open_one = open_one
        self._at_once = at_once
        self._by_loop: dict[
            asyncio.AbstractEventLoop, tuple[LoopConnections, AsyncGenerator[None]]
        ] = {}

    async def of_this_loop(self) -> LoopConnections:
        loop = asyncio.get_running_loop()
        if loop not in self._by_loop:
            connections = LoopConnections(self._open_one, at_once=self._at_once)
            self._by_loop[loop] = connections, self._close_with(loop, connections)
            await anext(self._by_loop[loop][1])
        return self._by_loop[loop][0]

    async def _close_with(
        self, loop: asyncio.AbstractEventLoop, connections: LoopConnections
    ) -> AsyncGenerator[None]:
        """A loop that ends closes its generators first, and this one the connections with it."""
        try:
            yield
        finally:
            del self._by_loop[loop]
            await connections.close()
