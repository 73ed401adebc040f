"""Förvaltning: the first page, and what its pages have in common."""

from collections.abc import Sequence
from typing import TypeVar

from fastapi import Request, Response

from utskick.domain.rights import Right
from utskick.sending.report_errors import refusing_addresses
from utskick.web.callers import Now, Wired
from utskick.web.pages.frame import page
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Designer

router = page_router()

_PER_PAGE = 50
T = TypeVar("T")


def one_page(found: Sequence[T], number: int) -> tuple[Sequence[T], int]:
    """The rows of a page, and how many pages there are."""
    begins = (number - 1) * _PER_PAGE
    return found[begins : begins + _PER_PAGE], max(1, -(-len(found) // _PER_PAGE))


@router.get("/forvaltning", name="administration-page")
def begin(request: Request, visitor: Designer, wired: Wired, now: Now) -> Response:
    """The way to each part; for the regional administration what somebody must see to, too.

    And what has been changed lately.
    """
    if not visitor.may(Right.REGIONAL_ADMINISTRATION):
        return page(
            request,
            "administration.html",
            visitor=visitor,
            changes=None,
            refusing=(),
            certificates=(),
            outages=(),
            brakes=(),
        )
    changes = wired.list_changes(actor=visitor.actor)
    refusing = sorted(refusing_addresses(store=wired.store))
    return page(
        request,
        "administration.html",
        visitor=visitor,
        changes=changes,
        refusing=refusing,
        certificates=[
            (each, each.state(now).value, each.days_left(now))
            for each in wired.watch_certificates.troubling(now=now)
        ],
        outages=wired.list_outages(),
        brakes=wired.pull_brake.list_pulled(),
    )
