"""Fixtures that many tests share. Fast tests run first."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic import Clinic, clinic_of, load_clinic, open_store
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


@pytest.fixture(scope="session")
def with_clinic(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the clinic's region."""
    path = tmp_path_factory.mktemp("clinic") / "clinic.db"
    shutil.copy(migrated, path)
    store = open_store(f"sqlite:///{path}", migrated=True)
    load_clinic(store)
    store.close()
    return path


@pytest.fixture
def store(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[SqlStore]:
    """Empty, unless the clinic is asked for as well."""
    of_clinic = "clinic" in request.fixturenames
    source = request.getfixturevalue("with_clinic") if of_clinic else migrated
    shutil.copy(source, tmp_path / "utskick.db")
    opened = open_store(f"sqlite:///{tmp_path}/utskick.db", migrated=True)
    yield opened
    opened.close()


@pytest.fixture
def clinic(store: SqlStore) -> Clinic:
    return clinic_of(store)
