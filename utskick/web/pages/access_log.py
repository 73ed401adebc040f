"""Logg, for the unit's manager: who saw or did what with whom. The administration has its own."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.errors import Problem
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import Activity
from utskick.records import LogQuery
from utskick.web.callers import Now, Wired
from utskick.web.log_words import check_in_words
from utskick.web.pages.frame import page, problems_by_field
from utskick.web.pages.posted import act, read_days, read_personnummer, sought_in, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.tables import KINDS, table_file
from utskick.web.pages.visitors import Administrator, LogReader, Posted, Visitor
from utskick.wiring import Services

router = page_router()

_LABELS = {"personnummer": "Patientens personnummer", "fran": "Från", "till": "Till"}
_ADMINISTRATION = "/forvaltning"
_LONGEST_NUMBER = 9
_TEXTS = ("personal", "personnummer", "aktivitet", "fran", "till")


@dataclass(slots=True, kw_only=True)
class _Asked:
    """The filter as it stands on the page, and what is wrong with it."""

    fields: dict[str, str]
    number: Personnummer | None = None
    from_day: date | None = None
    to_day: date | None = None
    problems: list[Problem] = field(default_factory=list)

    def query(self, *, before: int | None = None) -> LogQuery:
        activity = self.fields["aktivitet"]
        return LogQuery(
            staff=self.fields["personal"].strip(),
            personnummer=self.number,
            activity=Activity(activity) if activity in set(Activity) else None,
            from_day=self.from_day,
            to_day=self.to_day,
            before=before,
        )


@router.get("/logg", name="log-page")
async def begin(request: Request, visitor: LogReader, wired: Wired, now: Now) -> Response:
    """The newest entries."""
    asked = _Asked(fields=dict.fromkeys(_TEXTS, ""))
    return await _show(request, visitor, wired, now, asked)


@router.post("/logg", name="search-log")
async def search(
    request: Request, visitor: LogReader, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Filter, turn the page, take an extract, or check that nothing has been changed."""
    return await _search(request, visitor, posted, wired, now)


@router.get("/forvaltning/logg", name="administration-log-page")
async def begin_administration(
    request: Request, visitor: Administrator, wired: Wired, now: Now
) -> Response:
    """As `begin`: what the regional administration itself has done."""
    asked = _Asked(fields=dict.fromkeys(_TEXTS, ""))
    return await _show(request, visitor, wired, now, asked)


@router.post("/forvaltning/logg", name="search-administration-log")
async def search_administration(
    request: Request, visitor: Administrator, posted: Posted, wired: Wired, now: Now
) -> Response:
    """As `search`."""
    return await _search(request, visitor, posted, wired, now)


async def _search(
    request: Request, visitor: Visitor, posted: FormData, wired: Services, now: datetime
) -> Response:
    asked = _read(posted, wired, now)
    match act(posted):
        case "utdrag", kind if kind in KINDS:
            return await _extract(request, visitor, wired, now, asked, kind)
        case "kontrollera", _:
            return await _check(request, visitor, wired, now, asked)
        case "", _:
            _, number = sought_in(posted)
            before = _before(posted)
            return await _show(request, visitor, wired, now, asked, number=number, before=before)
        case _:
            return await _show(request, visitor, wired, now, asked)


async def _show(
    request: Request,
    visitor: Visitor,
    wired: Services,
    now: datetime,
    asked: _Asked,
    *,
    number: int = 1,
    before: int | None = None,
    **values: Any,
) -> Response:
    found = None
    if not asked.problems:
        found = await asyncio.to_thread(
            wired.read_access_log,
            asked.query(before=before),
            actor=visitor.actor,
            now=now,
            page=number,
        )
    return page(
        request,
        "log.html",
        visitor=visitor,
        status_code=422 if asked.problems else 200,
        asked=asked,
        found=found,
        problems=problems_by_field(tuple(asked.problems)),
        labels=_LABELS,
        whose=_whose(request, visitor),
        activities=[("", "Alla"), *((each.value, each.value) for each in Activity)],
        **{"check": (), "whole": True} | values,
    )


def _whose(request: Request, visitor: Visitor) -> str:
    of_a_unit = visitor.unit and not request.url.path.startswith(_ADMINISTRATION)
    return visitor.unit.name if visitor.unit and of_a_unit else "den regionala förvaltningen"


async def _extract(
    request: Request,
    visitor: Visitor,
    wired: Services,
    now: datetime,
    asked: _Asked,
    kind: str,
) -> Response:
    if asked.number is None:
        if not asked.problems:
            asked.problems.append(
                Problem("personnummer", "ett utdrag gäller en patient.", "Skriv personnumret.")
            )
        return await _show(request, visitor, wired, now, asked)

    def extract(number: Personnummer) -> Response:
        rows = wired.read_access_log.patient_extract(number, actor=visitor.actor, now=now)
        return table_file(
            rows,
            kind=kind,
            name="loggutdrag",
            title="Loggutdrag",
            spreadsheets=wired.spreadsheets,
        )

    return await asyncio.to_thread(extract, asked.number)


async def _check(
    request: Request, visitor: Visitor, wired: Services, now: datetime, asked: _Asked
) -> Response:
    check = await asyncio.to_thread(wired.check_access_log, actor=visitor.actor, now=now)
    words = check_in_words(check)
    return await _show(request, visitor, wired, now, asked, check=words, whole=check.whole)


def _before(posted: FormData) -> int | None:
    """Where the log ended when its first page was read."""
    typed = text(posted, "fore")
    known = typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST_NUMBER
    return int(typed) if known else None


def _read(posted: FormData, wired: Services, now: datetime) -> _Asked:
    asked = _Asked(fields={name: text(posted, name) for name in _TEXTS})
    asked.number = read_personnummer(
        posted, "personnummer", problems=asked.problems, rules=wired.rules, now=now
    )
    asked.from_day, asked.to_day = read_days(posted, "fran", "till", problems=asked.problems)
    return asked
