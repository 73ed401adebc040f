"""Opening a database so that SQLite and PostgreSQL keep the same promises."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from utskick.domain.starting import RefusedToStart
from utskick.ports import TemporaryFailure
from utskick.store.before_keys import has_entries_without_keys, note_before_keys
from utskick.store.key_checks import check_keys
from utskick.store.statements import FOLDING, database_clock
from utskick.store.tables import LogBeforeKeysRow
from utskick.store.vault import Vault

_BUSY_TIMEOUT_MS = 30_000
_MIGRATING = 1177
_ONE_THREAD = Lock()
"""Alembic bears one thread of a process at a time."""
_REACH = {
    # A network that swallows everything: to be noticed within half a minute, in any state.
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def open_engine(url: str) -> Engine:
    """`sqlite:///path` or `postgresql+psycopg://…`. Statement parameters never reach a log."""
    reach = _REACH if url.startswith("postgresql") else {}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=reach)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def reach_of(url: str) -> Mapping[str, object]:
    """What the driver is given to reach the database with, wherever in the URL it stands."""
    parts = make_url(url)
    return parts.get_dialect()().create_connect_args(parts)[1]


@contextmanager
def looking_into(url: str) -> Iterator[Engine]:
    """A database that is there and can be reached; to look does not make one.

    Raises `RefusedToStart` if it has not been made, and `TemporaryFailure` in the driver's words:
    nothing has been read by then.
    """
    engine = open_engine(url)
    try:
        if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
            raise RefusedToStart("there is no such file: `utskick migrate` makes it")
        _connect(engine)
        yield engine
    finally:
        engine.dispose()


def _connect(engine: Engine) -> None:
    try:
        engine.connect().close()
    except DBAPIError as error:
        first, *_ = str(error.orig).splitlines() or [type(error).__name__]
        raise TemporaryFailure(first) from None


def require_migrated(engine: Engine) -> None:
    """Raises `RefusedToStart` unless the tables are those of this version. Changes nothing."""
    ours = _newest_version()
    with engine.connect() as connection:
        theirs = MigrationContext.configure(connection).get_current_revision()
    if theirs != ours:
        raise RefusedToStart(
            f"UTSKICK_DATABASE__URL has tables of version {theirs or 'none'}, and this program"
            f" needs {ours}: run `utskick migrate`, of the newest version that is in use"
        )


def migrate(
    engine: Engine, *, revision: str = "head", vault: Callable[[], Vault] | None = None
) -> None:
    """Bring the tables up to date; nothing happens if they are.

    `vault` is asked for if the access log has entries that are older than its keys. Raises
    `RefusedToStart`, and changes nothing, if there are such entries and no vault.
    """
    config = _alembic()
    with _ONE_THREAD, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # Two processes that start at once on an empty database take turns.
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
        config.attributes["connection"] = connection
        had = _has_before_keys(connection)
        command.upgrade(config, revision)
        if not had and _has_before_keys(connection):
            _note_before_keys(connection, vault)


def _has_before_keys(connection: Connection) -> bool:
    return inspect(connection).has_table(LogBeforeKeysRow.__tablename__)


def _note_before_keys(connection: Connection, vault: Callable[[], Vault] | None) -> None:
    """Once, with the table: whoever may only write rows never gets a second time."""
    with Session(connection) as session:
        if not has_entries_without_keys(session):
            return
        try:
            opened = vault() if vault else None
        except FileNotFoundError:
            opened = None
        if opened is None:
            raise RefusedToStart(
                "the access log has entries that are older than its keys, which seal how far"
                " they reach: run `utskick migrate` where the keys are"
            )
        # The wrong ones would seal what nobody could open.
        check_keys(connection, opened, now=database_clock(session))
        note_before_keys(session, opened)
        session.flush()


@cache
def _newest_version() -> str | None:
    """Of this program, which does not change while it runs: to find it all migrations are read."""
    return ScriptDirectory.from_config(_alembic()).get_current_head()


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "utskick.store:migrations")
    return config


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late: reading first and writing later could then collide.
    connection.isolation_level = None
    # SQLite's own know nothing of å, ä and ö; PostgreSQL has them of the same names.
    connection.create_function("lower", 1, _lower, deterministic=True)
    connection.create_collation(FOLDING, _in_order)
    cursor = connection.cursor()
    for setting in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        # An intent must outlive a power cut, as the call that follows it does.
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _lower(text: str | None) -> str | None:
    return text and text.lower()


def _in_order(one: str, other: str) -> int:
    return (one > other) - (one < other)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
