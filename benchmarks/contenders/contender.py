"""What the benchmark asks of each contender, and a spoken-to process."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from benchmarks import ROOT
from benchmarks.neighbours import LeanNeighbour
from benchmarks.senders.assignments import Assignment
from tests.postgresql import PostgresqlServer
from utskick.running.children import ending_with_us

_STARTS_WITHIN_S, _ANSWERS_WITHIN_S = 60, 600


class SenderDied(Exception):
    """It ended, or said nothing, when it should have answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """What all contenders share."""

    folder: Path
    neighbour: LeanNeighbour
    postgresql: PostgresqlServer
    assignment: Assignment

    @property
    def assignment_file(self) -> Path:
        return self.folder / "assignment.json"


class Contender(Protocol):
    """`pids` are its processes by name: its sender or senders, and each server that it needs."""

    name: str

    @property
    def pids(self) -> Mapping[str, int]: ...

    def send(self) -> Mapping[str, float]:
        """Send everything. `seconds`, or `began` if it ends with the neighbour's last form."""


class Killable(Contender, Protocol):
    """One whose sending can be broken off."""

    def begin(self) -> None:
        """Send everything, without waiting for it."""

    def kill(self) -> None:
        """End the sending process without a warning."""

    def recover(self) -> None:
        """Start it again as its users would."""

    @property
    def at_rest(self) -> bool:
        """Whether nothing more will be sent."""


class Sender:
    """A process that is spoken with. What it says besides goes to its log."""

    def __init__(self, module: str, *arguments: str, log: Path) -> None:
        self._log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                ending_with_us([sys.executable, "-m", module, *arguments]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                cwd=ROOT,
                start_new_session=True,
            )
        self._said: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._events: set[str] = set()
        threading.Thread(target=self._listen, daemon=True).start()
        self.hear("ready", within_s=_STARTS_WITHIN_S)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, what: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()

    def hear(self, event: str, *, within_s: float = _ANSWERS_WITHIN_S) -> dict[str, Any]:
        """What it reports of `event`. Raises `SenderDied`."""
        while True:
            try:
                said = self._said.get(timeout=within_s)
            except queue.Empty:
                raise SenderDied(f"no word of {event}:\n{self._end_of_log()}") from None
            if said is None:
                raise SenderDied(f"it ended before {event}:\n{self._end_of_log()}")
            if said["event"] == event:
                return said

    def has_said(self, event: str) -> bool:
        """Ever, and without waiting."""
        return event in self._events

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _listen(self) -> None:
        stdout: IO[bytes] | None = self._process.stdout
        assert stdout is not None
        for line in stdout:
            if line.startswith(b'{"event"'):
                said = json.loads(line)
                self._events.add(said["event"])
                self._said.put(said)
        self._said.put(None)

    def _end_of_log(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
