"""A bad network at will: a TCP proxy on loopback before one neighbour."""

import asyncio
import socket
import struct
import threading
from collections.abc import Collection, Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Self, TypeVar

_HOST = "127.0.0.1"
_CHUNK = 65_536
_RESETS = struct.pack("ii", 1, 0)
"""`SO_LINGER` by which closing a socket resets its connection."""
_COMMAND_S = 5

T = TypeVar("T")


class Way(StrEnum):
    """Seen from whoever called."""

    THERE = "there"
    BACK = "back"


BOTH = (Way.THERE, Way.BACK)


@dataclass(frozen=True, slots=True)
class Latency:
    """Each piece waits so long, and up to `jitter` longer; pieces wait for each other."""

    seconds: float
    jitter: float = 0


@dataclass(frozen=True, slots=True)
class SlowClose:
    """The end of the stream is passed on so much later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset when so many bytes of it have passed."""

    after: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """The connection is ended in order when so many bytes of it have passed."""

    after: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing passes, not even the end; the connection stays open."""


@dataclass(frozen=True, slots=True)
class Slicer:
    """Pieces of `size` bytes with a pause after each."""

    size: int
    seconds: float = 0


Toxic = Latency | SlowClose | Reset | Limit | Silence | Slicer


@dataclass(eq=False, slots=True)
class _Connection:
    caller: asyncio.StreamWriter
    upstream: asyncio.StreamWriter
    passed: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 0))

    def reset(self) -> None:
        for end in (self.caller, self.upstream):
            sock = end.get_extra_info("socket")
            if sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
            end.transport.abort()

    def end(self) -> None:
        for end in (self.caller, self.upstream):
            end.close()


class FaultProxy:
    """Stands before `upstream`, in a thread of its own. Toxics add up, and strike at once."""

    def __init__(self, upstream: tuple[str, int], *, seed: int = 1177) -> None:
        self._upstream = upstream
        self._chance = Random(seed)  # noqa: S311  # it shall repeat, not surprise
        self._toxics: list[tuple[Toxic, Collection[Way]]] = []
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._socket = _bound(0)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._socket.close()

    @property
    def address(self) -> str:
        return f"{_HOST}:{self.port}"

    def add(self, toxic: Toxic, *, ways: Collection[Way] = BOTH) -> None:
        self._toxics.append((toxic, ways))

    def down(self) -> None:
        """Refuse new connections, and cut the open ones."""
        self._do(self._down())

    def up(self) -> None:
        self._do(self._up())

    def cut(self) -> None:
        """Reset every open connection; new ones are let through."""
        self._do(self._cut())

    def heal(self) -> None:
        """As if nothing had been. What was swallowed stays lost."""
        self._toxics.clear()
        self.up()

    def passed(self, way: Way) -> int:
        """How many bytes of the open connections have come through."""
        return sum(connection.passed[way] for connection in tuple(self._connections))

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(_COMMAND_S)

    async def _up(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, sock=self._socket)

    async def _down(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            # Bound but not listening: it refuses, and nobody else gets the port meanwhile.
            self._socket = _bound(self.port)
        await self._cut()

    async def _cut(self) -> None:
        for connection in tuple(self._connections):
            connection.reset()

    async def _stop(self) -> None:
        await self._down()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, heard: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            answered, upstream = await asyncio.open_connection(*self._upstream)
        except OSError:
            caller.close()
            return
        finally:
            self._tasks.discard(task)
        connection = _Connection(caller, upstream)
        self._connections.add(connection)
        self._tasks.add(task)
        try:
            await asyncio.gather(
                self._pump(connection, heard, upstream, Way.THERE),
                self._pump(connection, answered, caller, Way.BACK),
            )
        except OSError:
            connection.reset()
        finally:
            connection.end()
            self._connections.discard(connection)
            self._tasks.discard(task)

    async def _pump(
        self,
        connection: _Connection,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        way: Way,
    ) -> None:
        while piece := await source.read(_CHUNK):
            if self._active(Silence, way):
                continue
            for latency in self._active(Latency, way):
                await asyncio.sleep(latency.seconds + self._chance.uniform(0, latency.jitter))
            ended = await self._pass_on(connection, piece, target, way)
            if ended:
                return
        if self._active(Silence, way):
            return
        for slow in self._active(SlowClose, way):
            await asyncio.sleep(slow.seconds)
        if not target.is_closing():
            target.write_eof()

    async def _pass_on(
        self, connection: _Connection, piece: bytes, target: asyncio.StreamWriter, way: Way
    ) -> bool:
        """Return whether that was the connection's end."""
        cuts: list[Reset | Limit] = [*self._active(Reset, way), *self._active(Limit, way)]
        first = min(cuts, key=lambda cut: cut.after, default=None)
        room = len(piece) if first is None else max(0, first.after - connection.passed[way])
        for part in _sliced(piece[:room], self._active(Slicer, way)):
            target.write(part[0])
            await target.drain()
            connection.passed[way] += len(part[0])
            await asyncio.sleep(part[1])
        if first is None or room > len(piece):
            return False
        if isinstance(first, Reset):
            connection.reset()
        else:
            connection.end()
        return True

    def _active(self, kind: type[T], way: Way) -> list[T]:
        return [
            toxic for toxic, ways in tuple(self._toxics) if isinstance(toxic, kind) and way in ways
        ]


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((_HOST, port))
    return sock


def _sliced(piece: bytes, slicers: list[Slicer]) -> list[tuple[bytes, float]]:
    """The parts, each with the pause after it. Of several slicers the finest cuts."""
    if not slicers:
        return [(piece, 0)] if piece else []
    slicer = min(slicers, key=lambda each: each.size)
    starts = range(0, len(piece), slicer.size)
    return [(piece[start : start + slicer.size], slicer.seconds) for start in starts]
