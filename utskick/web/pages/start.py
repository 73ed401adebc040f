"""The first page: where the work begins."""

from fastapi import Response

from utskick.domain.staff import Role
from utskick.web.pages.frame import see_other
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import SignedInVisitor

router = page_router()


@router.get("/", name="start-page")
def start(visitor: SignedInVisitor) -> Response:
    """Those who have a unit begin with a form; the administration with its own page."""
    if visitor.unit is not None:
        return see_other("/skicka-formular")
    administrates = visitor.session.has(Role.ADMINISTRATOR)
    return see_other("/forvaltning" if administrates else "/valj-enhet")
