"""Nycklar, for the unit's manager: which systems may act for the unit."""

from fastapi import Request, Response

from utskick.web.callers import Now, Wired
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Manager, Posted

router = page_router()

_DONE = {
    "bekraftad": "Nyckeln är bekräftad. Systemet som har den släpps nu in.",
    "aterkallad": "Nyckeln är återkallad. Systemet som har den släpps inte in längre.",
}


@router.get("/nycklar", name="tokens-page")
def show(request: Request, visitor: Manager, wired: Wired, now: Now, besked: str = "") -> Response:
    """The unit's keys, and how far each has come."""
    return page(
        request,
        "tokens.html",
        visitor=visitor,
        tokens=wired.manage_tokens.list_tokens(actor=visitor.actor),
        now=now,
        done=_DONE.get(besked, ""),
    )


@router.post("/nycklar/bekrafta", name="confirm-token")
def confirm(visitor: Manager, posted: Posted, wired: Wired, now: Now) -> Response:
    """It opens the unit from now on. Raises `NotFound`."""
    wired.manage_tokens.confirm_token(text(posted, "nyckel"), actor=visitor.actor, now=now)
    return see_other("/nycklar?besked=bekraftad")


@router.post("/nycklar/aterkalla", name="revoke-own-token")
def revoke(visitor: Manager, posted: Posted, wired: Wired, now: Now) -> Response:
    """The system that has it is shut out. Raises `NotFound`."""
    wired.manage_tokens.revoke_token(text(posted, "nyckel"), actor=visitor.actor, now=now)
    return see_other("/nycklar?besked=aterkallad")
