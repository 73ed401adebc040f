"""Dina inloggningar: where the visitor is signed in, and signing out there."""

from uuid import UUID

from fastapi import Request, Response

from utskick.domain.errors import NotFound
from utskick.domain.rights import RIGHT_LABELS
from utskick.security_log import SecurityEvent
from utskick.web.callers import Now, Wired
from utskick.web.labels import source_in_words
from utskick.web.noted import note_of
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, SignedInVisitor

router = page_router()


@router.get("/inloggningar", name="own-sessions-page")
def show(
    request: Request, visitor: SignedInVisitor, wired: Wired, now: Now, *, avslutad: bool = False
) -> Response:
    """Every browser, this one among them."""
    rights = wired.own_sessions.own_rights(visitor.rights)
    return page(
        request,
        "own_sessions.html",
        visitor=visitor,
        sessions=wired.own_sessions(visitor.session, now=now),
        held=rights.held,
        names=rights.names,
        right_labels=RIGHT_LABELS,
        source_in_words=source_in_words,
        ended=avslutad,
    )


@router.post("/inloggningar", name="end-own-session")
def end(request: Request, visitor: SignedInVisitor, posted: Posted, wired: Wired) -> Response:
    """Sign out in another browser. Raises `NotFound`."""
    wired.own_sessions.end_own_session(visitor.session, _id(text(posted, "inloggning")))
    note_of(request, SecurityEvent.SIGNED_OUT, visitor.session)
    return see_other("/inloggningar?avslutad=1")


def _id(posted: str) -> UUID:
    try:
        return UUID(posted)
    except ValueError:
        raise NotFound("session") from None
