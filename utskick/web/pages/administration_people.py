"""Förvaltning, inloggningar: who is signed in, and signing somebody out everywhere."""

from typing import Annotated

from fastapi import Query, Request, Response

from utskick.use_cases.sign_out_person import MOST_SHOWN, find_signed_in, sign_out_person
from utskick.web.callers import Now, Wired
from utskick.web.pages.administration import Sought
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Posted

router = page_router()


@router.get("/forvaltning/inloggningar", name="signed-in-people-page")
def browse(
    request: Request,
    visitor: Administrator,
    wired: Wired,
    now: Now,
    *,
    sok: Sought = "",
    utloggad: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Whoever is signed in, seen last first."""
    return page(
        request,
        "administration_people.html",
        visitor=visitor,
        people=find_signed_in(sok, store=wired.store, now=now),
        sought=sok,
        most=MOST_SHOWN,
        ended=utloggad,
    )


@router.post("/forvaltning/inloggningar/logga-ut", name="sign-out-person")
def sign_out(visitor: Administrator, posted: Posted, wired: Wired, now: Now) -> Response:
    """Out of every browser at once."""
    ended = sign_out_person(
        text(posted, "person"), actor=visitor.actor, store=wired.store, now=now
    )
    return see_other(f"/forvaltning/inloggningar?utloggad={ended}")
