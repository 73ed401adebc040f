"""Pågående Paketutskick: the list, one dispatch opened, and what can be done with it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request, Response
from markupsafe import Markup

from utskick.domain.deliveries import REFUSAL_LABELS, REFUSAL_REMEDIES, DeliveryState
from utskick.domain.dispatches import (
    STATUS_LABELS,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    RecipientId,
)
from utskick.domain.errors import (
    LastRecipient,
    NothingAhead,
    NothingLeft,
    OccasionPassed,
    UtskickError,
    WrongStatus,
)
from utskick.domain.occasions import OccasionId
from utskick.domain.units import SYSTEM
from utskick.records import DispatchQuery, DispatchSorting
from utskick.use_cases.end_occasion import end_occasion
from utskick.use_cases.list_dispatches import list_dispatches
from utskick.use_cases.notify_recipients import notify_recipients
from utskick.use_cases.open_dispatch import (
    follow_progress,
    open_dispatch,
    open_occasion,
)
from utskick.use_cases.remove_recipient import AlreadyRemoved, remove_recipient
from utskick.use_cases.restart_dispatch import restart_dispatch
from utskick.use_cases.send_missed_occasion import send_missed_occasion
from utskick.use_cases.stop_dispatch import Stopped, stop_dispatch
from utskick.web.callers import Now, Wired
from utskick.web.labels import (
    counted,
    delivery_sign,
    delivery_signs,
    left_out_remedy,
    occasion_sign,
    stopped_in_words,
)
from utskick.web.pages.frame import drawn, fragment, page, see_other
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()

_KINDS = {"paket": DispatchKind.PACKAGE, "formular": DispatchKind.FORM}
_ORDERS = {"nyast": DispatchSorting.NEWEST, "nasta": DispatchSorting.NEXT}
_STATUSES = {label.casefold(): status for status, label in STATUS_LABELS.items()}
_STOPPED = "stoppat"
_DONE = {
    "stoppat": _STOPPED,
    "aterstartat": "Paketutskicket är återstartat.",
    "borttagen": "Mottagaren är borttagen och får inget mer av paketutskicket.",
    "skickas": "Tillfället skickas nu.",
    "skickas-strax": "Tillfället skickas strax: schemaläggaren svarar inte just nu.",
    "meddelas": "De som har fått formulär får nu sitt inkorgsmeddelande.",
    "meddelas-strax": "De som har fått formulär får sitt inkorgsmeddelande strax:"
    " schemaläggaren svarar inte just nu.",
    "slutat": "Samma utskick har startats förut, och det skickar inget mer."
    " Inget nytt är startat.",
    "avslutat": "Tillfället är avslutat. Det som var kvar skickas inte.",
}
_ALREADY = {
    DispatchStatus.STOPPED: "Paketutskicket är redan stoppat. Inget mer skickas.",
    DispatchStatus.ONGOING: "Paketutskicket är redan återstartat.",
}
_HARMLESS = (
    WrongStatus,
    LastRecipient,
    OccasionPassed,
    NothingAhead,
    NothingLeft,
    AlreadyRemoved,
)


@router.get("/paketutskick", name="dispatches-page")
def browse(
    request: Request,
    visitor: Staff,
    wired: Wired,
    now: Now,
    *,
    sok: Annotated[str, Query(max_length=200)] = "",
    status: str = "",
    visa: str = "paket",
    ordning: str = "nyast",
    sida: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """The unit's dispatches, found by name, title and status."""
    query = DispatchQuery(
        text=sok.strip(),
        status=_STATUSES.get(status),
        kind=_KINDS.get(visa),
        order=_ORDERS.get(ordning, DispatchSorting.NEWEST),
        page=sida,
    )
    found = list_dispatches(query, actor=visitor.actor, store=wired.store)
    asked = {"sok": sok, "status": status, "visa": visa, "ordning": ordning}
    return page(
        request,
        "ongoing.html",
        visitor=visitor,
        found=found,
        asked=asked,
        statuses=[("", "Alla"), *((each, label) for each, label in _labels())],
        address=f"/paketutskick?{urlencode(asked)}&sida=",
        signs=delivery_signs,
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
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
    done = _done_in_words(besked, antal)
    return _opened(
        request, dispatch_id, visitor, wired, now, done=done, on_their_way=antal, status_code=200
    )


@router.get("/paketutskick/{dispatch_id}/lage", name="dispatch-progress")
def progress(dispatch_id: UUID, visitor: Staff, wired: Wired, now: Now) -> Response:
    """The numbers alone, asked for again and again while something is sent."""
    followed = follow_progress(DispatchId(dispatch_id), actor=visitor.actor, store=wired.store)
    return fragment(
        "progress.html",
        progress=followed,
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
        signs=delivery_signs,
        now=now,
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
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
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
        stopped = stop_dispatch(
            DispatchId(dispatch_id),
            actor=visitor.actor,
            store=wired.store,
            scheduler=wired.scheduler,
            clock=wired.clock,
            rules=wired.rules,
            now=now,
        )
        return f"besked=stoppat&antal={stopped.on_their_way}"

    wanted = DispatchStatus.STOPPED
    return await _after(act, request, dispatch_id, visitor, wired, now, wanted=wanted)


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

    wanted = DispatchStatus.ONGOING
    return await _after(act, request, dispatch_id, visitor, wired, now, wanted=wanted)


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
    """Skicka det som är kvar."""
    act = partial(_by_hand, send_missed_occasion, occasion_id, visitor, wired, now, "skickas")
    return await _after(act, request, dispatch_id, visitor, wired, now)


@router.post(
    "/paketutskick/{dispatch_id}/tillfalle/{occasion_id}/meddela", name="notify-recipients-page"
)
async def notify(
    request: Request,
    dispatch_id: UUID,
    occasion_id: UUID,
    visitor: Staff,
    _posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Meddela dem som redan fått sina formulär."""
    act = partial(_by_hand, notify_recipients, occasion_id, visitor, wired, now, "meddelas")
    return await _after(act, request, dispatch_id, visitor, wired, now)


@router.post(
    "/paketutskick/{dispatch_id}/tillfalle/{occasion_id}/avsluta", name="end-occasion-page"
)
async def end(
    request: Request,
    dispatch_id: UUID,
    occasion_id: UUID,
    visitor: Staff,
    _posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Avsluta: the rest is never sent."""

    def act() -> str:
        _by_hand(end_occasion, occasion_id, visitor, wired, now, "avslutat")
        return "besked=avslutat"

    return await _after(act, request, dispatch_id, visitor, wired, now)


def _by_hand(
    deed: Callable[..., bool],
    occasion_id: UUID,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    done: str,
) -> str:
    registered = deed(
        OccasionId(occasion_id),
        actor=visitor.actor,
        store=wired.store,
        scheduler=wired.scheduler,
        rules=wired.rules,
        now=now,
    )
    return f"besked={done}" if registered else f"besked={done}-strax"


async def _after(
    act: Callable[[], str],
    request: Request,
    dispatch_id: UUID,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    *,
    wanted: DispatchStatus | None = None,
) -> Response:
    """Do it, and show the dispatch. What can no longer be done is shown there as well."""
    try:
        notice = await asyncio.to_thread(act)
    except _HARMLESS as error:
        opened = partial(_opened, request, dispatch_id, visitor, wired, now, status_code=409)
        if done := _done_before(error, wanted):
            return await asyncio.to_thread(opened, done=done)
        return await asyncio.to_thread(opened, refused=error.staff_message)
    return see_other(f"/paketutskick/{dispatch_id}?{notice}")


def _done_before(error: UtskickError, wanted: DispatchStatus | None) -> str:
    """The answer to a second click: that the first one did it."""
    if isinstance(error, NothingLeft):
        return "Det är redan gjort, eller så finns inget kvar av tillfället."
    if wanted and isinstance(error, WrongStatus) and error.status == wanted:
        return _ALREADY[wanted]
    return error.staff_message if isinstance(error, AlreadyRemoved) else ""


def _opened(
    request: Request,
    dispatch_id: UUID,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    *,
    status_code: int,
    done: str = "",
    refused: str = "",
    on_their_way: int = 0,
) -> Response:
    opened = open_dispatch(
        DispatchId(dispatch_id), actor=visitor.actor, store=wired.store, now=now
    )

    def cell(recipient_id: RecipientId, occasion_id: OccasionId) -> Markup:
        return _chips(frozenset(opened.cells.get((recipient_id, occasion_id), {}).items()))

    if done == _STOPPED:
        halted = tuple(each for each in opened.ways if each.occasion.halted)
        done = stopped_in_words(
            Stopped(dispatch=opened.dispatch, on_their_way=on_their_way, ways=halted)
        )
    values: dict[str, Any] = {
        "opened": opened,
        "done": done,
        "refused": refused,
        "sign": partial(occasion_sign, now=now, late_after=wired.rules.late_after),
        "counted": counted,
        "may_restart": opened.dispatch.may_restart(now=now),
        "early_or_late": wired.rules.warning_now(now)
        if opened.dispatch.creates_inbox_message
        else None,
        "signs": delivery_signs,
        "cell": cell,
        "labels": REFUSAL_LABELS,
        "left_out_remedy": left_out_remedy,
        "system": SYSTEM,
        "now": now,
    }
    return page(request, "dispatch.html", visitor=visitor, status_code=status_code, **values)


@lru_cache(maxsize=1000)
def _chips(by_state: frozenset[tuple[DeliveryState, int]]) -> Markup:
    """Kept, as 250 recipients at 12 occasions have mostly fared alike."""
    return drawn("chips.html", signs=delivery_signs(dict(by_state)))


def _done_in_words(what: str, number: int) -> str:
    words = _DONE.get(what, "")
    if what == "borttagen" and number:
        words += f" {number} formulär var redan på väg och kommer fram."
    return words


def _labels() -> list[tuple[str, str]]:
    return [(label.casefold(), label) for label in STATUS_LABELS.values()]
