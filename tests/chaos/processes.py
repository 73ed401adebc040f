"""Processes that can be killed and paused: forked from a server that has imported everything."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from tests.chaos import worker
from tests.chaos.installation import Installation
from tests.chaos.worker import Ambush, Deed, Hazard

_FORKS = multiprocessing.get_context("forkserver")
# Each child looks whether it has the main module, which may be pytest's.
_FORKS.set_forkserver_preload(["tests.chaos.warm", "pytest"])


@dataclass(frozen=True, slots=True)
class Forked:
    """One of them, and what it reports on its way."""

    process: ForkServerProcess
    reports: Connection

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def comes_to(self, what: str, *, within_s: float) -> bool:
        """Whether it comes so far in time."""
        try:
            while self.reports.poll(within_s):
                if self.reports.recv() == what:
                    return True
        except EOFError:
            return False
        return False

    def answer(self) -> None:
        """Let it go on from where it waits for us."""
        self.reports.send(None)

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self.alive:
            os.kill(self.pid, signal.SIGCONT)


def a_worker(installation: Installation, lies_in_wait: Ambush | Hazard | None = None) -> Forked:
    """A worker that sends until it is killed."""
    return _fork(worker.work, installation, lies_in_wait)


def a_clerk(installation: Installation, deed: Deed, ambush: Ambush | None = None) -> Forked:
    """Somebody who does one thing and goes."""
    return _fork(worker.do, installation, ambush, deed)


@contextmanager
def killed_at_the_end(*forked: Forked) -> Iterator[None]:
    try:
        yield
    finally:
        for each in forked:
            each.kill()


def _fork(target: Any, installation: Installation, lies_in_wait: Any, *more: Any) -> Forked:
    ours, theirs = _FORKS.Pipe()
    process = _FORKS.Process(
        target=target, args=(installation, lies_in_wait, theirs, *more), daemon=True
    )
    process.start()
    theirs.close()
    return Forked(process, ours)
