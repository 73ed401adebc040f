"""SQLite for many tests: each has a file of its own, and all have one engine.

What an engine has compiled it keeps for as long as it lives, and compiling is half of what a short
test costs.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from utskick.store.engine import open_engine


class SqliteFiles:
    """The engine, which connects to whatever file the test at hand has opened."""

    def __init__(self) -> None:
        self._engine = open_engine("sqlite:///of-the-test-at-hand.db")
        self._path = Path()
        event.listen(self._engine, "do_connect", self._choose)
        event.listen(self._engine, "connect", fear_no_power_cut)

    @contextmanager
    def copy_of(self, source: Path, path: Path) -> Iterator[Engine]:
        """A copy of `source` at `path`, which is closed afterwards."""
        shutil.copy(source, path)
        self._path = path
        yield self._engine
        self._engine.dispose()

    def _choose(self, _dialect: object, _record: object, arguments: list[Any], _: object) -> None:
        arguments[0] = str(self._path)


def fear_no_power_cut(connection: Any, _record: object) -> None:
    """Write without waiting for the disk."""
    connection.execute("PRAGMA synchronous = OFF")
