"""Every test of the store runs on both databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from tests.postgresql import PostgresqlServer
from tests.store.ledger import fill_register
from tests.vault import a_vault
from utskick.store import SqlStore
from utskick.store.engine import open_engine
from utskick.store.tables import Row
from utskick.store.vault import Vault


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated database without rows."""
    opened: Engine = request.getfixturevalue(f"{request.param}_engine")
    return opened


@pytest.fixture
def sqlite_engine(migrated: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(migrated, tmp_path / "utskick.db")
    opened = open_engine(f"sqlite:///{tmp_path}/utskick.db")
    yield opened
    opened.dispose()


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
        for table in reversed(Row.metadata.sorted_tables):
            connection.execute(delete(table))
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
