"""A unit's key: what it opens, and all that it does not."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from tests.access_log import Log, log
from tests.clinic import STAFF, UNIT, Clinic
from tests.use_cases.test_administer_units import ADMINISTRATOR
from tests.web.conftest import caller, make_token
from tests.web.test_strangers import ROUTES, call, ids_of
from utskick.domain.tokens import Scope
from utskick.web.token_first import SCOPES

__all__ = ["log"]


def made_by_the_administration(clinic: Clinic) -> str:
    return clinic.administer_units.make_token(
        UNIT.id, "nytt", actor=ADMINISTRATOR, now=clinic.clock.now()
    )


async def status_of(app: FastAPI, clinic: Clinic, token: str, name: str) -> int:
    async with caller(app, clinic, make_token(clinic)) as rest:
        ids = await ids_of(rest)
    async with caller(app, clinic, token) as with_token:
        status, _ = await call(name, with_token, **ids)
    return status


@pytest.mark.parametrize("name", ROUTES)
async def test_a_key_that_the_manager_has_not_confirmed_opens_nothing(
    app: FastAPI, clinic: Clinic, name: str
) -> None:
    token = made_by_the_administration(clinic)

    assert await status_of(app, clinic, token, name) == 401


async def test_a_key_that_has_been_confirmed_opens_its_unit(
    app: FastAPI, clinic: Clinic, log: Log
) -> None:
    token = made_by_the_administration(clinic)
    (made,) = clinic.manage_tokens.list_tokens(actor=STAFF)
    clinic.manage_tokens.confirm_token(made.id, actor=STAFF, now=clinic.clock.now())

    async with caller(app, clinic, token) as unit:
        answer = await unit.get("/api/paketutskick")

    assert answer.status_code == 200
    (kept,) = clinic.manage_tokens.list_tokens(actor=STAFF)
    assert (kept.confirmed_by, kept.last_used_at) == (STAFF.name, clinic.clock.now())
    assert log() == [
        "Skriva: skapat nyckel nytt för SE2321000131-E000000000101",
        "Skriva: skapat nyckel nytt (starta och styra, läsa, besök), som inte är bekräftad",
        "Skriva: bekräftat nyckel nytt (starta och styra, läsa, besök)",
    ]


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("name", ROUTES)
async def test_a_key_opens_what_it_is_for_and_nothing_else(
    app: FastAPI, clinic: Clinic, name: str, scope: Scope
) -> None:
    token = make_token(clinic, scopes=frozenset({scope}))

    status = await status_of(app, clinic, token, name)

    assert (status == 403) is (SCOPES.get(name, Scope.START) is not scope)


async def test_an_expired_key_opens_nothing(app: FastAPI, clinic: Clinic) -> None:
    token = make_token(clinic, expires_at=clinic.clock.now() + timedelta(days=1))
    async with caller(app, clinic, token) as unit:
        before = await unit.get("/api/paketutskick")
        clinic.clock.advance(24 * 3600)
        after = await unit.get("/api/paketutskick")

    assert (before.status_code, after.status_code) == (200, 401)
    assert "har gått ut" in after.json()["message"]


async def test_nothing_is_read_of_what_a_stranger_sends(app: FastAPI, clinic: Clinic) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    async with caller(app, clinic, "wrong") as stranger:
        answer = await stranger.post(
            "/api/paketutskick", content=endless(), headers={"Content-Type": "application/json"}
        )

    assert (answer.status_code, read) == (401, 0)
