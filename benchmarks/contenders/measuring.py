"""How long a contender takes and what it uses; and what a kill in the middle leaves."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from benchmarks.contenders.contender import Arena, Contender, Killable
from benchmarks.processes import Usage, usage_of

_ENDS_WITHIN_S, _RESTS_WITHIN_S = 600, 180
_SETTLES_S = 0.3
"""After the latency: for calls that are still on their way."""
_RESTS_FOR_S = 2.0
"""A form may be in nobody's list for a moment, between the queue and its sender."""
_WATCHED_EVERY_S = 1.0


class NotEnded(Exception):
    """The forms did not come, or the contender did not come to rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """`seconds` from the moment, or from the first enqueued, until all forms are sent."""

    seconds: float
    made: int
    usage: Mapping[str, Usage]
    peak_concurrency: int
    details: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """After a kill, for each recipient and form: how many are missing, and how many too many."""

    lost: int
    double: int
    at_kill: int
    recovered_s: float

    def as_json(self) -> dict[str, Any]:
        return {
            "lost": self.lost,
            "double": self.double,
            "made_when_killed": self.at_kill,
            "recovered_s": round(self.recovered_s, 1),
        }


def timed(contender: Contender, arena: Arena, *, latency_s: float) -> Round:
    """One round."""
    neighbour, calls = arena.neighbour, arena.assignment.calls
    neighbour.forget()
    neighbour.set_latency(latency_s)
    with _Watched(contender) as watched:
        report = dict(contender.send())
        deadline = time.monotonic() + _ENDS_WITHIN_S
        while neighbour.forms() < calls and "seconds" not in report:
            if time.monotonic() > deadline:
                raise NotEnded(contender.name)
            time.sleep(0.05)
        time.sleep(latency_s + _SETTLES_S)
    began = report.pop("began", None)
    made = neighbour.made()
    seconds = report.pop("seconds", None)
    if seconds is None:
        assert began is not None
        seconds = max(form.made_at for form in made).timestamp() - began
    return Round(
        seconds=seconds,
        made=len(made),
        usage=watched.used,
        peak_concurrency=neighbour.peak_concurrency(),
        details=report,
    )


def killed_in_the_middle(contender: Killable, arena: Arena, *, latency_s: float) -> Fate:
    """Killed when half of the forms are there, started again, and counted when it is at rest."""
    neighbour, calls = arena.neighbour, arena.assignment.calls
    neighbour.forget()
    neighbour.set_latency(latency_s)
    contender.begin()
    _wait_until_made(arena, calls // 2)
    contender.kill()
    at_kill = neighbour.forms()
    killed = time.monotonic()
    contender.recover()
    recovered_s = _wait_until_at_rest(contender) - killed
    time.sleep(latency_s + _SETTLES_S)
    each = Counter((form.unit, form.person, form.template) for form in neighbour.made())
    return Fate(
        lost=calls - len(each),
        double=sum(number - 1 for number in each.values()),
        at_kill=at_kill,
        recovered_s=recovered_s,
    )


def _wait_until_made(arena: Arena, forms: int) -> None:
    deadline = time.monotonic() + _ENDS_WITHIN_S
    while arena.neighbour.forms() < forms:
        if time.monotonic() > deadline:
            raise NotEnded("half of the forms")
        time.sleep(0.005)


def _wait_until_at_rest(contender: Killable) -> float:
    """The moment from which on it was. Raises `NotEnded`."""
    deadline = time.monotonic() + _RESTS_WITHIN_S
    resting = time.monotonic()
    while time.monotonic() < resting + _RESTS_FOR_S:
        if not contender.at_rest:
            resting = time.monotonic()
        if time.monotonic() > deadline:
            raise NotEnded(f"{contender.name} has not come to rest")
        time.sleep(0.1)
    return resting


class _Watched:
    """What each process uses while the block runs, also those that end within it."""

    def __init__(self, contender: Contender) -> None:
        self._contender = contender
        self._before = self._usage()
        self._peaks: Counter[str] = Counter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.used: Mapping[str, Usage] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        after = self._usage()
        self._note(after)
        self.used = {
            name: Usage(used.since(self._before[name]).cpu_s, self._peaks[name])
            for name, used in after.items()
        }

    def _watch(self) -> None:
        while not self._over.wait(_WATCHED_EVERY_S):
            self._note(self._usage())

    def _note(self, usage: Mapping[str, Usage]) -> None:
        for name, used in usage.items():
            self._peaks[name] = max(self._peaks[name], int(used.peak_mb))

    def _usage(self) -> dict[str, Usage]:
        return {name: usage_of(pid) for name, pid in self._contender.pids.items()}
