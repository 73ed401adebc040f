"""The migrations make the tables that the code believes in."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from tests.clinic import open_store
from utskick.store.engine import migrate, open_engine
from utskick.store.tables import Row


def test_a_migrated_database_has_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Row.metadata)

    assert differences == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)

    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0006"


def test_a_mail_that_waits_when_the_tables_change_is_sent_to_those_it_is_for(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/utskick.db"
    engine = open_engine(url)
    migrate(engine, revision="0004")
    add = text(
        'INSERT INTO error_report (id, subject, cause, text, "values", addresses, created_at,'
        " sent_at) VALUES (:id, 'paket', :id, 'missed.txt', '{}', :addresses, :at, :sent_at)"
    )
    at, addresses = "2026-01-01 00:00:00", '["b@vgregion.se", "a@vgregion.se"]'
    with engine.begin() as connection:
        for number, sent_at in (("1", None), ("2", at)):
            values = {"id": number * 32, "addresses": addresses, "at": at, "sent_at": sent_at}
            connection.execute(add, values)
    migrate(engine)
    engine.dispose()

    with open_store(url).transaction() as records:
        (waiting,) = records.error_reports.unsent(limit=9)

    assert waiting.id.hex == "1" * 32
    assert waiting.waiting == waiting.addresses == ("b@vgregion.se", "a@vgregion.se")
