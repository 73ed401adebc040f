"""Transactions ask for the current key each for itself."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from tests.vault import a_vault
from utskick.store.sealing import SealingNow
from utskick.store.tables import VaultKeyRow

_TIMEOUT_S = 120


def an_engine() -> Engine:
    """In memory, for whichever thread."""
    shared = {"check_same_thread": False}
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args=shared)
    VaultKeyRow.metadata.create_all(engine)
    return engine


def test_who_waits_for_the_database_keeps_nobody_else_from_their_key() -> None:
    asked, answered = Event(), Event()
    slow, quick = an_engine(), an_engine()

    @event.listens_for(slow, "before_cursor_execute")
    def wait(*_: Any) -> None:
        asked.set()
        assert answered.wait(_TIMEOUT_S)

    with ThreadPoolExecutor() as pool, Session(slow) as waiting, Session(quick) as going_on:
        first = pool.submit(lambda: SealingNow(waiting, a_vault("1")).key_ids)
        assert asked.wait(_TIMEOUT_S)
        second = pool.submit(lambda: SealingNow(going_on, a_vault("2")).key_ids)
        try:
            assert second.result(_TIMEOUT_S) == ["2"]
        finally:
            answered.set()
        assert first.result(_TIMEOUT_S) == ["1"]
