"""One form in Uppföljning: its answer read and printed, its history, and a reminder of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from utskick.domain.deliveries import DeliveryId, DeliveryState
from utskick.use_cases.may_remind import CannotRemind
from utskick.web.callers import Now, Wired
from utskick.web.labels import delivery_sign
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import FollowUpStaff, Posted, StaffVisitor
from utskick.wiring import Services

router = page_router()

_DONE = {
    DeliveryState.SENT.value: "Påminnelsen är skickad.",
    DeliveryState.REFUSED.value: "1177 tog inte emot påminnelsen.",
    DeliveryState.MANUAL.value: "Det är osäkert om påminnelsen kom fram. Den skickas inte igen.",
}


@router.get("/uppfoljning/{delivery_id}", name="followed-up-form-page")
async def open_form(
    request: Request,
    delivery_id: UUID,
    visitor: FollowUpStaff,
    wired: Wired,
    now: Now,
    besked: str = "",
) -> Response:
    """One form: its answer, who answered it, and what has happened to it."""
    return await _show(request, delivery_id, visitor, wired, now, done=_DONE.get(besked, ""))


@router.post("/uppfoljning/{delivery_id}/skriv-ut", name="print-followed-up-form")
async def print_form(
    request: Request,
    delivery_id: UUID,
    visitor: FollowUpStaff,
    _posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """The same page to be printed: posted, as the log records each printout."""
    return await _show(request, delivery_id, visitor, wired, now, for_printing=True)


@router.post("/uppfoljning/{delivery_id}/paminn", name="send-reminder")
async def remind(
    request: Request,
    delivery_id: UUID,
    visitor: FollowUpStaff,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Remind the recipient through 1177's inbox, at most once a day; after a look at the clock."""
    if wired.rules.warning_now(now, unit=visitor.unit) and not text(posted, "varnad"):
        return await _show(request, delivery_id, visitor, wired, now, asked_again=True)
    try:
        state = await wired.send_reminder(DeliveryId(delivery_id), actor=visitor.actor)
    except CannotRemind as refused:
        return await _show(request, delivery_id, visitor, wired, now, refused=refused)
    return see_other(f"/uppfoljning/{delivery_id}?besked={state.value}")


async def _show(
    request: Request,
    delivery_id: UUID,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    *,
    for_printing: bool = False,
    refused: CannotRemind | None = None,
    asked_again: bool = False,
    **values: Any,
) -> Response:
    opened = await wired.open_answer(
        DeliveryId(delivery_id), for_printing=for_printing, actor=visitor.actor, now=now
    )
    return page(
        request,
        "followed_up.html",
        visitor=visitor,
        status_code=409 if refused else 200,
        opened=opened,
        names={entry.actor: entry.actor_name or entry.actor for entry in opened.logged},
        for_printing=for_printing,
        refused=refused,
        asked_again=asked_again,
        early_or_late=wired.rules.warning_now(now, unit=visitor.unit),
        sign=delivery_sign,
        **{"done": ""} | values,
    )
