"""formular.1177.se for residents: sign in, find one's forms, read one's messages."""

from sqlite3 import Row
from typing import Any

from fastapi import APIRouter, Request, Response

from utskick.local_1177.answers import is_expired
from utskick.local_1177.moments import today
from utskick.local_1177.people import holders_named, may_answer_for
from utskick.local_1177.visits import FromOwnPage, Posted, Sessions, Visit, Visiting, own_address

router = APIRouter(include_in_schema=False)


@router.get("/")
async def start(visit: Visiting, till: str = "/", sparat: str = "") -> Response:
    """The forms of whoever is signed in, in the manual's order; or else the sign-in."""
    if visit.signed_in is None:
        return _sign_in_page(visit, words="", then=own_address(till))
    if not may_answer_for(visit.person, visit.subject, day=today(visit.world.clock())):
        visit.session.subject_ref = visit.session.person_ref
    forms = _forms_of(visit)
    return visit.page(
        "start.html",
        saved=bool(sparat),
        ongoing=[form for form in forms if form["status"] != "COMPLETED"],
        available=_available_to(visit),
        sent=[form for form in forms if form["status"] == "COMPLETED"],
    )


@router.post("/sok")
async def search(visit: Visiting, posted: Posted) -> Response:
    """Find a test person by name. Posted, so that no name ends up in an address."""
    return _sign_in_page(
        visit, words=posted.get("namn", ""), then=own_address(posted.get("till", "/"))
    )


@router.post("/logga-in")
async def sign_in(request: Request, visit: Visiting, posted: Posted) -> Response:
    sessions: Sessions = request.app.state.sessions
    sessions.end(visit.session)
    visit.session = sessions.begin(person_ref=_ref(posted))
    return visit.go(own_address(posted.get("till", "/")))


@router.post("/logga-ut", dependencies=[FromOwnPage])
async def sign_out(request: Request, visit: Visiting) -> Response:
    sessions: Sessions = request.app.state.sessions
    sessions.end(visit.session)
    visit.session = sessions.begin()
    return visit.go("/")


@router.post("/ombud")
async def act_for(visit: Visiting, posted: Posted) -> Response:
    """Choose a child under 13, or oneself again."""
    visit.act_for(_ref(posted))
    return visit.go("/")


@router.get("/inkorg")
async def inbox(visit: Visiting) -> Response:
    messages = visit.world.state.execute(
        "SELECT * FROM message WHERE person_ref = ? ORDER BY id DESC", (visit.subject["ref"],)
    ).fetchall()
    return visit.page("inbox.html", messages=messages)


def _sign_in_page(visit: Visit, *, words: str, then: str) -> Response:
    persons = holders_named(visit.world.state, words)
    return visit.page("sign_in.html", words=words, persons=persons, then=then)


def _ref(posted: Posted) -> int:
    ref = posted.get("ref", "")
    return int(ref) if ref.isascii() and ref.isdigit() else 0


def _forms_of(visit: Visit) -> list[dict[str, Any]]:
    rows = visit.world.state.execute(
        "SELECT form.*, template.resident_name, unit.name AS unit_name FROM form"
        " JOIN template ON template.id = template_id JOIN unit ON hsa_id = form.unit"
        " WHERE person_ref = ? ORDER BY form.rowid DESC",
        (visit.subject["ref"],),
    )
    now = visit.world.clock()
    return [{**dict(form), "expired": is_expired(form, now=now)} for form in rows]


def _available_to(visit: Visit) -> list[Row]:
    """What the units that have sent the person forms offer besides: their own templates."""
    return visit.world.state.execute(
        "SELECT template.id, resident_name, unit.name AS unit_name, hsa_id FROM template"
        " JOIN unit ON hsa_id = owner WHERE catalogue = 'own' AND NOT archived"
        " AND owner IN (SELECT unit FROM form WHERE person_ref = ?) ORDER BY resident_name",
        (visit.subject["ref"],),
    ).fetchall()
