"""A whole installation, as operators run it, and what its processes use."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks import ROOT
from benchmarks.processes import Usage, usage_of
from config.settings import DatabaseSettings, LimitSettings
from tests.postgresql import EMPTY, PostgresqlServer, running_postgresql
from utskick.running.children import Children
from utskick.running.ports import HOST, choose_ports
from utskick.running.stack import Announce, Stack, running_stack
from utskick.wiring import Services, services

_NOBODY = f"http://{HOST}:9"
_ELSEWHERE = ("local-1177", "mailbox")
"""Neighbours: they run beside an installation here, and elsewhere otherwise."""

ALWAYS_OPEN = {"UTSKICK_TIMING__OPENS": "00:00", "UTSKICK_TIMING__CLOSES": "23:59:59"}
"""For those who send at any hour, as environment variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """`database` and `prefects` are the URLs of our database and of Prefect's."""

    stack: Stack
    server: PostgresqlServer | None
    database: str
    prefects: str

    @property
    def services(self) -> Services:
        return self.stack.services

    @property
    def pids(self) -> dict[str, int]:
        """Of its processes, without its neighbours."""
        started = dict(self.stack.children.pids)
        if self.server is not None and self.server.process is not None:
            started["postgresql"] = self.server.process.pid
        return {name: pid for name, pid in started.items() if name not in _ELSEWHERE}

    def usage(self) -> dict[str, Usage]:
        """What each process has used until now, with all of its own children."""
        return {name: usage_of(pid) for name, pid in self.pids.items()}


@contextmanager
def installation(folder: Path, announce: Announce) -> Iterator[Installation]:
    """On a new PostgreSQL, which keeps its promises to the disk."""
    with (
        running_postgresql() as server,
        installed(folder, server=server, announce=announce) as running,
    ):
        yield running


_UNLIMITED = {
    f"UTSKICK_LIMITS__{name.upper()}": "1000000000/s" for name in LimitSettings.model_fields
}
"""What is measured is how quick we are, not how often anybody may ask."""


@contextmanager
def installed(
    folder: Path,
    *,
    server: PostgresqlServer | None,
    settings: Mapping[str, str] = MappingProxyType({}),
    announce: Announce = lambda what: None,  # noqa: ARG005  # nobody waits for it
) -> Iterator[Installation]:
    """Both databases on `server`, or on SQLite without one. `settings` are environment variables.

    Its processes find our packages here, also those that the stock worker starts in a folder of
    its own.
    """
    with ExitStack() as parts:
        database = f"sqlite:///{folder / 'utskick.db'}"
        prefects = f"sqlite:///{folder / 'prefect' / 'prefect.db'}"
        chosen = {**_UNLIMITED, **settings, "PYTHONPATH": str(ROOT)}
        if server is not None:
            database = parts.enter_context(server.fresh_database())
            prefects = parts.enter_context(server.fresh_database(template=EMPTY))
            chosen["UTSKICK_DATABASE__URL"] = database
            chosen["PREFECT_API_DATABASE_CONNECTION_URL"] = prefects.replace("psycopg", "asyncpg")
        parts.enter_context(_environment(chosen))
        stack = parts.enter_context(running_stack(folder, choose_ports(usual=False), announce))
        yield Installation(stack=stack, server=server, database=database, prefects=prefects)


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
        **_UNLIMITED,
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
