"""Staff in a browser without script, over the clinic."""

import re
from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from tests.access_log import log
from tests.clinic import OTHER_STAFF, OTHER_UNIT, STAFF, UNIT, Clinic
from tests.web.pages.forms import forms_of, main_form
from utskick.domain.rights import ProvidedRight, Right
from utskick.domain.staff import Commission, StaffSession
from utskick.domain.units import Unit
from utskick.web.pages.visitors import COOKIE

CARE = "Vård och behandling"

__all__ = ["log"]


class Browser(AsyncClient):
    """Keeps the cookie, and posts a page's form as it stands but for the changes."""

    clinic: Clinic

    async def open(self, address: str) -> str:
        answer = await self.get(address)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.text

    async def search(self, address: str, **fields: Any) -> str:
        """Post the page's form that searches."""
        page = await self.open(address)
        [form] = [form for form in forms_of(page) if ("sok", "") in form.fields]
        assert form.method == "post", "what is sought would stand in the address"
        answer = await self.post(form.action, data=dict(form.filled(**fields)))
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return answer.text

    async def press(self, page: str, button: str, /, **changes: Any) -> Response:
        """Post the page's own form by one of its buttons, `gor`'s value."""
        form = main_form(page)
        assert ("gor", button) in form.buttons, form.buttons
        data: dict[str, list[str]] = {}
        for name, value in form.filled(**changes, gor=button):
            data.setdefault(name, []).append(value)
        return await self.post(form.action or str(self._address), data=data)

    @property
    def _address(self) -> str:
        return self.last

    last: str = ""

    async def send(self, request: Any, **options: Any) -> Response:
        answer = await super().send(request, **options)
        self.last = str(answer.url.path)
        return answer


def commission(unit: Unit, **changes: Any) -> Commission:
    parts: dict[str, Any] = {
        "hsa_id": f"SE2321000131-U{unit.id[-3:]}",
        "name": f"Vårdpersonal, {unit.name}",
        "purpose": CARE,
        "unit_id": unit.id,
        "unit_name": unit.name,
    }
    return Commission(**parts | changes)


def session(*units: Unit, rights: Collection[Right] = (), **changes: Any) -> StaffSession:
    """Somebody signed in at the first of the units; system roles give the `rights` for all."""
    parts: dict[str, Any] = {
        "staff_id": OTHER_STAFF.name if units[:1] == (OTHER_UNIT,) else STAFF.name,
        "name": "Karin Exempel",
        "commissions": tuple(map(commission, units)),
        "unit_id": units[0].id if units else None,
        "provided": frozenset(provided for right in rights for provided in of(right, units)),
    }
    return StaffSession(**parts | changes)


def of(right: Right, units: Collection[Unit]) -> Collection[ProvidedRight]:
    if right is Right.REGIONAL_ADMINISTRATION:
        return [ProvidedRight(right)]
    return [ProvidedRight(right, unit.id) for unit in units]


def sign_in(browser: Browser, who: StaffSession) -> Browser:
    clinic = browser.clinic
    with clinic.store.transaction() as records:
        token = records.sessions.open(who, now=clinic.clock.now())
    browser.cookies.set(COOKIE, token, domain="utskick.test")
    return browser


def browser_of(app: FastAPI, clinic: Clinic) -> Browser:
    browser = Browser(transport=ASGITransport(app), base_url="https://utskick.test")
    browser.clinic = clinic
    return browser


@pytest.fixture
async def stranger(app: FastAPI, clinic: Clinic) -> AsyncIterator[Browser]:
    """Nobody has signed in."""
    async with browser_of(app, clinic) as browser:
        yield browser


@pytest.fixture
async def staff(app: FastAPI, clinic: Clinic) -> AsyncIterator[Browser]:
    """A nurse at the clinic's unit."""
    async with browser_of(app, clinic) as browser:
        yield sign_in(browser, session(UNIT))


@pytest.fixture
async def other_staff(app: FastAPI, clinic: Clinic) -> AsyncIterator[Browser]:
    """A nurse at another unit."""
    async with browser_of(app, clinic) as browser:
        yield sign_in(browser, session(OTHER_UNIT))


@pytest.fixture
async def manager(app: FastAPI, clinic: Clinic) -> AsyncIterator[Browser]:
    """The manager of the clinic's unit."""
    async with browser_of(app, clinic) as browser:
        yield sign_in(browser, session(UNIT, rights=[Right.LOG]))


@pytest.fixture
async def local_administrator(app: FastAPI, clinic: Clinic) -> AsyncIterator[Browser]:
    """A nurse at the clinic's unit, who has its local administration."""
    async with browser_of(app, clinic) as browser:
        yield sign_in(browser, session(UNIT, rights=[Right.LOCAL_ADMINISTRATION]))


@pytest.fixture
async def administrator(app: FastAPI, clinic: Clinic) -> AsyncIterator[Browser]:
    """The regional administration; without a unit of its own."""
    async with browser_of(app, clinic) as browser:
        yield sign_in(browser, session(rights=[Right.REGIONAL_ADMINISTRATION]))


def words_of(html: str) -> str:
    """What is read on the page, in one line."""
    body = html.split("<main", 1)[-1].split("</main>", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
