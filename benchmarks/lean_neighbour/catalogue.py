"""Which templates a unit may send: the local 1177's own answers, each kept once it was given."""

import sqlite3
from functools import cache
from pathlib import Path

from utskick.local_1177.seed import seed_once
from utskick.local_1177.state import open_state
from utskick.local_1177.templates import available_versions, why_not_sendable


class Catalogue:
    """Nothing in it changes, so it costs a call no more than a look into a dictionary."""

    def __init__(self, state: sqlite3.Connection) -> None:
        self._state = state
        self.available = cache(self._available)
        self.why_not_sendable = cache(self._why_not_sendable)
        newest = state.execute(
            "SELECT * FROM template JOIN template_version ON template_id = id ORDER BY version"
        )
        self.templates = {row["id"]: row for row in newest}

    def _available(self, unit: str) -> tuple[sqlite3.Row, ...]:
        return tuple(available_versions(self._state, unit))

    def _why_not_sendable(self, template_id: str, unit: str) -> str | None:
        return why_not_sendable(self._state, template_id, unit)


def read_catalogue(region: Path) -> Catalogue:
    state = open_state(Path(":memory:"))
    seed_once(state, region)
    return Catalogue(state)
