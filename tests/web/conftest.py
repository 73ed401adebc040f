"""The REST application over the clinic, called without a server. No background work."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from config.settings import Settings, WebSettings
from tests.clinic import OTHER_UNIT, UNIT, Clinic, a_spec, clinic_of, open_store
from tests.people import TOLVAN
from tests.tokens import a_token
from utskick.domain.rate_limits import RateLimits
from utskick.domain.units import Unit
from utskick.failpoints import Step
from utskick.records import Transaction
from utskick.web.app import create_app
from utskick.wiring import Services

CALLED = WebSettings(other_hosts=("utskick", "utskick.test", "testserver"))
"""By what tests call the application."""


class Rest(AsyncClient):
    """A unit's system, with its token."""

    clinic: Clinic

    async def start(self, *, key: str = "", **changes: Any) -> Response:
        """Hand in the clinic's usual spec, but for the `changes`."""
        spec = a_spec(self.clinic.clock.now()) | changes
        return await self.post(
            "/api/paketutskick", json=spec, headers={"Idempotency-Key": key} if key else {}
        )

    async def started(self, **changes: Any) -> str:
        """The id of a dispatch that was started."""
        answer = await self.start(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


class Broken:
    """A store whose faults hold a personnummer."""

    @contextmanager
    def transaction(self, step: Step | None = None) -> Iterator[Transaction]:
        raise RuntimeError(f"UNIQUE constraint failed: {TOLVAN.digits}")
        yield


def make_token(clinic: Clinic, unit: Unit = UNIT, **changes: Any) -> str:
    token = a_token(unit.id, now=clinic.clock.now(), **changes)
    with clinic.store.transaction() as records:
        return records.tokens.add(token)


def services_of(clinic: Clinic, **changes: Any) -> Services:
    settings = changes.get("settings") or _usual_settings()
    parts: dict[str, Any] = {
        "settings": settings,
        "rules": clinic.rules,
        "store": clinic.store,
        "forms": clinic.forms,
        "inbox": clinic.inbox,
        "persons": clinic.persons,
        "mailer": clinic.mailer,
        "certificates": clinic.certificates,
        "log_heads": clinic.log_heads,
        "sms": clinic.sms,
        "scheduler": clinic.scheduler,
        "texts": clinic.texts,
        "spreadsheets": clinic.spreadsheets,
        "sign_in": clinic.sign_in,
        "shared": clinic.shared,
        "clock": clinic.clock,
        "rate_limits": RateLimits(settings.limits.model_dump(), monotonic=clinic.clock.monotonic),
    }
    return Services(**parts | changes)


@cache
def _usual_settings() -> Settings:
    return Settings(_env_file=None, web=CALLED)


def caller(app: FastAPI, clinic: Clinic, token: str | None) -> Rest:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    rest = Rest(transport=ASGITransport(app), base_url="http://utskick", headers=headers)
    rest.clinic = clinic
    return rest


@pytest.fixture
def wired(clinic: Clinic) -> Services:
    return services_of(clinic)


@pytest.fixture(scope="session")
def shared_app(with_clinic: Path) -> FastAPI:
    """Made once, as its routes take their time; each test wires it anew."""
    store = open_store(f"sqlite:///{with_clinic}", migrated=True)
    return create_app(services_of(clinic_of(store)))


@pytest.fixture
def app(shared_app: FastAPI, wired: Services) -> FastAPI:
    shared_app.state.services = wired
    return shared_app


@pytest.fixture
async def rest(app: FastAPI, clinic: Clinic) -> AsyncIterator[Rest]:
    async with caller(app, clinic, make_token(clinic)) as unit:
        yield unit


@pytest.fixture
async def other_unit(app: FastAPI, clinic: Clinic) -> AsyncIterator[Rest]:
    async with caller(app, clinic, make_token(clinic, OTHER_UNIT)) as unit:
        yield unit
