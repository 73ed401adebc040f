"""A neighbour as traffic sees it: how slow it is, how many it bears, and what goes wrong."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any

from fastapi import Depends, Request

from utskick.local_1177.faults import Fault
from utskick.local_1177.kept_dates import KeptDates
from utskick.local_1177.moments import TimeSource
from utskick.local_1177.platform import Platform


@dataclass(slots=True)
class Neighbour:
    """Times are in seconds; `capacity` is calls at once, `None` for no limit."""

    latency: float = 0
    jitter: float = 0
    capacity: int | None = None
    faults: list[Fault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    turned_away: int = 0
    struck: int = 0
    busy_with: int = 0
    peak: int = 0
    chance: Random = field(default_factory=Random)

    @property
    def full(self) -> bool:
        return self.capacity is not None and self.busy_with >= self.capacity

    @contextmanager
    def occupied(self) -> Iterator[None]:
        self.busy_with += 1
        self.peak = max(self.peak, self.busy_with)
        try:
            yield
        finally:
            self.busy_with -= 1

    def fault_for(self, endpoint: str) -> Fault | None:
        fault = next((fault for fault in self.faults if fault.strikes(endpoint)), None)
        self.struck += fault is not None
        return fault

    async def take_its_time(self) -> None:
        duration = self.latency + self.jitter * self.chance.random()
        if duration:
            await asyncio.sleep(duration)

    def forget_counts(self) -> None:
        self.calls.clear()
        self.turned_away = self.struck = self.peak = 0


@dataclass(slots=True)
class World:
    """Everything that one running local 1177 shares."""

    state: sqlite3.Connection
    region: Path
    clock: TimeSource
    neighbours: dict[str, Neighbour] = field(
        default_factory=lambda: {name: Neighbour() for name in ("forms", "inbox", "persons")}
    )
    kept_dates: KeptDates = field(default_factory=KeptDates)
    platform: Platform = field(default_factory=Platform)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a contract: its elements by their names, and when it is answered.

    `reference` is what follows it through the platform's logs; no contract gives it back.
    """

    fields: Mapping[str, Any]
    now: datetime
    reference: str = ""


def _world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world


SharedWorld = Annotated[World, Depends(_world_of)]
"""The world, as an endpoint asks for it."""
