"""Filling a table fast: COPY into PostgreSQL, one prepared statement into SQLite."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, insert

from utskick.store.tables import Row

_AT_ONCE = 5000
Values = Mapping[str, Any]


def put(connection: Connection, table: type[Row], rows: Iterable[Values]) -> int:
    """Insert the rows, all with the same columns; return how many they were."""
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:
        return 0
    every = chain([first], waiting)
    if connection.dialect.name == "postgresql":
        return _copy(connection, table, tuple(first), every)
    return _insert(connection, table, every)


def _copy(
    connection: Connection, table: type[Row], columns: Sequence[str], rows: Iterable[Values]
) -> int:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.__tablename__), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    as_bound = [(column, _binding(connection, table, column)) for column in columns]
    number = 0
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([bind(row[column]) for column, bind in as_bound])
            number += 1
    return number


def _binding(connection: Connection, table: type[Row], column: str) -> Callable[[Any], Any]:
    """What SQLAlchemy does to a value of the column before the driver gets it."""
    kind = table.__table__.columns[column].type.dialect_impl(connection.dialect)
    bind: Callable[[Any], Any] | None = kind.bind_processor(connection.dialect)
    return bind or (lambda value: value)


def _insert(connection: Connection, table: type[Row], rows: Iterator[Values]) -> int:
    number = 0
    while batch := list(islice(rows, _AT_ONCE)):
        connection.execute(insert(table), batch)
        number += len(batch)
    return number
