"""Time that passes only when somebody sleeps, or sets it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_A_TURN_S = 0.002


class WatchedLoop(asyncio.SelectorEventLoop):
    """An event loop that knows what is `at_work` for it in threads."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work: set[asyncio.Future[Any]] = set()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self.at_work.add(future)
        future.add_done_callback(self.at_work.discard)
        return future


class FakeClock:
    """A `Clock`. Assign to `moment` to make the wall clock jump; `monotonic` never does.

    Those who sleep at the same time sleep beside each other. In a `WatchedLoop` no time passes
    while threads are at work, however slow they are; in others they get a turn.
    """

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        wakes_at = self._elapsed_s + seconds
        await _until_others_rest()
        self.advance(max(0, wakes_at - self._elapsed_s))

    def pause(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self.moment += timedelta(seconds=seconds)
        self._elapsed_s += seconds


async def _until_others_rest() -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_A_TURN_S)
        # Whoever has been waiting for a thread goes on first.
        await asyncio.sleep(0)
        if not (isinstance(loop, WatchedLoop) and loop.at_work):
            return
