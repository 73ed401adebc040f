"""Pågående Paketutskick: the list, one dispatch opened, and what can be done with it."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from utskick.domain.deliveries import REFUSAL_LABELS, REFUSAL_REMEDIES
from utskick.domain.dispatches import (
    STATUS_LABELS,
    DispatchId,
    DispatchKind,
    RecipientId,
)
from utskick.domain.long_lists import ListView
from utskick.domain.occasions import OccasionId
from utskick.records import DispatchQuery, DispatchSorting
from utskick.web.callers import Now, Wired
from utskick.web.labels import (
    delivery_sign,
    delivery_signs,
    occasion_sign,
)
from utskick.web.pages.frame import fragment, page
from utskick.web.pages.opened_dispatch import AtDesk, Desk, menu_of
from utskick.web.pages.posted import sought_in, text, view_in
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()

_KINDS = {"paket": DispatchKind.PACKAGE, "formular": DispatchKind.FORM}
_ORDERS = {"nyast": DispatchSorting.NEWEST, "nasta": DispatchSorting.NEXT}
_STATUSES = {label.casefold(): status for status, label in STATUS_LABELS.items()}


@router.get("/paketutskick", name="dispatches-page")
def browse(
    request: Request,
    visitor: Staff,
    wired: Wired,
    now: Now,
    *,
    status: str = "",
    visa: str = "paket",
    ordning: str = "nyast",
) -> Response:
    """The unit's dispatches."""
    asked = {"sok": "", "status": status, "visa": visa, "ordning": ordning}
    return _list(request, visitor, wired, now, asked)


@router.post("/paketutskick", name="search-dispatches")
def search(request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now) -> Response:
    """Those found by name, title and status."""
    sought, number = sought_in(posted)
    asked = {name: text(posted, name) for name in ("status", "visa", "ordning")}
    return _list(request, visitor, wired, now, asked | {"sok": sought}, number=number)


def _list(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    asked: dict[str, str],
    *,
    number: int = 1,
) -> Response:
    query = DispatchQuery(
        text=asked["sok"].strip(),
        status=_STATUSES.get(asked["status"]),
        kind=_KINDS.get(asked["visa"]),
        order=_ORDERS.get(asked["ordning"], DispatchSorting.NEWEST),
        page=number,
    )
    found = wired.list_dispatches(query, actor=visitor.actor)
    return page(
        request,
        "ongoing.html",
        visitor=visitor,
        found=found,
        outages=wired.list_outages(),
        waiting=wired.decide_approval.count_waiting(actor=visitor.actor),
        asked=asked,
        statuses=[("", "Alla"), *((each, label) for each, label in _labels())],
        signs=delivery_signs,
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
    )


@router.get("/paketutskick/{dispatch_id}", name="dispatch-page")
def show(
    desk: AtDesk,
    besked: str = "",
    antal: Annotated[int, Query(ge=0)] = 0,
    mottagare: UUID | None = None,
) -> Response:
    """One dispatch: what will be sent when, and who got what."""
    about = RecipientId(mottagare) if mottagare else None
    return desk.show(done=besked, number=antal, about=about)


@router.post("/paketutskick/{dispatch_id}", name="look-in-dispatch")
def look(desk: AtDesk, posted: Posted) -> Response:
    """As `show`, of those recipients who are looked for: by post, as it may be by name."""
    return desk.show(view=view_in(posted))


@router.get("/paketutskick/{dispatch_id}/lage", name="dispatch-progress")
def progress(dispatch_id: UUID, visitor: Staff, wired: Wired, now: Now) -> Response:
    """The numbers alone, asked for again and again while something is sent."""
    followed = wired.open_dispatch.follow_progress(DispatchId(dispatch_id), actor=visitor.actor)
    return fragment(
        "progress.html",
        progress=followed,
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
        signs=delivery_signs,
        now=now,
    )


@router.get("/paketutskick/{dispatch_id}/tillfalle/{occasion_id}", name="occasion-page")
def show_occasion(desk: AtDesk, occasion_id: UUID) -> Response:
    """Who got which form at one occasion, and why somebody did not."""
    return _occasion(desk, OccasionId(occasion_id), ListView())


@router.post("/paketutskick/{dispatch_id}/tillfalle/{occasion_id}", name="look-in-occasion")
def look_in_occasion(desk: AtDesk, occasion_id: UUID, posted: Posted) -> Response:
    """As `show_occasion`, of those who are looked for."""
    return _occasion(desk, OccasionId(occasion_id), view_in(posted))


def _occasion(desk: Desk, occasion_id: OccasionId, view: ListView) -> Response:
    wired, now = desk.wired, desk.now
    opened = wired.open_dispatch.open_occasion(
        desk.dispatch_id, occasion_id, actor=desk.visitor.actor, now=now, view=view
    )
    return page(
        desk.request,
        "occasion.html",
        visitor=desk.visitor,
        opened=opened,
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
        delivery_sign=delivery_sign,
        labels=REFUSAL_LABELS,
        remedies=REFUSAL_REMEDIES,
        **menu_of(opened.dispatch),
    )


def _labels() -> list[tuple[str, str]]:
    return [(label.casefold(), label) for label in STATUS_LABELS.values()]
