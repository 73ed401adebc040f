"""A resident's visit: who is signed in, for whom they answer, and how a page is shown."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from sqlite3 import Row
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from utskick.local_1177.moments import today
from utskick.local_1177.neighbours import SharedWorld, World
from utskick.local_1177.pages import render
from utskick.local_1177.people import children_of, may_answer_for, person_by_ref

COOKIE = "local_1177_visit"
MOST_VISITS = 1000


@dataclass(slots=True)
class Session:
    """`person_ref` is signed in; `subject_ref` is the same person, or a child.

    `unsaved`: path → fields that were posted to it in a visit that was lost.
    """

    person_ref: int | None = None
    subject_ref: int | None = None
    unsaved: dict[str, Mapping[str, str]] = field(default_factory=dict)
    token: str = field(default_factory=secrets.token_urlsafe)
    csrf: str = field(default_factory=secrets.token_urlsafe)


class ResidentSessions:
    """Kept in memory: a restart signs everybody out. The oldest give way when there are many."""

    def __init__(self) -> None:
        self._by_token: dict[str, Session] = {}

    def find_or_begin(self, token: str) -> Session:
        return self._by_token.get(token) or self.begin()

    def begin(self, *, person_ref: int | None = None) -> Session:
        """A new token at every sign-in, so that nobody can have planted it."""
        session = Session(person_ref, person_ref)
        self._by_token[session.token] = session
        if len(self._by_token) > MOST_VISITS:
            del self._by_token[next(iter(self._by_token))]
        return session

    def end(self, session: Session) -> None:
        self._by_token.pop(session.token, None)


class SignInFirst(Exception):
    """Nobody is signed in; `then` is where they wanted to go."""

    def __init__(self, then: str) -> None:
        self.then = then
        super().__init__("nobody is signed in")


class StaleVisit(Exception):
    """A page of a visit that is no more posted `fields`."""

    def __init__(self, visit: "ResidentVisit", fields: Mapping[str, str]) -> None:
        self.visit = visit
        self.fields = fields
        super().__init__("the visit is no more")


@dataclass(slots=True)
class ResidentVisit:
    """One request of a resident, with everything that answers it."""

    request: Request
    world: World
    session: Session

    @property
    def signed_in(self) -> Row | None:
        return person_by_ref(self.world.state, self.session.person_ref)

    @property
    def person(self) -> Row:
        """Who is signed in. Raises `SignInFirst`."""
        person = self.signed_in
        if person is None:
            raise SignInFirst(self.address)
        return person

    @property
    def address(self) -> str:
        """Of this page, within the site."""
        url = self.request.url
        return url.path + (f"?{url.query}" if url.query else "")

    @property
    def subject(self) -> Row:
        """Whose forms and messages are shown: the person's own, or a child's."""
        return person_by_ref(self.world.state, self.session.subject_ref) or self.person

    def may_act_for(self, ref: int) -> bool:
        subject = person_by_ref(self.world.state, ref)
        day = today(self.world.clock())
        return subject is not None and may_answer_for(self.person, subject, day=day)

    def act_for(self, ref: int) -> None:
        """Answer for a child from now on, or for oneself again. Raises 403 for anybody else."""
        if not self.may_act_for(ref):
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        self.session.subject_ref = ref

    def forget_unsaved(self, form_id: str) -> None:
        """Nothing of a lost visit is left to be saved in this form."""
        for path in (f"/formular/{form_id}", f"/formular/{form_id}/bekrafta"):
            self.session.unsaved.pop(path, None)

    def page(
        self, name: str, *, status_code: int = status.HTTP_200_OK, **values: object
    ) -> HTMLResponse:
        person = self.signed_in
        day = today(self.world.clock())
        common: Mapping[str, object] = {
            "csrf": self.session.csrf,
            "person": person,
            "subject": person and self.subject,
            "children": children_of(self.world.state, person, day=day) if person else [],
        }
        response = render(name, status_code=status_code, **{**common, **values})
        self._remember(response)
        return response

    def go(self, path: str) -> RedirectResponse:
        response = RedirectResponse(path, status.HTTP_303_SEE_OTHER)
        self._remember(response)
        return response

    def _remember(self, response: Response) -> None:
        response.set_cookie(COOKIE, self.session.token, httponly=True, samesite="lax")


async def _visit(request: Request, world: SharedWorld) -> ResidentVisit:
    sessions: ResidentSessions = request.app.state.sessions
    session = sessions.find_or_begin(request.cookies.get(COOKIE, ""))
    return ResidentVisit(request, world, session)


Visiting = Annotated[ResidentVisit, Depends(_visit)]


async def _posted(request: Request, visit: Visiting) -> Mapping[str, str]:
    _require_own_origin(request)
    fields = {key: str(value) for key, value in (await request.form()).items()}
    if not secrets.compare_digest(fields.get("csrf", "").encode(), visit.session.csrf.encode()):
        raise StaleVisit(visit, fields)
    return fields


def _require_own_origin(request: Request) -> None:
    """Raise 403 if the browser says that another site posted this."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    if site != "same-origin" or (
        origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    ):
        raise HTTPException(status.HTTP_403_FORBIDDEN)


PostedFields = Annotated[Mapping[str, str], Depends(_posted)]
"""The fields of a posted form. Raises 403 unless a page of ours posted it, and `StaleVisit` unless
in the same visit."""


def posted_ref(posted: Mapping[str, str]) -> int:
    """Whom the field `ref` chose; 0 for nobody."""
    ref = posted.get("ref", "")
    return int(ref) if ref.isascii() and ref.isdigit() else 0


async def ask_to_sign_in(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    return RedirectResponse(f"/?{urlencode({'till': error.then})}", status.HTTP_303_SEE_OTHER)


def own_address(path: str) -> str:
    """The path if it leads to this site, else the start page."""
    leads_here = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if leads_here else "/"
