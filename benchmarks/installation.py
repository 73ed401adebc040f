"""A whole installation, as operators run it, in front of the lean neighbour."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.neighbours import LeanNeighbour
from benchmarks.processes import Usage, usage_of
from config.settings import HERE
from tests.postgresql import EMPTY, PostgresqlServer
from utskick.running.ports import choose_ports
from utskick.running.stack import Stack, running_stack
from utskick.wiring import services


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """`prefect_database` is where Prefect keeps its own, a URL or an SQLite file."""

    stack: Stack
    postgresql: PostgresqlServer | None
    prefect_database: str

    @property
    def pids(self) -> Mapping[str, int]:
        found = dict(self.stack.children.pids)
        if self.postgresql is not None and self.postgresql.process is not None:
            found["postgresql"] = self.postgresql.process.pid
        return found

    def usage(self) -> dict[str, Usage]:
        return {name: usage_of(pid) for name, pid in self.pids.items()}


@contextmanager
def running_installation(
    folder: Path,
    *,
    neighbour: LeanNeighbour,
    postgresql: PostgresqlServer | None,
    settings: Mapping[str, str],
) -> Iterator[Installation]:
    """On PostgreSQL if there is one, else on SQLite. `settings` are environment variables."""
    with ExitStack() as parts:
        chosen = dict(settings) | {
            "UTSKICK_TIMING__OPENS": "00:00",
            "UTSKICK_TIMING__CLOSES": "23:59:59",
            "UTSKICK_FORMS__URL": f"{neighbour.url}/forms",
            "UTSKICK_INBOX__URL": f"{neighbour.url}/inbox",
            "UTSKICK_PERSONS__URL": f"{neighbour.url}/persons",
            # The stock worker runs flows in a folder of its own.
            "PYTHONPATH": str(HERE.parent),
        }
        prefect_database = str(folder / "prefect" / "prefect.db")
        if postgresql is not None:
            chosen["UTSKICK_DATABASE__URL"] = parts.enter_context(postgresql.fresh_database())
            prefect_database = parts.enter_context(postgresql.fresh_database(template=EMPTY))
            chosen["PREFECT_API_DATABASE_CONNECTION_URL"] = prefect_database.replace(
                "psycopg", "asyncpg"
            )
        parts.enter_context(_environment(chosen))
        stack = parts.enter_context(running_stack(folder, choose_ports(usual=False), _say_nothing))
        yield Installation(stack=stack, postgresql=postgresql, prefect_database=prefect_database)


@contextmanager
def _environment(chosen: Mapping[str, str]) -> Iterator[None]:
    """Around this process's own services, which are kept until the settings change."""
    before = dict(os.environ)
    os.environ.update(chosen)
    services.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        services.cache_clear()


def _say_nothing(what: str) -> None:
    del what
