"""Databases whose own clock is the world's, emptied or set back in a moment."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, event, insert, select

from tests.chaos.virtual import World
from tests.clinic import MONDAY_NOON, a_clinic
from tests.vault import a_vault
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine
from utskick.store.tables import Row

Backup = Mapping[Table, Sequence[Mapping[str, Any]]]

_LOADED_ONCE = {"unit", "form_template", "package_template", "subscription"}
_LOCK_TIMEOUT_MS = 20
"""There is but one thread: whoever holds the lock cannot let go of it meanwhile."""


class Database:
    """The product's own engine and store, with a region loaded.

    Only the database's idea of the time is taken over, and that in SQL: no code of the product.
    """

    def __init__(self, url: str) -> None:
        self.world = World(MONDAY_NOON)
        self.engine = open_engine(url)
        if self.has_locks:
            self._teach_postgresql()
        else:
            event.listen(self.engine, "connect", self._teach_sqlite)
        migrate(self.engine)
        vault = a_vault()
        self.store = SqlStore(self.engine, vault)
        a_clinic(self.store)

    @property
    def has_locks(self) -> bool:
        """Whether two transactions can be open at once, and wait for each other's rows."""
        return self.engine.dialect.name == "postgresql"

    def begin(self, world: World) -> None:
        """Empty it, but for the region, and live in another world."""
        self.world = world
        with self.engine.begin() as connection:
            for table in reversed(Row.metadata.sorted_tables):
                if table.name not in _LOADED_ONCE:
                    connection.execute(delete(table))

    def back_up(self) -> Backup:
        with self.engine.begin() as connection:
            return {
                table: [dict(row) for row in connection.execute(select(table)).mappings()]
                for table in Row.metadata.sorted_tables
                if table.name not in _LOADED_ONCE
            }

    def restore(self, backup: Backup) -> None:
        with self.engine.begin() as connection:
            for table in reversed(list(backup)):
                connection.execute(delete(table))
            for table, rows in backup.items():
                if rows:
                    connection.execute(insert(table), rows)

    def _teach_sqlite(self, connection: Any, _record: object) -> None:
        def now(how: str, _when: str) -> str:
            assert how == "%Y-%m-%d %H:%M:%f"
            return self.world.now.replace(tzinfo=None).isoformat(" ", "milliseconds")

        connection.create_function("strftime", 2, now)
        connection.execute("PRAGMA synchronous = OFF")

    def _teach_postgresql(self) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA chaos")
            connection.exec_driver_sql(
                "CREATE FUNCTION chaos.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
                " AS $$ SELECT current_setting('chaos.now')::timestamptz $$"
            )
        self.engine.dispose()
        event.listen(self.engine, "connect", _look_in_chaos_first)
        event.listen(self.engine, "begin", self._set_time)

    def _set_time(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL chaos.now = '{self.world.now.isoformat()}'")


def _look_in_chaos_first(connection: Any, _record: object) -> None:
    connection.execute("SET search_path TO chaos, pg_catalog, public")
    connection.execute(f"SET lock_timeout = {_LOCK_TIMEOUT_MS}")
    connection.commit()
