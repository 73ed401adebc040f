"""The access log as a test reads it: what use cases leave behind them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from utskick.adapters.in_memory import InMemoryLogHeads
from utskick.domain.rules import Rules
from utskick.domain.units import HsaId
from utskick.ports import LogHeads
from utskick.records import Store
from utskick.use_cases.check_access_log import CheckAccessLog

Log = Callable[[], list[str]]
"""The access log so far: what was done, and whether it was about a person."""


def is_whole(store: Store, unit_id: HsaId, heads: LogHeads | None = None) -> bool:
    """Whether the unit's log is what its chain, and its heads, say that it is."""
    return (
        CheckAccessLog(store=store, log_heads=heads or InMemoryLogHeads(), rules=Rules())
        .check_log(unit_id)
        .whole
    )


@pytest.fixture
def log(tmp_path: Path) -> Log:
    def read() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "utskick.db")) as connection:
            rows = connection.execute(
                "SELECT activity, act, person_id FROM access_log ORDER BY unit_id, number"
            )
            return [
                f"{activity}: {act}{' (person)' if person else ''}"
                for activity, act, person in rows
            ]

    return read
