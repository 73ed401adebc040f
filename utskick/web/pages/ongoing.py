"""Pågående Paketutskick: the list, one dispatch opened, and what can be done with it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response

from utskick.domain.deliveries import REFUSAL_LABELS, REFUSAL_REMEDIES
from utskick.domain.dispatches import (
    STATUS_LABELS,
    DispatchId,
    DispatchKind,
    RecipientId,
)
from utskick.domain.errors import (
    LastRecipient,
    NothingMissed,
    OccasionPassed,
    UtskickError,
    WrongStatus,
)
from utskick.domain.occasions import OccasionId
from utskick.records import DispatchQuery
from utskick.use_cases.open_dispatch import (
    browse_dispatches,
    follow_progress,
    open_dispatch,
    open_occasion,
)
from utskick.use_cases.remove_recipient import AlreadyRemoved, remove_recipient
from utskick.use_cases.restart_dispatch import restart_dispatch
from utskick.use_cases.send_missed_occasion import send_missed_occasion
from utskick.use_cases.stop_dispatch import stop_dispatch
from utskick.web.callers import Now, Wired
from utskick.web.labels import delivery_sign, delivery_signs, occasion_sign
from utskick.web.pages.frame import fragment, page, see_other
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()

_KINDS = {"paket": DispatchKind.PACKAGE, "formular": DispatchKind.FORM}
_STATUSES = {label.casefold(): status for status, label in STATUS_LABELS.items()}
_DONE = {
    "stoppat": "Paketutskicket är stoppat. Inget mer skickas.",
    "aterstartat": "Paketutskicket är återstartat.",
    "borttagen": "Mottagaren är borttagen och får inget mer av paketutskicket.",
    "skickas": "Tillfället skickas nu.",
    "skickas-strax": "Tillfället skickas strax: schemaläggaren svarar inte just nu.",
}
_HARMLESS = (WrongStatus, LastRecipient, OccasionPassed, NothingMissed, AlreadyRemoved)


@router.get("/paketutskick", name="dispatches-page")
def browse(
    request: Request,
    visitor: Staff,
    wired: Wired,
    *,
    sok: Annotated[str, Query(max_length=200)] = "",
    status: str = "",
    visa: str = "paket",
    sida: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """The unit's dispatches, found by name, title and status."""
    query = DispatchQuery(
        text=sok.strip(), status=_STATUSES.get(status), kind=_KINDS.get(visa), page=sida
    )
    found = browse_dispatches(query, actor=visitor.actor, store=wired.store)
    kept = urlencode({"sok": sok, "status": status, "visa": visa})
    return page(
        request,
        "ongoing.html",
        visitor=visitor,
        found=found,
        asked={"sok": sok, "status": status, "visa": visa},
        statuses=[("", "Alla"), *((each, label) for each, label in _labels())],
        address=f"/paketutskick?{kept}&sida=",
        signs=delivery_signs,
    )


