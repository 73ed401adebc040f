"""When we ourselves are unwell: an answer that can be acted on, and a log that reveals nothing."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from fastapi import FastAPI

from tests.clinic import Clinic
from tests.log_lines import Lines, log_lines
from tests.people import TOLVAN
from tests.vault import a_vault
from tests.waiting import TIMEOUT_S
from tests.web.conftest import Broken, caller, make_token
from utskick.failpoints import Step
from utskick.records import Transaction
from utskick.store import SqlStore
from utskick.store.engine import open_engine
from utskick.web.app import create_app
from utskick.wiring import Services

__all__ = ["log_lines"]


class Slow:
    """A store that answers when it is let to."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.entered = Event()
        self.released = Event()

    @contextmanager
    def transaction(self, step: Step | None = None) -> Iterator[Transaction]:
        self.entered.set()
        assert self.released.wait(TIMEOUT_S)
        with self._store.transaction() as records:
            yield records


@pytest.mark.parametrize("address", ["/api/paketutskick", "/api/paketutskick/{id}"])
async def test_a_fault_of_ours_is_answered_and_only_its_kind_logged(
    wired: Services,
    clinic: Clinic,
    caplog: pytest.LogCaptureFixture,
    log_lines: Lines,
    address: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    app = create_app(replace(wired, store=Broken()))

    async with caller(app, clinic, "a-token") as rest:
        answer = await rest.get(address)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Försök igen om en stund" in answer.json()["message"]
    [line] = log_lines.of("request_failed")
    assert (line["error"], line["level"], line["status"]) == ("RuntimeError", "error", 503)
    assert line["raised_in"][-1].startswith("web/conftest.py:")
    assert TOLVAN.digits not in caplog.text + log_lines.text + answer.text


async def test_the_database_away_is_temporary(
    wired: Services, clinic: Clinic, tmp_path: Path
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/away/utskick.db")
    store = SqlStore(engine, a_vault())

    async with caller(create_app(replace(wired, store=store)), clinic, "a-token") as rest:
        answer = await rest.get("/api/paketutskick")

    assert answer.status_code == 503


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/api/paketutskick"),
        ("POST", "/api/formular"),
        ("POST", "/api/uppfoljning"),
        ("POST", "/api/uppladdningar"),
    ],
)
async def test_a_slow_database_keeps_nobody_else_waiting(
    wired: Services, clinic: Clinic, method: str, address: str
) -> None:
    token = make_token(clinic)
    slow = Slow(clinic.store)
    app = create_app(replace(wired, store=slow))

    async with caller(app, clinic, token) as rest:
        waiting = asyncio.create_task(rest.request(method, address, json={}))
        try:
            assert await asyncio.to_thread(slow.entered.wait, TIMEOUT_S)
            assert (await rest.get("/health")).json() == {"status": "ok"}
            assert not waiting.done()
        finally:
            slow.released.set()
        assert (await waiting).status_code < 500


# The background work


async def test_the_background_work_ends_with_the_application(app: FastAPI) -> None:
    async with app.router.lifespan_context(app):
        pass

    assert len(asyncio.all_tasks()) == 1
