"""Child processes: started, watched, and all stopped with their parent."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from utskick.files import OTHERS

_GRACE_S = 15
_LAST_LINES = 15


class ChildDied(Exception):
    """A child ended by itself; the message holds the end of its log."""


def ending_with_us(command: Sequence[str], how: signal.Signals = signal.SIGTERM) -> Sequence[str]:
    """The command, sent `how` by the kernel as soon as we are gone, even if we were killed.

    "We" is the thread that starts it: start nothing that lasts from one that ends earlier.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", how.name, *command] if setpriv else command


class Children:
    """The processes of one installation, each with a log of its own in `logs`.

    They end with the thread that started them.
    """

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a child in a session of its own: Ctrl-C reaches us alone, and we stop it."""
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603  # our own commands
                ending_with_us(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                umask=OTHERS,
            )

    def run_to_end(self, name: str, command: Sequence[str]) -> None:
        """Run a child that is to end by itself. Raises `ChildDied` if it fails."""
        self.start(name, command)
        child = self._running.pop(name)
        if child.wait():
            raise ChildDied(f"{name} ended with {child.returncode}:\n{self._end_of_log(name)}")

    def wait_healthy(self, name: str, url: str, *, timeout_s: float = 300) -> None:
        """Wait until the child answers. Raises `ChildDied` if it does not."""
        deadline = time.monotonic() + timeout_s
        with httpx.Client(timeout=2) as client:
            while time.monotonic() < deadline:
                self.check()
                with suppress(httpx.HTTPError):
                    if client.get(url).is_success:
                        return
                time.sleep(0.1)
        raise ChildDied(f"{name} did not become healthy:\n{self._end_of_log(name)}")

    @property
    def pids(self) -> Mapping[str, int]:
        """Of those that are running."""
        return {name: child.pid for name, child in self._running.items()}

    def check(self) -> None:
        """Raise `ChildDied` if a child has ended."""
        for name, child in self._running.items():
            if child.poll() is not None:
                raise ChildDied(f"{name} ended with {child.returncode}:\n{self._end_of_log(name)}")

    def kill(self, name: str) -> None:
        """End a child and all of its own children without a warning, as a power cut would."""
        child = self._running.pop(name)
        _signal(child, signal.SIGKILL)
        child.wait()

    def stop(self) -> None:
        """Ask all to end, the last one started first, and end those that do not."""
        for child in reversed(self._running.values()):
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        for child in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            # Its own children too, if it left any.
            _signal(child, signal.SIGKILL)
            child.wait()
        self._running.clear()

    def _end_of_log(self, name: str) -> str:
        lines = (self._logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
