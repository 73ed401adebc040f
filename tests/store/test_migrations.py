"""The migrations make the tables that the code believes in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from tests.clinic import open_store
from tests.postgresql import EMPTY, PostgresqlServer
from utskick.store.engine import migrate, open_engine
from utskick.store.tables import Row


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, for what is to be migrated with rows in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/utskick.db"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.fresh_database(template=EMPTY) as url:
        yield url


def test_a_migrated_database_has_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Row.metadata)

    assert differences == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)

    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0007"


def test_a_mail_that_waits_when_the_tables_change_is_sent_to_those_it_is_for(
    old_database: str,
) -> None:
    engine = open_engine(old_database)
    migrate(engine, revision="0004")
    add = text(
        'INSERT INTO error_report (id, subject, cause, text, "values", addresses, created_at,'
        " sent_at) VALUES (:id, 'paket', :cause, 'missed.txt', '{}', :addresses, :at, :sent_at)"
    )
    at, addresses = "2026-01-01 00:00:00", '["b@vgregion.se", "a@vgregion.se"]'
    with engine.begin() as connection:
        for number, sent_at in (("1", None), ("2", at)):
            key = {"id": number * 32, "cause": number}
            connection.execute(add, key | {"addresses": addresses, "at": at, "sent_at": sent_at})
    migrate(engine)
    engine.dispose()

    store = open_store(old_database)
    with store.transaction() as records:
        (waiting,) = records.error_reports.unsent(limit=9)
    store.close()

    assert waiting.id.hex == "1" * 32
    assert waiting.waiting == waiting.addresses == ("b@vgregion.se", "a@vgregion.se")
