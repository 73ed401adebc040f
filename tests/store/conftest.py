"""Every test of the store runs on both databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.postgresql import PostgresqlServer, postgresql
from tests.store.ledger import fill_register
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine
from utskick.store.vault import Vault

__all__ = ["postgresql"]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A migrated database of its own for each test."""
    name = f"{request.param}_engine"
    opened: Engine = request.getfixturevalue(name)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Closed, so that all of it is in the one file."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture
def sqlite_engine(migrated_file: Path, tmp_path: Path) -> Engine:
    shutil.copy(migrated_file, tmp_path / "utskick.db")
    return open_engine(f"sqlite:///{tmp_path}/utskick.db")


@pytest.fixture
def postgresql_engine(postgresql: PostgresqlServer) -> Iterator[Engine]:
    with postgresql.fresh_database() as url:
        yield open_engine(url)


@pytest.fixture
def vault() -> Vault:
    return Vault(keys={"1": bytes(32)}, current="1", index_key=bytes(32))


@pytest.fixture
def store(engine: Engine, vault: Vault) -> SqlStore:
    """With two units and their forms."""
    opened = SqlStore(engine, vault)
    fill_register(opened)
    return opened
