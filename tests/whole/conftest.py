from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.installation import an_installation
from tests.whole.region import Whole
from tests.whole.wheel import build, install


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One installation for all tests of this folder."""
    with an_installation(tmp_path_factory.mktemp("whole")) as running:
        yield running


@pytest.fixture
def whole(stack: Whole) -> Iterator[Whole]:
    """The installation, its neighbours well again after each test."""
    yield stack
    stack.heal()


@pytest.fixture(scope="package")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="package")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the installed wheel's commands."""
    return install(wheel, tmp_path_factory.mktemp("installed"))
