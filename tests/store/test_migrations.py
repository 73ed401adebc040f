"""The migrations make the tables that the code believes in."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from utskick.store.engine import migrate
from utskick.store.tables import Row


def test_a_migrated_database_has_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Row.metadata)

    assert differences == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)

    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0004"
