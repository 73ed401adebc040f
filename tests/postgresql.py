"""A real PostgreSQL for tests: Debian's, started on a free port and thrown away afterwards."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from utskick.running.children import ending_with_us
from utskick.store.engine import migrate, open_engine

_MIGRATED = "migrated"
EMPTY = "template0"
_STARTS_WITHIN_S = 120
_NEW = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_SETTINGS = (
    "max_connections=200",
    "listen_addresses=127.0.0.1",
    # As in a Swedish installation: what is stored must not depend on the session's zone.
    "timezone=Europe/Stockholm",
)
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(slots=True)
class PostgresqlServer:
    """A server, where a migrated database is copied for each test."""

    port: int
    folder: Path
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """After a crash it has first to recover."""
        with (self.folder / "log").open("a") as log:
            command = ending_with_us(self.command, signal.SIGQUIT)
            self.process = subprocess.Popen(command, stderr=log, user=_owner())
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not self.answers():
            assert self.process.poll() is None, "PostgreSQL ended by itself"
            assert time.monotonic() < deadline, "PostgreSQL did not start in time"
            time.sleep(0.05)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """PostgreSQL's `immediate` stop: nothing is written any more, and nobody is warned."""
        self._end(signal.SIGQUIT)

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def fresh_database(self, *, template: str = _MIGRATED) -> Iterator[str]:
        """The URL of a database with all tables and no rows; dropped afterwards."""
        name = f"test_{uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE {template}')
        try:
            yield self.url(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self, database: str) -> None:
        """Cut off everybody who uses the database, and let nobody in."""
        self._run(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", database
        )

    def reopen(self, database: str) -> None:
        self._run(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')

    def make_migrated(self) -> None:
        self._run(f"CREATE DATABASE {_MIGRATED}")
        engine = open_engine(self.url(_MIGRATED))
        migrate(engine)
        engine.dispose()

    def answers(self) -> bool:
        try:
            self._run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait()

    def _run(self, statement: str, *values: str) -> None:
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode(), values)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    try:
        with running_postgresql(*_QUICK) as server:
            yield server
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@contextmanager
def running_postgresql(*more_settings: str) -> Iterator[PostgresqlServer]:
    """A new server, with a migrated database to copy. Raises `FileNotFoundError`."""
    binaries = _binaries()
    if binaries is None:
        raise FileNotFoundError("no PostgreSQL here: install Debian's package postgresql")
    with _temporary_folder() as folder:
        data = f"{folder}/data"
        _run_as_owner(f"{binaries}/initdb", "-D", data, *_NEW)
        port = _free_port()
        settings = [part for each in (*_SETTINGS, *more_settings) for part in ("-c", each)]
        command = [f"{binaries}/postgres", "-D", data, "-p", str(port), "-k", str(folder)]
        server = PostgresqlServer(port, folder, [*command, *settings])
        server.start()
        try:
            server.make_migrated()
            yield server
        finally:
            server.stop()


def _binaries() -> Path | None:
    """The newest version's."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((path.parent for path in found), key=_version, default=None)


def _version(binaries: Path) -> float:
    return float(binaries.parent.name)


def _owner() -> str:
    """PostgreSQL refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    # pytest's own folders are closed to the owner that PostgreSQL needs.
    folder = Path(tempfile.mkdtemp(prefix="utskick-postgresql-"))
    shutil.chown(folder, _owner())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _run_as_owner(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, user=_owner())


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
