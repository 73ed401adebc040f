"""A local 1177 with the demo region, its residents' browsers, and a mailbox."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic import open_store
from tests.config.region import read_persons
from tests.local_1177.conftest import Local, Resident, ref_of, served
from tests.local_1177.test_mailbox import Mailbox, open_mailbox
from tests.manual.psychiatry import Psychiatry, a_psychiatry, load_demo_region
from tests.sqlite import SqliteFiles
from tests.vault import a_vault
from utskick.files import REGION
from utskick.local_1177.app import create_app
from utskick.store import SqlStore


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    local = Local()
    state = tmp_path_factory.mktemp("manual") / "state.db"
    with (
        served(create_app(state, REGION, clock=lambda: local.now)) as local.url,
        local.client,
    ):
        yield local


@pytest.fixture
def local(running: Local) -> Local:
    running.reset()
    return running


@pytest.fixture(scope="session")
def loaded(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo region: copied, as it takes its time to load."""
    path = tmp_path_factory.mktemp("demo") / "region.db"
    shutil.copy(migrated, path)
    store = open_store(f"sqlite:///{path}", migrated=True)
    load_demo_region(store)
    # Until it is closed, what was written lies in a file beside it.
    store.close()
    return path


@pytest.fixture
def demo(sqlite_files: SqliteFiles, loaded: Path, tmp_path: Path) -> Iterator[SqlStore]:
    """A store with the demo region."""
    with sqlite_files.copy_of(loaded, tmp_path / "demo.db") as engine:
        yield SqlStore(engine, a_vault())


@pytest.fixture
def psychiatry(demo: SqlStore, local: Local) -> Psychiatry:
    return a_psychiatry(demo, local_1177=local.url, now=local.now)


@pytest.fixture
def someone() -> str:
    """The personnummer of a resident whom no other test has met."""
    return next(_residents)


@pytest.fixture
def resident(local: Local, someone: str) -> Iterator[Resident]:
    """The browser of `someone`, signed in."""
    browser = Resident(local)
    browser.sign_in(ref_of(local, someone))
    yield browser
    browser.close()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with open_mailbox(tmp_path / "mails") as opened:
        yield opened


_residents = iter(
    person["personnummer"]
    for person in read_persons()
    if person["account"] == "yes"
    and person["notified_by"]
    and not (person["protected"] or person["deregistered"] or person["guardians"])
)
