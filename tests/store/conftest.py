"""Every test of the store runs on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from tests.postgresql import PostgresqlServer
from tests.sqlite import SqliteFiles
from tests.store.ledger import fill_register
from tests.vault import a_vault
from utskick.store import SqlStore
from utskick.store.engine import open_engine
from utskick.store.tables import Row
from utskick.store.vault import Vault

_EMPTIED = ";".join(str(delete(table)) for table in reversed(Row.metadata.sorted_tables))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated database without rows."""
    opened: Engine = request.getfixturevalue(f"{request.param}_engine")
    return opened


@pytest.fixture
def sqlite_engine(sqlite_files: SqliteFiles, migrated: Path, tmp_path: Path) -> Iterator[Engine]:
    with sqlite_files.copy_of(migrated, tmp_path / "utskick.db") as opened:
        yield opened


@pytest.fixture(scope="session")
def postgresql_database(postgresql: PostgresqlServer) -> Iterator[Engine]:
    with postgresql.fresh_database() as url:
        opened = open_engine(url)
        yield opened
        opened.dispose()


@pytest.fixture
def postgresql_engine(postgresql_database: Engine) -> Engine:
    """The same database emptied: much quicker than a new one for each test."""
    with postgresql_database.begin() as connection:
        connection.exec_driver_sql(_EMPTIED)
    return postgresql_database


@pytest.fixture
def vault() -> Vault:
    return a_vault()


@pytest.fixture
def store(engine: Engine, vault: Vault) -> SqlStore:
    """With two units and their forms."""
    opened = SqlStore(engine, vault)
    fill_register(opened)
    return opened
