"""The workers of a storm: killed, paused, replaced, resumed; and how soon others took over."""

import math
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.chaos.installation import Installation
from tests.chaos.processes import Forked, a_worker
from tests.chaos.worker import Hazard, pid_of

_KILLED = -9
_KILL_AT_A_PLACE, _PAUSE_AT_A_PLACE = 0.004, 0.002
_LOOK_EVERY_S = 0.25
_CLEAN_WORKERS = 2


class Victims:
    """`recovered_s`: from each death until nothing was held in its name any more."""

    def __init__(self, installation: Installation, engine: Engine, chance: Random) -> None:
        self.kills = self.pauses = 0
        self.recovered_s: list[float] = []
        self._installation = installation
        self._engine = engine
        self._chance = chance
        self._alive: list[Forked] = []
        self._resume_at: dict[int, float] = {}
        self._died_at: dict[int, float] = {}
        self._held: set[int] = set()
        self._looked_at = 0.0

    def keep(self, number: int) -> None:
        """Replace the dead, let the paused go on when it is time, and see what the dead held."""
        for worker in list(self._alive):
            if not worker.alive:
                self._bury(worker)
            elif worker.pid not in self._resume_at and _is_paused(worker.pid):
                self.pauses += 1
                longest = 3 * self._installation.lease_s
                wait_s = self._chance.uniform(0.1, longest)
                self._resume_at[worker.pid] = time.monotonic() + wait_s
            elif self._resume_at.get(worker.pid, math.inf) < time.monotonic():
                del self._resume_at[worker.pid]
                worker.resume()
        while len(self._alive) < number:
            hazard = Hazard(self._chance.randrange(2**32), _KILL_AT_A_PLACE, _PAUSE_AT_A_PLACE)
            self._alive.append(a_worker(self._installation, hazard))
        self._look()

    def kill_one(self) -> None:
        self._chance.choice(self._alive).process.kill()

    def pause_one(self) -> None:
        with suppress(ProcessLookupError):
            self._chance.choice(self._alive).pause()

    def heal(self) -> None:
        """From now on nobody dies."""
        self.end()
        self._alive = [a_worker(self._installation) for _ in range(_CLEAN_WORKERS)]

    def look_on(self) -> None:
        """See the last of the dead relieved."""
        self._look()

    def end(self) -> None:
        for worker in self._alive:
            worker.kill()
        self._alive.clear()

    def _bury(self, worker: Forked) -> None:
        self._alive.remove(worker)
        self._resume_at.pop(worker.pid, None)
        if worker.process.exitcode == _KILLED:
            self.kills += 1
            self._died_at[worker.pid] = time.monotonic()

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY_S or not self._died_at:
            return
        self._looked_at = now
        try:
            holding = self._holding()
        except DBAPIError:
            # Crashed just now.
            return
        for pid, died_at in list(self._died_at.items()):
            if pid in holding:
                self._held.add(pid)
                continue
            if pid in self._held:
                self.recovered_s.append(now - died_at)
            del self._died_at[pid]

    def _holding(self) -> set[int]:
        with self._engine.connect() as connection:
            tokens = connection.scalars(
                text("SELECT run_token FROM occasion WHERE state = 'running'")
            )
            return {pid_of(UUID(str(token))) for token in tokens if token}


def _is_paused(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state == "T"
