"""The same HTTP client, for those who send from threads."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import aiohttp
import uvloop

from benchmarks.senders.assignments import client_session, make_form

T = TypeVar("T")


class Calling:
    """One event loop and one client for all threads of a process."""

    def __init__(self, *, concurrency: int) -> None:
        self._loop = uvloop.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._session = self._wait_for(_opened(concurrency))

    def make_form(self, url: str, *, number: str, template_id: str) -> None:
        """Raises `NotMade`."""
        self._wait_for(make_form(self._session, url, number=number, template_id=template_id))

    def close(self) -> None:
        self._wait_for(self._session.close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _opened(concurrency: int) -> aiohttp.ClientSession:
    """A session belongs to the loop that it is opened in."""
    return client_session(concurrency=concurrency)
