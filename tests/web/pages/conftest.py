"""Staff in a browser without script, over the clinic."""

import re
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from tests.access_log import log
from tests.clinic import OTHER_STAFF, OTHER_UNIT, STAFF, UNIT, Clinic
from tests.web.pages.forms import Form, forms_of, main_form
from utskick.domain.drafts import (
    Draft,
    DraftContent,
    DraftId,
    DraftInUse,
    DraftKind,
    FilledFields,
    SeenVersion,
)
from utskick.domain.errors import NotFound
from utskick.domain.rights import ProvidedRight, Right
from utskick.domain.staff import Commission, StaffSession
from utskick.domain.units import Unit
from utskick.web.pages.draft_desk import fields_of
from utskick.web.pages.visitors import COOKIE

_FILLED_IN_AT = re.compile("^/[a-z-]+/(utkast|paket)/")
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
        """Post the page's own form by one of its buttons, `gor`'s value.

        `mottagare` has been gathered before, on the draft that the page is of.
        """
        form = main_form(page)
        if "mottagare" in changes:
            self._gather(form, changes.pop("mottagare"))
        assert ("gor", button) in form.buttons, form.buttons
        data: dict[str, list[str]] = {}
        for name, value in form.filled(**changes, gor=button):
            data.setdefault(name, []).append(value)
        return await self.onwards(await self.post(form.action or str(self._address), data=data))

    async def onwards(self, answer: Response) -> Response:
        """The page that a browser is led to, while something is filled in."""
        location = answer.headers.get("location", "")
        return await self.get(location) if _FILLED_IN_AT.search(location) else answer

    def _gather(self, form: Form, listed: Sequence[str] | None) -> None:
        seen = SeenVersion.read(dict(form.fields)["version"])
        assert seen is not None
        draft = DraftInUse(draft_of(form.action), seen)
        begun = self._begun(form, draft)
        with self.clinic.store.transaction() as records:
            if not seen.number:
                records.drafts.add(begun)
            kept = records.drafts.get_for(STAFF.unit_id, draft.id)
            fields = {**kept.content.fields, "mottagare": list(listed or ())}
            records.drafts.save(replace(kept, content=replace(kept.content, fields=fields)))

    def _begun(self, form: Form, draft: DraftInUse) -> Draft:
        fields = dict(fields_of(form.fields))
        if key := fields.get("package"):
            package = self.clinic.preview_dispatch.find_package(*key, actor=STAFF)
            fields["inbox_message"] = [package.inbox_message]
            fields["form_banner"] = [package.form_banner]
            for code, text in package.inbox_messages.items():
                fields[f"inbox_messages.{code}"] = [text]
        return Draft(
            id=draft.id,
            kind=DraftKind.PACKAGE if "package" in fields else DraftKind.FORM,
            unit_id=STAFF.unit_id,
            owner=STAFF.name,
            changed_at=self.clinic.clock.now(),
            content=DraftContent(fields=fields),
            saved_from=draft.seen.page,
        )

    def numbers(self, page: str) -> list[str]:
        """The personnummer of that list."""
        carried = "|".join(self.gathered(page))
        return [each.split()[0] for each in carried.split("|") if each]

    def gathered(self, page: str) -> list[str]:
        """The list of the draft that the page is of, as it is kept."""
        return list(self.kept(page).get("mottagare", ()))

    def kept(self, page: str) -> FilledFields:
        """All that is kept of what has been filled in on the page."""
        draft_id = draft_of(main_form(page).action)
        with self.clinic.store.transaction() as records:
            try:
                kept = records.drafts.get_for(STAFF.unit_id, draft_id)
            except NotFound:
                return {}
        return kept.content.fields

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


def draft_of(address: str) -> DraftId:
    """Of an address that a page posts to."""
    return DraftId(UUID(address.partition("/utkast/")[2][:36]))


def words_of(html: str) -> str:
    """What is read on the page, in one line."""
    body = html.split("<main", 1)[-1].split("</main>", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
