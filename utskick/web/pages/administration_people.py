"""Förvaltning, inloggningar: who is signed in, and signing somebody out everywhere."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from utskick.use_cases.sign_out_person import MOST_SHOWN
from utskick.web.callers import Now, Wired
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import sought_in, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Posted, Visitor
from utskick.wiring import Services

router = page_router()


@router.get("/forvaltning/inloggningar", name="signed-in-people-page")
def browse(
    request: Request,
    visitor: Administrator,
    wired: Wired,
    now: Now,
    *,
    utloggad: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Whoever is signed in, seen last first."""
    return _list(request, visitor, wired, now, ended=utloggad)


@router.post("/forvaltning/inloggningar", name="search-signed-in-people")
def search(
    request: Request, visitor: Administrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Those of a name or an HSA-id."""
    sought, _ = sought_in(posted)
    return _list(request, visitor, wired, now, sought=sought)


def _list(
    request: Request,
    visitor: Visitor,
    wired: Services,
    now: datetime,
    *,
    sought: str = "",
    ended: int | None = None,
) -> Response:
    return page(
        request,
        "administration_people.html",
        visitor=visitor,
        people=wired.sign_out_person.find_signed_in(sought, now=now),
        sought=sought,
        most=MOST_SHOWN,
        ended=ended,
    )


@router.post("/forvaltning/inloggningar/logga-ut", name="sign-out-person")
def sign_out(visitor: Administrator, posted: Posted, wired: Wired, now: Now) -> Response:
    """Out of every browser at once."""
    person = text(posted, "person")
    ended = wired.sign_out_person(person, actor=visitor.actor, now=now)
    wired.watched_lists.forget(person)
    return see_other(f"/forvaltning/inloggningar?utloggad={ended}")
