"""What every page has: the menu, the chosen unit, and the texts of `templates/web/`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from utskick.domain.calendar import STOCKHOLM, day_in_words, month_in_words, read_date
from utskick.domain.errors import Problem
from utskick.domain.rights import Right
from utskick.files import TEMPLATES
from utskick.web.callers import services_of
from utskick.web.labels import WEEKDAYS, age_in_words, channels_in_words, counted, moment
from utskick.web.pages.visitors import FOR_UNIT, Visitor
from utskick.wiring import Services

FOLDER = TEMPLATES / "web"
_SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class MenuItem:
    """Shown to whoever has the right.

    What is seldom used stands beside the person's name, so that the rest fits in one row.
    """

    address: str
    name: str
    right: Right
    beside_name: bool = False


MENU = (
    MenuItem("/skicka-formular", "Skicka formulär", Right.DISPATCH),
    MenuItem("/skicka-nafs-formular", "Skicka NAFS formulär", Right.DISPATCH),
    MenuItem("/starta-paketutskick", "Starta Paketutskick", Right.DISPATCH),
    MenuItem("/paketutskick", "Pågående Paketutskick", Right.DISPATCH),
    MenuItem("/besok", "Besök", Right.DISPATCH),
    MenuItem("/uppfoljning", "Uppföljning", Right.FOLLOW_UP),
    MenuItem("/formularlank", "Formulärlänk och sms", Right.DISPATCH),
    MenuItem("/utkast", "Utkast", Right.DISPATCH, beside_name=True),
    MenuItem("/logg", "Logg", Right.LOG, beside_name=True),
    MenuItem("/nycklar", "Nycklar", Right.LOG, beside_name=True),
    MenuItem("/forvaltning", "Förvaltning", Right.FORM_DESIGN),
    MenuItem("/punktlighet", "Punktlighet", Right.REGIONAL_ADMINISTRATION),
)


PARTS = (
    MenuItem("/forvaltning/enheter", "Enheter", Right.REGIONAL_ADMINISTRATION),
    MenuItem("/forvaltning/formularmallar", "Formulärmallar", Right.REGIONAL_ADMINISTRATION),
    MenuItem("/forvaltning/mallkatalog", "Mallkatalog", Right.REGIONAL_ADMINISTRATION),
    MenuItem("/forvaltning/grundplatar", "Grundplåtar", Right.FORM_DESIGN),
    MenuItem("/forvaltning/formularlankar", "Formulärlänkar", Right.LOCAL_ADMINISTRATION),
    MenuItem("/forvaltning/behorigheter", "Behörigheter", Right.LOCAL_ADMINISTRATION),
    MenuItem("/forvaltning/nodbroms", "Nödbroms", Right.REGIONAL_ADMINISTRATION),
    MenuItem("/forvaltning/kalender", "Kalender", Right.REGIONAL_ADMINISTRATION),
    MenuItem("/forvaltning/inloggningar", "Inloggningar", Right.REGIONAL_ADMINISTRATION),
    MenuItem("/forvaltning/logg", "Logg", Right.REGIONAL_ADMINISTRATION),
)
"""Of Förvaltning."""


def parts_of(visitor: Visitor) -> list[MenuItem]:
    """The parts of Förvaltning that they may open."""
    return [part for part in PARTS if visitor.may(part.right)]


def menu_of(visitor: Visitor | None) -> list[MenuItem]:
    """What they may open.

    The administration's stands beside the name of whoever has a unit's work to do as well.
    """
    if visitor is None:
        return []
    sends = visitor.may(Right.DISPATCH)
    return [
        replace(item, beside_name=True) if sends and item.address == "/forvaltning" else item
        for item in MENU
        if visitor.may(item.right)
    ]


def page(
    request: Request,
    name: str,
    *,
    visitor: Visitor | None,
    status_code: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A page of `templates/web/`. Without a visitor it has no menu."""
    wired = services_of(request)
    now = wired.clock.now()
    common = {
        "today": wired.rules.today(now),
        "printed_at": now,
        "visitor": visitor,
        "menu": menu_of(visitor),
        "here": request.url.path,
        "under": request.url.path,
        "csrf": partial(_marks, visitor),
        "signs_out": _signs_out(visitor, wired, now) if visitor else None,
    }
    return HTMLResponse(_texts().get_template(name).render(common | values), status_code)


def _marks(visitor: Visitor | None, *, unit: bool = True) -> Markup:
    """What each form carries: whose session it was made in, and for which unit."""
    field = Markup('<input type="hidden" name="{}" value="{}">').format
    marks = field("csrf", visitor.csrf if visitor else "")
    made_for = visitor.unit.id if visitor and visitor.unit and unit else ""
    return marks + field(FOR_UNIT, made_for) if made_for else marks


def _signs_out(visitor: Visitor, wired: Services, now: datetime) -> tuple[int, int]:
    """In how many seconds: if nothing is done, and whatever is done."""
    limits = wired.settings.sign_in
    since = now - (visitor.session.signed_in_at or now)
    left = timedelta(minutes=limits.absolute_minutes) - since
    # A visit within a minute of another may not have been noted.
    idle = timedelta(minutes=limits.idle_minutes) - timedelta(minutes=1)
    return int(idle.total_seconds()), max(0, int(left.total_seconds()))


def fragment(name: str, **values: Any) -> HTMLResponse:
    """A part of a page, for the script to put in its place."""
    return HTMLResponse(drawn(name, **values))


def drawn(name: str, **values: Any) -> Markup:
    """A part of a page, for another part to hold."""
    return Markup(_texts().get_template(name).render(values))  # noqa: S704  # escaped by Jinja


def see_other(address: str) -> RedirectResponse:
    """After a post: the browser gets a page that can be reloaded."""
    return RedirectResponse(address, _SEE_OTHER)


def problems_by_field(problems: tuple[Problem, ...]) -> dict[str, list[Problem]]:
    """Each problem under its field: `recipients, rad 3 (…)` is one of `recipients`."""
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.place.split(",", 1)[0], []).append(problem)
    return found


@cache
def _texts() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "moment": moment,
        "clock": clock,
        "day": day,
        "in_words": in_words,
        "month_in_words": month_in_words,
        "weekday": weekday,
        "number": number,
        "age": age_in_words,
        "channels": channels_in_words,
    }
    environment.filters.update(filters)
    environment.globals |= {"static": _static, "counted": counted, "parts_of": parts_of}
    return environment


def day(on: date | None) -> str:
    return f"{on:%Y-%m-%d}" if on else ""


def in_words(on: date | str | None) -> str:
    """A day as one says it: 30 november 2027. What is no date stands as it was typed."""
    found = read_date(on) if isinstance(on, str) else on
    return day_in_words(found) if found else str(on or "")


def clock(at: datetime) -> str:
    return f"{at.astimezone(STOCKHOLM):%H:%M}"


def weekday(on: date) -> str:
    return WEEKDAYS[on.weekday()]


def number(count: int) -> str:
    """With a narrow space between thousands."""
    return f"{count:,}".replace(",", "\u202f")


@cache
def _static(name: str) -> str:
    """An address that changes with the file, so that it may be kept for long."""
    mark = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"
