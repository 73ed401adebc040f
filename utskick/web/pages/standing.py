"""Besöksutskick: what is sent before a unit's visits, until it is stopped."""

import asyncio
from collections.abc import Callable
from functools import partial
from uuid import UUID

from fastapi import Request, Response

from utskick.domain.dispatches import StandingId
from utskick.domain.errors import WrongStatus
from utskick.domain.visit_offsets import LATE_VISITS_LABELS
from utskick.web.callers import Now, Wired
from utskick.web.labels import counted, delivery_signs, occasion_sign
from utskick.web.package_words import offsets_in_words
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()

_STANDING = "/besok/utskick/{standing_id}"
_DONE = {
    "startat": "Besöksutskicket är startat. Lägg till besök, så skickas formulären före dem.",
    "stoppat": "Besöksutskicket är stoppat. Inget mer skickas före besöken.",
    "aterstartat": "Besöksutskicket är återstartat.",
}


@router.get(_STANDING, name="standing-page")
def show(
    request: Request,
    standing_id: UUID,
    visitor: Staff,
    wired: Wired,
    now: Now,
    besked: str = "",
    antal: int = 0,
) -> Response:
    """When it is sent, to how many, and how each moment has gone."""
    said = _DONE.get(besked, "")
    if said and antal > 0:
        said += f" {counted(antal, 'formulär', 'formulär')} var redan på väg och kommer fram."
    return _show(request, visitor, wired, now, StandingId(standing_id), done=said)


@router.post(f"{_STANDING}/stoppa", name="stop-standing-page")
async def stop(
    request: Request, standing_id: UUID, visitor: Staff, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Nothing more is sent before visits."""

    def act() -> str:
        stopped = wired.standing_dispatches.stop(
            StandingId(standing_id), actor=visitor.actor, now=now
        )
        return f"stoppat&antal={stopped.on_their_way}"

    return await _after(act, request, visitor, wired, now, StandingId(standing_id))


@router.post(f"{_STANDING}/aterstarta", name="restart-standing-page")
async def restart(
    request: Request, standing_id: UUID, visitor: Staff, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """As the visits are now."""

    def act() -> str:
        wired.standing_dispatches.restart(StandingId(standing_id), actor=visitor.actor, now=now)
        return "aterstartat"

    return await _after(act, request, visitor, wired, now, StandingId(standing_id))


async def _after(
    act: Callable[[], str],
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: Now,
    standing_id: StandingId,
) -> Response:
    try:
        notice = await asyncio.to_thread(act)
    except WrongStatus as error:
        shown = partial(_show, request, visitor, wired, now, standing_id)
        return await asyncio.to_thread(shown, refused=error.staff_message, status_code=409)
    return see_other(f"/besok/utskick/{standing_id}?besked={notice}")


def _show(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: Now,
    standing_id: StandingId,
    *,
    done: str = "",
    refused: str = "",
    status_code: int = 200,
) -> Response:
    opened = wired.standing_dispatches.opened(standing_id, actor=visitor.actor, now=now)
    return page(
        request,
        "standing.html",
        visitor=visitor,
        opened=opened,
        standing=opened.standing,
        offsets=offsets_in_words(opened.standing.offsets),
        late=LATE_VISITS_LABELS[opened.standing.late],
        done=done,
        refused=refused,
        outages=wired.list_outages(),
        sign=partial(occasion_sign, now=now, late_after=wired.rules.late_after),
        signs=delivery_signs,
        status_code=status_code,
    )
