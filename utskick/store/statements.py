"""What SQLite and PostgreSQL say differently, said once."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, false, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.functions import FunctionElement

from utskick.domain.calendar import STOCKHOLM
from utskick.domain.deliveries import OPEN_STATES
from utskick.domain.writing import as_kept, find_unusable
from utskick.store.tables import Row, UtcDateTime


class database_now(FunctionElement[datetime]):  # noqa: N801  # named as the functions of SQL are
    """The database's own time, moving within a transaction too: it alone judges age (I13)."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(database_now, "postgresql")
def _on_postgresql(*_: Any, **__: Any) -> str:
    return "(clock_timestamp() AT TIME ZONE 'UTC')"


@compiles(database_now, "sqlite")
def _on_sqlite(*_: Any, **__: Any) -> str:
    # As SQLAlchemy writes a moment there, so that the two can be compared.
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"


_CLOCK = select(database_now())


def database_clock(session: Session) -> datetime:
    """What `database_now` is now."""
    moment = session.connection().scalar(_CLOCK)
    assert isinstance(moment, datetime)
    return moment


# Written out: with a bound value no database notices that a partial index applies.
OPEN: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in OPEN_STATES]

FOLDING = "und-x-icu"
"""A collation by which small and capital letters of every alphabet are distinguished."""


def matches(
    column: ColumnElement[str] | InstrumentedAttribute[str], text: str
) -> ColumnElement[bool]:
    """Whether the text is part of the column, whatever the case: of å, ä and ö as well."""
    if find_unusable(text) is not None:
        # Nothing like it is kept, and PostgreSQL would not take the question.
        return false()
    needle = "".join(f"/{c}" if c in "/%_" else c for c in as_kept(text).lower())
    return func.lower(column.collate(FOLDING)).like(f"%{needle}%", escape="/")


def start_of(day: date) -> datetime:
    """Midnight in Sweden."""
    return datetime.combine(day, time.min, STOCKHOLM).astimezone(UTC)


def insert_new(session: Session, table: type[Row], rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that no unique index knows yet; leave the others as they are."""
    if not rows:
        return
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(table) if on_postgresql else sqlite.insert(table)
    session.execute(insert.on_conflict_do_nothing(), list(rows))


T = TypeVar("T")


def all_or_each(
    session: Session, items: Sequence[T], change: Callable[[Sequence[T]], object]
) -> Sequence[T]:
    """Change all at once; if a unique index objects, each alone. Returns whose change held."""
    if not items:
        return []
    if _holds(session, partial(change, items)):
        return items
    return [item for item in items if _holds(session, partial(change, [item]))]


def _holds(session: Session, change: Callable[[], object]) -> bool:
    try:
        with session.begin_nested():
            change()
    except IntegrityError:
        return False
    return True
