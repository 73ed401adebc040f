"""The first page: where the work begins."""

from fastapi import Response

from utskick.web.pages.frame import menu_of, see_other
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import SignedInVisitor

router = page_router()


@router.get("/", name="start-page")
def start(visitor: SignedInVisitor) -> Response:
    """The first of the menu that they may open; else where to see what is missing."""
    if menu := menu_of(visitor):
        return see_other(menu[0].address)
    return see_other("/inloggningar" if visitor.unit else "/valj-enhet")
