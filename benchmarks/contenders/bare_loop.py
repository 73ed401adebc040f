"""The bare loop, as a process. It remembers nothing: started again, it sends all again."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.contenders.contender import Arena, Sender


class BareLoop:
    name = "bare_loop"

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._sender = self._start()

    @property
    def pids(self) -> Mapping[str, int]:
        return {"sender": self._sender.pid}

    def send(self) -> Mapping[str, float]:
        self.begin()
        return {"seconds": self._sender.hear("sent")["seconds"]}

    def begin(self) -> None:
        self._sender.ask({"send": True})

    def kill(self) -> None:
        self._sender.kill()

    def recover(self) -> None:
        self._sender = self._start()
        self.begin()

    @property
    def at_rest(self) -> bool:
        return self._sender.has_said("sent")

    def _start(self) -> Sender:
        return Sender(
            "benchmarks.senders.bare_loop",
            str(self._arena.assignment_file),
            log=self._arena.folder / f"{self.name}.log",
        )


@contextmanager
def bare_loop(arena: Arena) -> Iterator[BareLoop]:
    contender = BareLoop(arena)
    try:
        yield contender
    finally:
        contender.kill()
