"""Förvaltning, enheter: join, rename, withdraw, subscribe; the tokens of their systems."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from fastapi import Request, Response

from utskick.domain.calendar import SendingWindow
from utskick.domain.errors import NotFound, Problem, SpecRefused
from utskick.domain.forms import FormTemplateId
from utskick.domain.tokens import LASTS, SCOPE_LABELS, Scope
from utskick.domain.units import HsaId, InvalidHsaId, parse_hsa_id
from utskick.domain.writing import comparable
from utskick.use_cases.administer_units import (
    NewUnitSpec,
    TokenExists,
    UnitSpec,
)
from utskick.use_cases.set_sending_hours import HoursSpec
from utskick.use_cases.struck_dispatches import StruckDispatch
from utskick.web.callers import Now, Wired
from utskick.web.pages.administration import one_page
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.posted import read_spec, sought_in, text, texts
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Administrator, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_LABELS = {
    "hsa_id": "HSA-id",
    "name": "Namn",
    "phone": "Telefon",
    "opens": "Från",
    "closes": "Till",
    "mail": "E-post för enheten",
    "nyckelns_namn": "Nyckelns namn",
    "nyckelns_ratt": "Vad nyckeln får göra",
}
_DONE = {
    "tillagd": "Enheten är tillagd. Personal med medarbetaruppdrag där kan logga in.",
    "andrad": "Ändringarna är sparade.",
    "indragen": "Enheten är indragen. Ingen kan logga in eller skicka för den.",
    "tillbaka": "Enheten är tagen tillbaka.",
    "prenumerationer": "Prenumerationerna är sparade.",
    "tider": "Sändningstiderna är sparade. De gäller när något startas från och med nu.",
    "aterkallad": "Nyckeln är återkallad. Systemet som har den släpps inte in längre.",
}
_TYPED = ("hsa_id", "name", "phone", "mail")
_LONGEST_NAME = 100


@router.get("/forvaltning/enheter", name="units-page")
def browse(request: Request, visitor: Administrator, wired: Wired) -> Response:
    """Every unit, and a form for one that joins."""
    return _list(request, visitor, wired)


@router.post("/forvaltning/enheter", name="add-unit")
def add(
    request: Request, visitor: Administrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Let a unit join; or find those of a name or an HSA-id."""
    if "sok" in posted:
        sought, number = sought_in(posted)
        return _list(request, visitor, wired, sought=sought, number=number)
    typed = {name: text(posted, name) for name in _TYPED}
    try:
        unit = wired.administer_units.add_unit(
            read_spec(NewUnitSpec, typed), actor=visitor.actor, now=now
        )
    except SpecRefused as refused:
        return _list(request, visitor, wired, typed=typed, problems=refused.problems)
    return _see(unit.id, "tillagd")


@router.get("/forvaltning/enheter/{unit_id}", name="unit-page")
def show(
    request: Request, unit_id: str, visitor: Administrator, wired: Wired, besked: str = ""
) -> Response:
    """One unit."""
    return _opened(request, unit_id, visitor, wired, done=_DONE.get(besked, ""))


