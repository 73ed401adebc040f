"""What every page has: the menu, the chosen unit, and the texts of `templates/web/`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from utskick.domain.calendar import day_in_words, read_date
from utskick.domain.errors import Problem
from utskick.domain.staff import Role
from utskick.files import TEMPLATES
from utskick.web.callers import services_of
from utskick.web.labels import WEEKDAYS, age_in_words, channels_in_words, counted, moment
from utskick.web.pages.visitors import Visitor

FOLDER = TEMPLATES / "web"
_SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class MenuItem:
    """`role` is what it takes beyond a chosen unit; administrators need no unit.

    What is seldom used stands beside the person's name, so that the rest fits in one row.
    """

    address: str
    name: str
    role: Role | None = None
    beside_name: bool = False

    def is_for(self, visitor: Visitor) -> bool:
        if self.role is None:
            return visitor.unit is not None
        return visitor.session.has(self.role) and (
            visitor.unit is not None or self.role is Role.ADMINISTRATOR
        )


MENU = (
    MenuItem("/skicka-formular", "Skicka formulär"),
    MenuItem("/skicka-nafs-formular", "Skicka NAFS formulär"),
    MenuItem("/starta-paketutskick", "Starta Paketutskick"),
    MenuItem("/paketutskick", "Pågående Paketutskick"),
    MenuItem("/uppfoljning", "Uppföljning"),
    MenuItem("/formularlank", "Formulärlänk och sms"),
    MenuItem("/logg", "Logg", Role.MANAGER, beside_name=True),
    MenuItem("/nycklar", "Nycklar", Role.MANAGER, beside_name=True),
    MenuItem("/forvaltning", "Förvaltning", Role.ADMINISTRATOR),
    MenuItem("/punktlighet", "Punktlighet", Role.ADMINISTRATOR),
)


def page(
    request: Request,
    name: str,
    *,
    visitor: Visitor | None,
    status_code: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A page of `templates/web/`. Without a visitor it has no menu."""
    here = request.url.path
    csrf = visitor.csrf if visitor else ""
    wired = services_of(request)
    common = {
        "today": wired.rules.today(wired.clock.now()),
        "visitor": visitor,
        "menu": [item for item in MENU if visitor and item.is_for(visitor)],
        "here": here,
        "csrf": lambda: Markup('<input type="hidden" name="csrf" value="{}">').format(csrf),
    }
    return HTMLResponse(_texts().get_template(name).render(common | values), status_code)


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
        "day": day,
        "in_words": in_words,
        "weekday": weekday,
        "number": number,
        "age": age_in_words,
        "channels": channels_in_words,
    }
    environment.filters.update(filters)
    environment.globals |= {"static": _static, "counted": counted}
    return environment


def day(on: date | None) -> str:
    return f"{on:%Y-%m-%d}" if on else ""


def in_words(on: date | str | None) -> str:
    """A day as one says it: 30 november 2027. What is no date stands as it was typed."""
    found = read_date(on) if isinstance(on, str) else on
    return day_in_words(found) if found else str(on or "")


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
