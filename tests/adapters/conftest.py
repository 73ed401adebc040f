from collections.abc import Iterator

import pytest

from tests.adapters.neighbours import ARCHIVED_FORM, LocalNeighbours, Neighbours, TwinNeighbours
from tests.local_1177.conftest import Local, served
from tests.local_1177.region import NAFS, OWN, SHARED, write_region
from utskick.local_1177.app import create_app


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    folder = tmp_path_factory.mktemp("neighbours")
    local = Local()
    region = write_region(folder / "region")
    app = create_app(folder / "state.db", region, clock=lambda: local.now)
    with served(app) as local.url, local.client:
        yield local


@pytest.fixture
def local(running: Local) -> Local:
    running.reset()
    for template_id in (OWN, SHARED, NAFS):
        running.control(f"templates/{template_id}/publish")
    running.control(f"templates/{ARCHIVED_FORM}/archive")
    return running


@pytest.fixture(params=["in-memory", "http"])
def neighbours(request: pytest.FixtureRequest) -> Neighbours:
    if request.param == "in-memory":
        return TwinNeighbours()
    return LocalNeighbours(request.getfixturevalue("local"))
