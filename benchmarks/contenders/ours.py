"""The product's occasion, as a process, on PostgreSQL or SQLite."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.contenders.contender import Arena, Sender

_PREPARED_WITHIN_S, _PREPARED_EACH_S = 3, 0.01
SHORT: Mapping[str, Mapping[str, float]] = {
    "platform": {"answers_within_s": 0.6},
    "timing": {"lease_s": 4.5, "reconcile_s": 1},
    "forms": {
        "connect_timeout_s": 0.5,
        "read_timeout_s": 1.5,
        "settle_s": 4,
        "clock_skew_s": 1,
    },
}
"""In place of a lease of 45 s and settling after 60 s, so that recovery need not be waited for."""


class Ours:
    def __init__(self, arena: Arena, name: str, database_url: str, *, short: bool) -> None:
        self.name = name
        self._arena = arena
        self._settings = _settings(arena, name, database_url, SHORT if short else {})
        self._on_postgresql = database_url.startswith("postgresql")
        self._occasion = ""
        self._sender = self._start()

    @property
    def pids(self) -> Mapping[str, int]:
        server = self._arena.postgresql.process
        assert server is not None
        return {"sender": self._sender.pid} | (
            {"postgresql": server.pid} if self._on_postgresql else {}
        )

    def send(self) -> Mapping[str, float]:
        self.begin()
        heard = self._sender.hear("sent")
        return {name: heard[name] for name in ("seconds", "preparing_s", "closing_s")}

    def begin(self) -> None:
        """Returns when all is prepared and the moment is waited for."""
        within_s = _PREPARED_WITHIN_S + len(self._arena.assignment.numbers) * _PREPARED_EACH_S
        self._sender.ask({"within_s": within_s})
        self._occasion = self._sender.hear("prepared")["occasion"]

    def kill(self) -> None:
        self._sender.kill()

    def recover(self) -> None:
        """A new process, which may claim the occasion when the dead one's lease has run out."""
        self._sender = self._start()
        self._sender.ask({"resume": self._occasion})

    @property
    def at_rest(self) -> bool:
        return self._sender.has_said("sent")

    def _start(self) -> Sender:
        return Sender(
            "benchmarks.senders.ours",
            str(self._arena.assignment_file),
            json.dumps(self._settings),
            log=self._arena.folder / f"{self.name}.log",
        )


@contextmanager
def ours_on_postgresql(arena: Arena, *, short: bool = False) -> Iterator[Ours]:
    with arena.postgresql.fresh_database() as url:
        ours = Ours(arena, "ours", url, short=short)
        try:
            yield ours
        finally:
            ours.kill()


@contextmanager
def ours_on_sqlite(arena: Arena, *, short: bool = False) -> Iterator[Ours]:
    file = arena.folder / f"utskick{'-short' if short else ''}.db"
    ours = Ours(arena, "ours_sqlite", f"sqlite:///{file}", short=short)
    try:
        yield ours
    finally:
        ours.kill()


def _settings(
    arena: Arena, name: str, database_url: str, short: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    """The defaults, but for addresses, hours, and the rates of what is not measured."""
    url, concurrency = arena.assignment.url, arena.assignment.concurrency
    key_file = str(arena.folder / f"{name}-keys.json")
    chosen: dict[str, dict[str, Any]] = {
        "database": {"url": database_url, "key_file": key_file},
        "platform": {},
        "forms": {"url": url, "concurrency": concurrency},
        "inbox": {"url": url, "concurrency": concurrency},
        "persons": {"url": url, "per_s": 1000},
        "timing": {"opens": "00:00", "closes": "23:59:59"},
    }
    return {group: values | dict(short.get(group, {})) for group, values in chosen.items()}
