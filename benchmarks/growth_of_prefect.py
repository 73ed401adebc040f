"""How much Prefect's own database grows: bytes, and rows of each table."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import psycopg
from psycopg import sql

_TABLES_OF_POSTGRESQL = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_TABLES_OF_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table'"


@dataclass(frozen=True, slots=True)
class Size:
    size_bytes: int
    rows: Mapping[str, float]

    def for_each(self, number: int, *, since: "Size") -> "Size":
        """What each of so many has added, rounded. Tables that have not grown are left out."""
        grown = {name: rows - since.rows.get(name, 0) for name, rows in self.rows.items()}
        added = self.size_bytes - since.size_bytes
        rows = {name: round(rows / number, 2) for name, rows in sorted(grown.items()) if rows > 0}
        return Size(round(added / number), rows)


def size_of(database: str) -> Size:
    """`database` is an URL as SQLAlchemy writes it."""
    if database.startswith("postgresql"):
        return _of_postgresql(database.replace("+psycopg", ""))
    return _of_sqlite(database.removeprefix("sqlite:///"))


def _of_postgresql(url: str) -> Size:
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(_TABLES_OF_POSTGRESQL).fetchall()]
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert size is not None
        counting = sql.SQL("SELECT count(*) FROM {}")
        rows = {}
        for name in tables:
            count = connection.execute(counting.format(sql.Identifier(name))).fetchone()
            assert count is not None
            rows[name] = count[0]
    return Size(size[0], rows)


def _of_sqlite(file: str) -> Size:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
        tables = [name for (name,) in connection.execute(_TABLES_OF_SQLITE)]
        rows = {
            name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            for name in tables
        }
        pages, page_size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "page_size")
        )
    return Size(pages * page_size, rows)
