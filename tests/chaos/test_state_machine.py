"""Whatever happens in whatever order: every form once, and never another's."""

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.chaos.databases import Database
from tests.chaos.machine import SendProtocol
from tests.postgresql import PostgresqlServer

_EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES", "24"))
_STEPS = int(os.environ.get("CHAOS_STEPS", "60"))
"""`make prove` tries more of both."""
_SEED = os.environ.get("CHAOS_SEED")
"""Another path than the one that every commit is tried on."""
_FEWER = 8
"""The slower databases get so many times fewer examples."""


def test_every_form_is_sent_once_on_sqlite_in_memory() -> None:
    _try_everything("sqlite://", examples=_EXAMPLES)


def test_every_form_is_sent_once_on_a_sqlite_file(tmp_path: Path) -> None:
    _try_everything(f"sqlite:///{tmp_path}/utskick.db", examples=_EXAMPLES // _FEWER)


def test_every_form_is_sent_once_on_postgresql(postgresql: PostgresqlServer) -> None:
    with postgresql.fresh_database() as url:
        _try_everything(url, examples=_EXAMPLES // _FEWER)


def _try_everything(url: str, *, examples: int) -> None:
    opened = Database(url)

    class Machine(SendProtocol):
        database = opened

    if _SEED is not None:
        seed(int(_SEED))(Machine)
    try:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=_STEPS,
                deadline=None,
                phases=[Phase.explicit, Phase.generate, Phase.shrink],
                derandomize=_SEED is None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        opened.engine.dispose()
