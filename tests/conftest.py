"""Fixtures that many tests share. Fast tests run first."""

import shutil
from pathlib import Path

import pytest

from tests.clinic import Clinic, a_clinic, open_store
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine

_ORDER = ("domain", "adapters", "store", "use_cases", "manual", "config", "local_1177", "web")
"""The rest starts servers and comes last, as they stand; and after them the browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder == "browser":
            # Once it has been opened its event loop runs, and no other can.
            return len(_ORDER) + 1
        return _ORDER.index(folder) if folder in _ORDER else len(_ORDER)

    items.sort(key=place)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables: copied, that is quicker than to migrate for each test."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    # Until it is closed, what was written lies in a file beside it.
    engine.dispose()
    return path


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> SqlStore:
    shutil.copy(migrated, tmp_path / "utskick.db")
    return open_store(f"sqlite:///{tmp_path}/utskick.db")


@pytest.fixture
def clinic(store: SqlStore) -> Clinic:
    return a_clinic(store)