@router.post("/forvaltning/enheter/{unit_id}", name="change-unit")
def change(
    request: Request,
    unit_id: str,
    visitor: Administrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Rename it, or change its phone number."""
    typed = {name: text(posted, name) for name in ("name", "phone")}
    typed["mail"] = text(posted, "mail").strip()
    try:
        spec = read_spec(UnitSpec, typed)
        wired.administer_units.change_unit(_id(unit_id), spec, actor=visitor.actor, now=now)
    except SpecRefused as refused:
        return _opened(request, unit_id, visitor, wired, typed=typed, problems=refused.problems)
    return _see(unit_id, "andrad")


@router.post("/forvaltning/enheter/{unit_id}/dra-in", name="withdraw-unit")
def withdraw(
    unit_id: str, visitor: Administrator, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Nobody acts for it any more."""
    wired.administer_units.withdraw_unit(_id(unit_id), actor=visitor.actor, now=now)
    return _see(unit_id, "indragen")


@router.post("/forvaltning/enheter/{unit_id}/ta-tillbaka", name="bring-back-unit")
def bring_back(
    unit_id: str, visitor: Administrator, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """Undo a withdrawal."""
    wired.administer_units.bring_back_unit(_id(unit_id), actor=visitor.actor, now=now)
    return _see(unit_id, "tillbaka")


@router.post("/forvaltning/enheter/{unit_id}/prenumerationer", name="set-subscriptions")
def subscribe(
    request: Request,
    unit_id: str,
    visitor: Administrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """The ticked ones and no others; asks first if that strikes what runs. Raises `NotFound`."""
    ticked = [_template_id(each) for each in texts(posted, "prenumeration")]
    struck = wired.administer_units.struck_by_subscriptions(_id(unit_id), ticked)
    if struck and text(posted, "sakert") != "ja":
        return _opened(request, unit_id, visitor, wired, ending=(ticked, struck))
    wired.administer_units.set_subscriptions(_id(unit_id), ticked, actor=visitor.actor, now=now)
    return _see(unit_id, "prenumerationer")


@router.post("/forvaltning/enheter/{unit_id}/tider", name="set-sending-hours")
def set_hours(
    request: Request,
    unit_id: str,
    visitor: Administrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Outside them staff are warned; empty, the region's hold. Raises `NotFound`."""
    hours = {name: text(posted, name).strip() for name in ("opens", "closes")}
    try:
        spec = read_spec(HoursSpec, hours)
        wired.set_sending_hours(_id(unit_id), spec, actor=visitor.actor, now=now)
    except SpecRefused as refused:
        return _opened(request, unit_id, visitor, wired, hours=hours, problems=refused.problems)
    return _see(unit_id, "tider")


@router.post("/forvaltning/enheter/{unit_id}/nycklar", name="make-token")
def make(
    request: Request,
    unit_id: str,
    visitor: Administrator,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """A new token, shown on the page that answers and never again."""
    name = text(posted, "nyckelns_namn").strip()
    scopes = [scope for scope in Scope if scope.value in texts(posted, "nyckelns_ratt")]
    lasts = timedelta(days=90) if text(posted, "nyckelns_tid") == "90" else LASTS
    if wrong := _wrong_name(name) or _wrong_scopes(scopes):
        return _opened(request, unit_id, visitor, wired, token_name=name, problems=[wrong])
    try:
        token = wired.administer_units.make_token(
            _id(unit_id), name, scopes=scopes, lasts=lasts, actor=visitor.actor, now=now
        )
    except TokenExists as exists:
        wrong = Problem("nyckelns_namn", exists.staff_message, "")
        return _opened(request, unit_id, visitor, wired, token_name=name, problems=[wrong])
    except SpecRefused as refused:
        problems = refused.problems
        return _opened(request, unit_id, visitor, wired, token_name=name, problems=problems)
    return _opened(request, unit_id, visitor, wired, token=token)


@router.post("/forvaltning/enheter/{unit_id}/nycklar/aterkalla", name="revoke-token")
def revoke(
    unit_id: str, visitor: Administrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """The system that has it is shut out. Raises `NotFound`."""
    name = text(posted, "nyckel")
    wired.administer_units.revoke_token(_id(unit_id), name, actor=visitor.actor, now=now)
    return _see(unit_id, "aterkallad")


def _list(
    request: Request,
    visitor: Visitor,
    wired: Services,
    *,
    sought: str = "",
    number: int = 1,
    typed: dict[str, str] | None = None,
    problems: Sequence[Problem] = (),
) -> Response:
    wanted = comparable(sought)
    found = [
        unit
        for unit in wired.administer_units.list_units()
        if wanted in comparable(unit.name) or wanted in comparable(unit.id)
    ]
    shown, pages = one_page(found, number)
    return page(
        request,
        "administration_units.html",
        visitor=visitor,
        status_code=422 if problems else 200,
        sought=sought,
        units=shown,
        total=len(found),
        number=number,
        pages_in_all=pages,
        typed=typed or dict.fromkeys(_TYPED, ""),
        problems=problems_by_field(tuple(problems)),
        labels=_LABELS,
    )


def _opened(
    request: Request,
    unit_id: str,
    visitor: Visitor,
    wired: Services,
    *,
    typed: dict[str, str] | None = None,
    hours: dict[str, str] | None = None,
    token_name: str = "",
    token: str = "",
    problems: Sequence[Problem] = (),
    done: str = "",
    ending: tuple[Sequence[FormTemplateId], Sequence[StruckDispatch]] = ((), ()),
) -> Response:
    opened = wired.administer_units.open_unit(_id(unit_id))
    return page(
        request,
        "administration_unit.html",
        visitor=visitor,
        status_code=422 if problems else 200,
        opened=opened,
        typed=typed
        or {"name": opened.unit.name, "phone": opened.unit.phone, "mail": opened.unit.mail},
        hours=hours or _as_typed(opened.unit.sending_hours),
        everybodys=wired.rules.window,
        token_name=token_name,
        token=token,
        problems=problems_by_field(tuple(problems)),
        labels=_LABELS,
        scopes=SCOPE_LABELS,
        now=wired.clock.now(),
        done=done,
        ticked=ending[0],
        ending=ending[1],
    )


def _as_typed(hours: SendingWindow | None) -> dict[str, str]:
    if hours is None:
        return {"opens": "", "closes": ""}
    return {"opens": f"{hours.opens:%H:%M}", "closes": f"{hours.closes:%H:%M}"}


def _see(unit_id: str, done: str) -> Response:
    return see_other(f"/forvaltning/enheter/{_id(unit_id)}?besked={done}")


def _id(typed: str) -> HsaId:
    """Raises `NotFound`, also for what no unit could be called."""
    try:
        return parse_hsa_id(typed)
    except InvalidHsaId:
        raise NotFound("unit") from None


def _template_id(typed: str) -> FormTemplateId:
    try:
        return FormTemplateId(UUID(typed))
    except ValueError:
        raise NotFound("form template") from None


def _wrong_scopes(scopes: Sequence[Scope]) -> Problem | None:
    if scopes:
        return None
    return Problem("nyckelns_ratt", "inget är valt.", "Kryssa för vad systemet ska göra.")


def _wrong_name(name: str) -> Problem | None:
    if not name:
        return Problem("nyckelns_namn", "texten är tom.", "Skriv vilket system nyckeln är till.")
    if len(name) > _LONGEST_NAME:
        return Problem(
            "nyckelns_namn", "namnet är för långt.", f"Skriv högst {_LONGEST_NAME} tecken."
        )
    if not name.isprintable():
        return Problem("nyckelns_namn", "namnet har tecken som inte syns.", "Skriv det på nytt.")
    return None
