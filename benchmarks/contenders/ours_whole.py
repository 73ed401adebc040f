"""The product as it is installed: a real Prefect server, our worker, PostgreSQL."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.contenders.contender import Arena
from benchmarks.installation import ALWAYS_OPEN, Installation, installed
from benchmarks.senders.assignments import Assignment
from benchmarks.senders.ours import start

_LEAD_S, _DUE_WITHIN_S = 15, 30
"""A short lead: one occasion alone is prepared in a second or two."""


class OursWhole:
    name = "ours_whole"

    def __init__(self, installation: Installation, assignment: Assignment) -> None:
        self._installation = installation
        self._assignment = assignment

    @property
    def pids(self) -> Mapping[str, int]:
        return self._installation.pids

    def send(self) -> Mapping[str, float]:
        services = self._installation.services
        dispatch = asyncio.run(start(self._assignment, services, within_s=_DUE_WITHIN_S))
        return {"began": dispatch.occasions[0].sends_at.timestamp()}


@contextmanager
def ours_whole(arena: Arena) -> Iterator[OursWhole]:
    settings = (
        arena.neighbour.settings
        | ALWAYS_OPEN
        | {
            "UTSKICK_TIMING__LEAD_S": str(_LEAD_S),
            "UTSKICK_FORMS__CONCURRENCY": str(arena.assignment.concurrency),
            "UTSKICK_PERSONS__PER_S": "1000",
        }
    )
    folder = arena.folder / "whole"
    with installed(folder, server=arena.postgresql, settings=settings) as installation:
        yield OursWhole(installation, arena.assignment)
