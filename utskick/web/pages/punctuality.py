"""Punktlighet: whether forms are handed over when they should be, for the administration."""

from fastapi import Request, Response

from utskick.web.callers import Now, Wired
from utskick.web.pages.frame import page
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator

router = page_router()


@router.get("/punktlighet", name="punctuality-page")
def show(request: Request, visitor: Administrator, wired: Wired, now: Now) -> Response:
    """The last thirty days, and the way to the operators' window."""
    return page(
        request,
        "punctuality.html",
        visitor=visitor,
        shown=wired.show_punctuality(now=now),
        operators_url=wired.settings.scheduler.api_url.removesuffix("/api"),
    )
