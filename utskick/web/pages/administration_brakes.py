"""Förvaltning, nödbroms: see what it hits, pull it, see what goes on, and release it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import Request, Response

from utskick.domain.brakes import AlreadyReleased, BrakeId, BrakeScope
from utskick.domain.errors import NotFound, Problem, SpecRefused
from utskick.domain.forms import FormTemplateId
from utskick.domain.units import HsaId
from utskick.use_cases.pull_brake import BrakeRegister
from utskick.web.callers import Now, Wired
from utskick.web.labels import counted
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_HERE = "/forvaltning/nodbroms"
_DONE = {
    "dragen": "Nödbromsen är dragen. Inget av det som berörs skickas.",
    "slappt": "Nödbromsen är släppt. Det som ligger framåt skickas på sin tid.",
}
_EVERYTHING, _UNIT, _FORM = "allt", "enhet", "mall"
_LABELS = {"vad": "Vad", "skal": "Skäl"}


@router.get(_HERE, name="brakes-page")
def browse(
    request: Request, visitor: Administrator, wired: Wired, now: Now, besked: str = ""
) -> Response:
    """The brakes that hold, and what can be chosen for a new one."""
    return _show(request, visitor, wired, now, done=_DONE.get(besked, ""))


@router.post(_HERE + "/berors", name="see-what-a-brake-hits")
def see(
    request: Request, visitor: Administrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """What it would be on, and how far that has come; nothing is held yet."""
    return _show(request, visitor, wired, now, chosen=text(posted, "vad"))


@router.post(_HERE + "/dra", name="pull-brake")
def pull(
    request: Request, visitor: Administrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Nothing of it leaves any more when this is answered."""
    chosen, cause = text(posted, "vad"), text(posted, "skal").strip()
    try:
        wired.pull_brake.pull(_scope(chosen), cause, actor=visitor.actor, now=now)
    except SpecRefused as refused:
        return _show(
            request, visitor, wired, now, chosen=chosen, cause=cause, problems=refused.problems
        )
    return see_other(f"{_HERE}?besked=dragen")


@router.post(_HERE + "/{brake_id}/slapp", name="release-brake")
def release(
    brake_id: UUID,
    request: Request,
    visitor: Administrator,
    _posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """What lies ahead goes on."""
    try:
        wired.pull_brake.release(BrakeId(brake_id), actor=visitor.actor, now=now)
    except AlreadyReleased as error:
        problem = Problem("slapp", error.staff_message, "")
        return _show(request, visitor, wired, now, problems=[problem])
    return see_other(f"{_HERE}?besked=slappt")


def _show(
    request: Request,
    visitor: Visitor,
    wired: Services,
    now: datetime,
    *,
    chosen: str = "",
    cause: str = "",
    problems: Sequence[Problem] = (),
    done: str = "",
) -> Response:
    register = wired.pull_brake.list_brakes()
    return page(
        request,
        "administration_brakes.html",
        visitor=visitor,
        status_code=422 if problems else 200,
        register=register,
        choices=_choices(register),
        chosen=chosen,
        hit=wired.pull_brake.would_hit(_scope(chosen)) if chosen else None,
        cause=cause,
        labels=_LABELS,
        problems=problems_by_field(tuple(problems)),
        done=done,
        counted=counted,
        now=now,
    )


def _choices(register: BrakeRegister) -> list[tuple[str, str]]:
    return [
        (_EVERYTHING, "Alla utskick"),
        *((f"{_UNIT}:{unit.id}", f"Enhet: {unit.name}") for unit in register.units),
        *((f"{_FORM}:{form.id}", f"Formulär: {form.name}") for form in register.forms),
    ]


def _scope(chosen: str) -> BrakeScope:
    """Raises `NotFound`, for what is none of the choices too."""
    kind, _, key = chosen.partition(":")
    try:
        match kind:
            case "allt":
                return BrakeScope()
            case "enhet":
                return BrakeScope(unit_id=HsaId(key))
            case "mall":
                return BrakeScope(template_id=FormTemplateId(UUID(key)))
    except ValueError:
        pass
    raise NotFound("brake's scope")
