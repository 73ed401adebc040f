"""Fixtures that many tests share. Fast tests run first."""

import asyncio
import gc
import importlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.access_log import log
from tests.clinic import Clinic, clinic_of, load_clinic, open_store
from tests.postgresql import postgresql
from tests.sqlite import SqliteFiles
from tests.vault import a_vault
from utskick.adapters.in_memory.clock import WatchedLoop
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine

__all__ = ["log", "postgresql"]

_ORDER = (
    *("domain", "adapters", "store", "sending", "use_cases", "manual", "config", "local_1177"),
    "web",
)
"""The rest starts servers and comes last, as they stand; then Prefect, and then the browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder == "browser":
            # Once it has been opened its event loop runs, and no other can.
            return len(_ORDER) + 2
        if isinstance(item, pytest.Function) and _needs_prefect(item):
            # A server that has nothing to do takes its part of the machine all the same.
            return len(_ORDER) + 1
        return _ORDER.index(folder) if folder in _ORDER else len(_ORDER)

    items.sort(key=place)


def _needs_prefect(item: pytest.Function) -> bool:
    """Also one that is tried with a twin as well, and only then with the real thing."""
    chosen = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "prefect_server" in item.fixturenames or "prefect" in chosen


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"watched": WatchedLoop}


def pytest_collection_finish() -> None:
    # All that was imported and collected stays: let no collection of garbage look through it.
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def sqlite_files() -> SqliteFiles:
    return SqliteFiles()


@pytest.fixture
def store(
    request: pytest.FixtureRequest, sqlite_files: SqliteFiles, migrated: Path, tmp_path: Path
) -> Iterator[SqlStore]:
    """Empty, unless the clinic is asked for as well."""
    of_clinic = "clinic" in request.fixturenames
    source = request.getfixturevalue("with_clinic") if of_clinic else migrated
    with sqlite_files.copy_of(source, tmp_path / "utskick.db") as engine:
        yield SqlStore(engine, a_vault())


@pytest.fixture
def clinic(store: SqlStore) -> Clinic:
    return clinic_of(store)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One for all, as it takes its time to start: each test looks for its own runs alone."""
    # Only now, as Prefect takes its time to import.
    running_prefect = importlib.import_module("tests.prefect_server").running_prefect
    with running_prefect(tmp_path_factory.mktemp("prefect")) as running:
        yield running
