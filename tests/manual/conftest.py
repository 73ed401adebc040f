"""A local 1177 with the demo region, its residents' browsers, and a mailbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.region import REGION, read_persons
from tests.local_1177.conftest import Local, Resident, ref_of, served
from tests.local_1177.test_mailbox import Mailbox, open_mailbox
from tests.manual.psychiatry import Psychiatry, a_psychiatry
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


@pytest.fixture
def psychiatry(store: SqlStore, local: Local) -> Psychiatry:
    return a_psychiatry(store, local_1177=local.url, now=local.now)


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
