"""Besöksutskick: what is sent before a unit's visits, from its start until it is stopped."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.dispatches import StandingId
from utskick.domain.errors import Problem, SpecRefused, StartBlocked, WrongStatus
from utskick.domain.visit_offsets import LATE_VISITS_LABELS
from utskick.ports import TemporaryFailure
from utskick.use_cases.standing_dispatches import AlreadyStanding, StandingSpec
from utskick.web.callers import Now, Wired
from utskick.web.labels import counted, delivery_signs, occasion_sign
from utskick.web.package_words import offsets_in_words
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.posted import read_spec, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.wiring import Services

router = page_router()

_STANDING = "/besok/utskick/{standing_id}"
_LABELS = {
    "package": "Besökspaket",
    "title": "Titel som visas för invånaren",
    "inbox_message": "Inkorgsmeddelande",
    "form_banner": "Formulärmeddelande",
}
_AWAY = "1177 svarar inte, så inget är startat. Försök igen om en stund."
_DONE = {
    "startat": "Besöksutskicket är startat. Lägg till besök, så skickas formulären före dem.",
    "stoppat": "Besöksutskicket är stoppat. Inget mer skickas före besöken.",
    "aterstartat": "Besöksutskicket är återstartat.",
}


@router.get("/besok/starta", name="start-standing-page")
def begin(request: Request, visitor: Staff, wired: Wired, now: Now, paket: str = "") -> Response:
    """Which of the unit's visit packages, and its texts."""
    return _form(request, visitor, wired, now, chosen=paket)


@router.post("/besok/starta", name="start-standing-from-page")
async def start(
    request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Start it, or show what keeps it from that."""
    fields = {name: text(posted, name) for name in (*_LABELS, "creates_inbox_message")}
    try:
        spec = read_spec(StandingSpec, _values(posted, visitor))
        started = await wired.standing_dispatches.start(spec, actor=visitor.actor, now=now)
    except SpecRefused as refused:
        problems = list(refused.problems)
    except AlreadyStanding as there:
        return see_other(f"/besok/utskick/{there.standing.id}")
    except StartBlocked as blocked:
        problems = [Problem("package", blocked.staff_message, "")]
    except TemporaryFailure:
        problems = [Problem("package", _AWAY, "")]
    else:
        return see_other(f"/besok/utskick/{started.id}?besked=startat")
    return await asyncio.to_thread(
        partial(
            _form,
            request,
            visitor,
            wired,
            now,
            chosen=fields["package"],
            filled=fields,
            problems=problems,
        )
    )


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


def _values(posted: FormData, visitor: StaffVisitor) -> dict[str, Any]:
    notifies = bool(text(posted, "creates_inbox_message"))
    return {
        "unit": visitor.unit.id,
        "package": text(posted, "package"),
        "title": text(posted, "title").strip() or None,
        "creates_inbox_message": notifies,
        "inbox_message": text(posted, "inbox_message") if notifies else None,
        "form_banner": text(posted, "form_banner"),
    }


def _form(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: Now,
    *,
    chosen: str = "",
    filled: dict[str, str] | None = None,
    problems: list[Problem] | None = None,
) -> Response:
    packages = wired.standing_dispatches.overview(actor=visitor.actor, now=now).packages
    package = next((each for each in packages if each.key == chosen), None)
    if package is None and len(packages) == 1:
        package = packages[0]
    return page(
        request,
        "standing_start.html",
        visitor=visitor,
        packages=packages,
        package=package,
        offsets=[offset.in_words for offset in package.visit_offsets] if package else [],
        late=LATE_VISITS_LABELS[package.late_visits] if package else "",
        filled=filled,
        problems=problems_by_field(tuple(problems or ())),
        labels=_LABELS,
        status_code=422 if problems else 200,
    )
