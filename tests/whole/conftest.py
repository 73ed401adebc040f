from collections.abc import Iterator

import pytest

from tests.whole.installation import an_installation
from tests.whole.region import Whole


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
