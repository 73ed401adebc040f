"""A whole installation on PostgreSQL, as operators run it, and what its processes use."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.processes import Usage, usage_of
from config.settings import DatabaseSettings
from tests.postgresql import EMPTY, PostgresqlServer, running_postgresql
from utskick.running.children import Children
from utskick.running.ports import HOST, choose_ports
from utskick.running.stack import Stack, Teller, running_stack
from utskick.wiring import Services, services

_NOBODY = f"http://{HOST}:9"
OURS = ("prefect", "worker", "web", "postgresql")
"""The processes of an installation; its neighbours run beside it here, and elsewhere otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """`database` and `prefects` are the URLs of our database and of Prefect's."""

    stack: Stack
    server: PostgresqlServer
    database: str
    prefects: str

    @property
    def services(self) -> Services:
        return self.stack.services

    @property
    def pids(self) -> dict[str, int]:
        assert self.server.process is not None
        return {**self.stack.children.pids, "postgresql": self.server.process.pid}

    def usage(self) -> dict[str, Usage]:
        """What each of `OURS` has used until now, with all of its own children."""
        return {name: usage_of(pid) for name, pid in self.pids.items() if name in OURS}


@contextmanager
def installation(folder: Path, tell: Teller) -> Iterator[Installation]:
    """Both databases on one new server, which keeps its promises to the disk."""
    before = dict(os.environ)
    with (
        running_postgresql() as server,
        server.fresh_database() as database,
        server.fresh_database(template=EMPTY) as prefects,
    ):
        os.environ.update(
            {
                "UTSKICK_DATABASE__URL": database,
                "PREFECT_API_DATABASE_CONNECTION_URL": prefects.replace("psycopg", "asyncpg"),
            }
        )
        services.cache_clear()
        try:
            with running_stack(folder, choose_ports(usual=False), tell) as stack:
                yield Installation(
                    stack=stack, server=server, database=database, prefects=prefects
                )
        finally:
            os.environ.clear()
            os.environ.update(before)
            services.cache_clear()


@contextmanager
def web_alone(folder: Path, database: DatabaseSettings) -> Iterator[str]:
    """The web process over a database that is there already; its neighbours are away."""
    port = choose_ports(usual=False).web
    environment = {
        "UTSKICK_DATABASE__URL": database.url,
        "UTSKICK_DATABASE__KEY_FILE": str(database.key_file),
        "UTSKICK_FORMS__URL": _NOBODY,
        "UTSKICK_INBOX__URL": _NOBODY,
        "UTSKICK_PERSONS__URL": _NOBODY,
        "UTSKICK_SCHEDULER__API_URL": _NOBODY,
        "UTSKICK_WEB__PORT": str(port),
    }
    with Children(logs=folder / "logs", environment=environment) as children:
        children.start("web", [sys.executable, "-m", "utskick.web"])
        children.wait_healthy("web", f"http://{HOST}:{port}/health")
        yield f"http://{HOST}:{port}"


def circumstances() -> dict[str, Any]:
    """When and on what something was measured."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 1),
            "python": platform.python_version(),
        },
    }
