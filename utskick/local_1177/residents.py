"""formular.1177.se for residents: sign in, find one's forms, read one's messages."""

import json
from collections.abc import Sequence
from sqlite3 import Row
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response, status

from utskick.local_1177.answers import SENT_IN_IS_SHOWN_FOR, is_expired, is_purged
from utskick.local_1177.inbox import link_of
from utskick.local_1177.resuming import carried_by, resume, sign_in_page
from utskick.local_1177.visits import (
    PostedFields,
    ResidentSessions,
    ResidentVisit,
    Visiting,
    own_address,
    posted_ref,
)

router = APIRouter(include_in_schema=False)


@router.get("/")
async def start(visit: Visiting, till: str = "/", sparat: str = "") -> Response:
    """The forms of whoever is signed in, in the manual's order; or else the sign-in."""
    if visit.signed_in is None:
        return sign_in_page(visit, then=own_address(till))
    if not visit.may_act_for(visit.subject["ref"]):
        visit.act_for(visit.person["ref"])
    return _start_page(visit, saved=bool(sparat))


@router.get("/oppna")
async def open_link(
    visit: Visiting, formular: Annotated[list[str], Query(default_factory=list)]
) -> Response:
    """Where a message's link leads: to its form, or to its several forms, first and in order.

    Raises 404 if none of several is the visitor's to answer.
    """
    person = visit.person
    if len(formular) == 1:
        return visit.go(f"/formular/{quote(formular[0], safe='')}")
    rows = visit.world.state.execute(
        "SELECT DISTINCT person_ref FROM form WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(formular),),
    ).fetchall()
    whose = next((row["person_ref"] for row in rows if visit.may_act_for(row["person_ref"])), None)
    if whose is None and formular:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    visit.act_for(whose or person["ref"])
    return _start_page(visit, first=formular)


@router.post("/sok")
async def search(visit: Visiting, posted: PostedFields) -> Response:
    """Find a test person by name. Posted, so that no name ends up in an address."""
    return sign_in_page(
        visit,
        words=posted.get("namn", ""),
        then=own_address(posted.get("till", "/")),
        carried=carried_by(visit, posted),
    )


@router.post("/logga-in")
async def sign_in(request: Request, visit: Visiting, posted: PostedFields) -> Response:
    sessions: ResidentSessions = request.app.state.sessions
    sessions.end(visit.session)
    visit.session = sessions.begin(person_ref=posted_ref(posted))
    carried = carried_by(visit, posted)
    return resume(visit, carried) if carried else visit.go(own_address(posted.get("till", "/")))


@router.post("/logga-ut")
async def sign_out(request: Request, visit: Visiting, posted: PostedFields) -> Response:
    sessions: ResidentSessions = request.app.state.sessions
    sessions.end(visit.session)
    visit.session = sessions.begin()
    carried = carried_by(visit, posted)
    return sign_in_page(visit, then="/", carried=carried) if carried else visit.go("/")


@router.post("/ombud")
async def act_for(visit: Visiting, posted: PostedFields) -> Response:
    """Choose a child under 13, or oneself again."""
    visit.act_for(posted_ref(posted))
    return visit.go("/")


@router.get("/inkorg")
async def inbox(visit: Visiting) -> Response:
    messages = visit.world.state.execute(
        "SELECT * FROM message WHERE person_ref = ? ORDER BY id DESC", (visit.subject["ref"],)
    )
    return visit.page(
        "inbox.html",
        messages=[{**dict(message), "link": link_of(message)} for message in messages],
    )


def _start_page(
    visit: ResidentVisit, *, saved: bool = False, first: Sequence[str] = ()
) -> Response:
    forms = _forms_of(visit)
    forms.sort(key=lambda form: first.index(form["id"]) if form["id"] in first else len(first))
    return visit.page(
        "start.html",
        saved=saved,
        from_message=any(form["id"] in first for form in forms),
        ongoing=[form for form in forms if form["status"] != "COMPLETED"],
        available=_available_to(visit),
        sent=[form for form in forms if form["status"] == "COMPLETED"],
        shown_for_days=SENT_IN_IS_SHOWN_FOR.days,
    )


def _forms_of(visit: ResidentVisit) -> list[dict[str, Any]]:
    rows = visit.world.state.execute(
        "SELECT form.*, template.resident_name, unit.name AS unit_name FROM form"
        " JOIN template ON template.id = template_id JOIN unit ON hsa_id = form.unit"
        " WHERE person_ref = ? ORDER BY form.rowid DESC",
        (visit.subject["ref"],),
    )
    now = visit.world.clock()
    return [
        {**dict(form), "expired": is_expired(form, now=now)}
        for form in rows
        if not is_purged(form, now=now)
    ]


def _available_to(visit: ResidentVisit) -> list[Row]:
    """What the units that have sent the person forms offer besides: their own templates."""
    return visit.world.state.execute(
        "SELECT template.id, resident_name, unit.name AS unit_name, hsa_id FROM template"
        " JOIN unit ON hsa_id = owner WHERE catalogue = 'own' AND id IN published_template"
        " AND owner IN (SELECT unit FROM form WHERE person_ref = ?) ORDER BY resident_name",
        (visit.subject["ref"],),
    ).fetchall()
