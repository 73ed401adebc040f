"""Time that only the test moves, and processes that only the test lets go on.

Everything happens in one thread. Each process has an event loop of its own, whose clock is the
world's: a loop that is not stepped is a process that stands still, and one that is never stepped
again is a dead one.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError

T = TypeVar("T")


@dataclass(slots=True)
class World:
    """`now` is true time: the database's and the neighbours'. The wall clock may be wrong."""

    now: datetime
    elapsed_s: float = 0.0
    wall_error: timedelta = timedelta(0)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed_s += seconds


@dataclass(frozen=True, slots=True)
class WorldClock:
    """A `Clock` for the processes of the world."""

    world: World

    def now(self) -> datetime:
        return self.world.now + self.world.wall_error

    def monotonic(self) -> float:
        return self.world.elapsed_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Nobody can be waited for: the others go on when the test lets them."""


class _NeverWaits(selectors.SelectSelector):
    """Where a loop would wait for its next timer, this one has nothing more to do now."""

    on_idle: Callable[[], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self.on_idle()
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in the world's time. What it should run in a thread, it runs at once."""

    def __init__(self, world: World, *, stands_still: Callable[[], bool] = lambda: False) -> None:
        self._world = world
        self.stands_still = stands_still
        self._held: list[Callable[[], None]] = []
        selector = _NeverWaits()
        super().__init__(selector)
        selector.on_idle = self.stop

    def time(self) -> float:
        return self._world.elapsed_s

    def run_until_idle(self) -> None:
        held, self._held = self._held, []
        for go_on in held:
            go_on()
        self.run_forever()

    def run_in_executor(  # type: ignore[override]  # the base class takes and gives any type
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        del executor
        future: asyncio.Future[T] = self.create_future()
        if self.stands_still():
            self._held.append(lambda: self._run(func, args, future))
        else:
            self._run(func, args, future)
        return future

    def _run(
        self, func: Callable[..., T], args: tuple[Any, ...], future: asyncio.Future[T]
    ) -> None:
        try:
            result = func(*args)
        except Died:
            return
        except Exception as error:  # noqa: BLE001  # it belongs to whoever waits for the thread
            failure = error
            self._end(future, lambda: future.set_exception(failure))
        else:
            self._end(future, lambda: future.set_result(result))

    def _end(self, future: asyncio.Future[Any], settle: Callable[[], None]) -> None:
        if self.stands_still():
            self._held.append(lambda: self._end(future, settle))
        elif not future.cancelled():
            settle()


class Died(BaseException):
    """The process was killed in the middle of a transaction."""


def is_lock_timeout(error: BaseException) -> bool:
    """Whether somebody who stands still held what was needed. A deadlock is something else."""
    return isinstance(error, OperationalError) and isinstance(error.orig, LockNotAvailable)


class CutOff(Exception):
    """The database went away, and nobody can know whether the transaction held."""


class Strike(StrEnum):
    """What becomes of a process at the place where something lies in wait for it."""

    KILL = "kill"
    PAUSE = "pause"
    CUT = "cut"
    MEANWHILE = "meanwhile"


@dataclass(frozen=True, slots=True)
class Trap:
    """What happens to the next process that comes to `point`, a place of `failpoints`."""

    point: str
    strike: Strike
    deed: Callable[[], None] = lambda: None


class Worker:
    """A process that runs one coroutine to its end, if it is let."""

    def __init__(self, world: World, main: Coroutine[Any, Any, object]) -> None:
        self.dead = False
        self.paused = False
        self.loop = VirtualLoop(world, stands_still=lambda: self.dead or self.paused)
        self._main = self.loop.create_task(main)

    @property
    def running(self) -> bool:
        """Whether it has not ended: it may stand still."""
        return not (self.dead or self._main.done())

    def step(self) -> None:
        """Go on until there is nothing to do before time passes or somebody answers.

        Raises what ended the process, unless the database went away or a lock was held too long.
        """
        if not self.running or self.paused:
            return
        self.loop.run_until_idle()
        if self._main.done():
            self.close()
            error = None if self._main.cancelled() else self._main.exception()
            if error is not None and not (isinstance(error, CutOff) or is_lock_timeout(error)):
                raise error

    def meet(self, trap: Trap) -> None:
        """To be called from within, at the place where the trap lies."""
        match trap.strike:
            case Strike.KILL:
                self.dead = True
                raise Died
            case Strike.PAUSE:
                self.paused = True
            case Strike.CUT:
                raise CutOff
            case Strike.MEANWHILE:
                trap.deed()

    def close(self) -> None:
        """Clear away what is left of the process, as `asyncio.run` does at its end."""
        if self.loop.is_closed():
            return
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_idle()
        self.loop.close()
