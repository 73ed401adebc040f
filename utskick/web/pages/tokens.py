"""Nycklar, for the unit's manager: which systems may act for the unit."""

from datetime import datetime

from fastapi import Request, Response

from utskick.domain.tokens import NotConfirmed
from utskick.web.callers import Now, Wired
from utskick.web.noted import because
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import LogReader, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_CONFLICT = 409
_DONE = {
    "bekraftad": "Nyckeln är bekräftad. Systemet som har den släpps nu in.",
    "aterkallad": "Nyckeln är återkallad. Systemet som har den släpps inte in längre.",
}


@router.get("/nycklar", name="tokens-page")
def show(
    request: Request, visitor: LogReader, wired: Wired, now: Now, besked: str = ""
) -> Response:
    """The unit's keys, and how far each has come."""
    return _list(request, visitor, wired, now, done=_DONE.get(besked, ""))


@router.post("/nycklar/bekrafta", name="confirm-token")
def confirm(
    request: Request, visitor: LogReader, posted: Posted, wired: Wired, now: Now
) -> Response:
    """It opens the unit from now on; or the page again, as it is now. Raises `NotFound`."""
    try:
        wired.manage_tokens.confirm_token(text(posted, "nyckel"), actor=visitor.actor, now=now)
    except NotConfirmed as error:
        because(request, error)
        return _list(request, visitor, wired, now, wrong=error.staff_message)
    return see_other("/nycklar?besked=bekraftad")


@router.post("/nycklar/aterkalla", name="revoke-own-token")
def revoke(visitor: LogReader, posted: Posted, wired: Wired, now: Now) -> Response:
    """The system that has it is shut out. Raises `NotFound`."""
    wired.manage_tokens.revoke_token(text(posted, "nyckel"), actor=visitor.actor, now=now)
    return see_other("/nycklar?besked=aterkallad")


def _list(
    request: Request,
    visitor: Visitor,
    wired: Services,
    now: datetime,
    *,
    done: str = "",
    wrong: str = "",
) -> Response:
    return page(
        request,
        "tokens.html",
        visitor=visitor,
        status_code=_CONFLICT if wrong else 200,
        tokens=wired.manage_tokens.list_tokens(actor=visitor.actor),
        now=now,
        done=done,
        wrong=wrong,
    )