@router.get("/paketutskick/{dispatch_id}", name="dispatch-page")
def show(
    request: Request,
    dispatch_id: UUID,
    visitor: Staff,
    wired: Wired,
    now: Now,
    besked: str = "",
    antal: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """One dispatch: what will be sent when, and who got what."""
    return _opened(
        request, dispatch_id, visitor, wired, now, done=_told(besked, antal), status_code=200
    )


@router.get("/paketutskick/{dispatch_id}/lage", name="dispatch-progress")
def progress(dispatch_id: UUID, visitor: Staff, wired: Wired, now: Now) -> Response:
    """The numbers alone, asked for again and again while something is sent."""
    followed = follow_progress(DispatchId(dispatch_id), actor=visitor.actor, store=wired.store)
    return fragment(
        "progress.html", progress=followed, sign=occasion_sign, signs=delivery_signs, now=now
    )


@router.get("/paketutskick/{dispatch_id}/tillfalle/{occasion_id}", name="occasion-page")
def show_occasion(
    request: Request,
    dispatch_id: UUID,
    occasion_id: UUID,
    visitor: Staff,
    wired: Wired,
    now: Now,
) -> Response:
    """Who got which form at one occasion, and why somebody did not."""
    opened = open_occasion(
        DispatchId(dispatch_id),
        OccasionId(occasion_id),
        actor=visitor.actor,
        store=wired.store,
        now=now,
    )
    return page(
        request,
        "occasion.html",
        visitor=visitor,
        opened=opened,
        sign=occasion_sign,
        delivery_sign=delivery_sign,
        labels=REFUSAL_LABELS,
        remedies=REFUSAL_REMEDIES,
    )


@router.post("/paketutskick/{dispatch_id}/stoppa", name="stop-dispatch-page")
async def stop(
    request: Request, dispatch_id: UUID, visitor: Staff, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Manual: "Klicka på Stoppa Paketutskick"."""

    def act() -> str:
        on_their_way = stop_dispatch(
            DispatchId(dispatch_id),
            actor=visitor.actor,
            store=wired.store,
            scheduler=wired.scheduler,
            now=now,
        )
        return f"besked=stoppat&antal={on_their_way}"

    return await _after(act, request, dispatch_id, visitor, wired, now)


@router.post("/paketutskick/{dispatch_id}/aterstarta", name="restart-dispatch-page")
async def restart(
    request: Request, dispatch_id: UUID, visitor: Staff, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Manual: "Klicka på Återstarta Paketutskick"."""

    def act() -> str:
        restart_dispatch(
            DispatchId(dispatch_id),
            actor=visitor.actor,
            store=wired.store,
            scheduler=wired.scheduler,
            rules=wired.rules,
            now=now,
        )
        return "besked=aterstartat"

    return await _after(act, request, dispatch_id, visitor, wired, now)


@router.post(
    "/paketutskick/{dispatch_id}/mottagare/{recipient_id}/ta-bort", name="remove-recipient-page"
)
async def remove(
    request: Request,
    dispatch_id: UUID,
    recipient_id: UUID,
    visitor: Staff,
    _posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Manual: "Klicka på papperskorgen längst till höger i mottagarlistan"."""

    def act() -> str:
        on_their_way = remove_recipient(
            DispatchId(dispatch_id),
            RecipientId(recipient_id),
            actor=visitor.actor,
            store=wired.store,
            now=now,
        )
        return f"besked=borttagen&antal={on_their_way}"

    return await _after(act, request, dispatch_id, visitor, wired, now)


@router.post(
    "/paketutskick/{dispatch_id}/tillfalle/{occasion_id}/skicka-nu", name="send-missed-page"
)
async def send_missed(
    request: Request,
    dispatch_id: UUID,
    occasion_id: UUID,
    visitor: Staff,
    _posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Send what is left of an occasion that could not be sent in time."""

    def act() -> str:
        registered = send_missed_occasion(
            OccasionId(occasion_id),
            actor=visitor.actor,
            store=wired.store,
            scheduler=wired.scheduler,
            rules=wired.rules,
            now=now,
        )
        return "besked=skickas" if registered else "besked=skickas-strax"

    return await _after(act, request, dispatch_id, visitor, wired, now)


async def _after(
    act: Callable[[], str],
    request: Request,
    dispatch_id: UUID,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
) -> Response:
    """Do it, and show the dispatch. What can no longer be done is told there as well."""
    try:
        told = await asyncio.to_thread(act)
    except _HARMLESS as refused:
        return await asyncio.to_thread(
            _opened, request, dispatch_id, visitor, wired, now, refused=refused, status_code=409
        )
    return see_other(f"/paketutskick/{dispatch_id}?{told}")


def _opened(
    request: Request,
    dispatch_id: UUID,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    *,
    status_code: int,
    done: str = "",
    refused: UtskickError | None = None,
) -> Response:
    values: dict[str, Any] = {
        "opened": open_dispatch(
            DispatchId(dispatch_id), actor=visitor.actor, store=wired.store, now=now
        ),
        "done": done,
        "refused": refused,
        "sign": occasion_sign,
        "signs": delivery_signs,
        "labels": REFUSAL_LABELS,
        "now": now,
    }
    return page(request, "dispatch.html", visitor=visitor, status_code=status_code, **values)


def _told(what: str, number: int) -> str:
    told = _DONE.get(what, "")
    if told and number:
        told += f" {number} formulär var redan på väg och kommer fram."
    return told


def _labels() -> list[tuple[str, str]]:
    return [(label.casefold(), label) for label in STATUS_LABELS.values()]
