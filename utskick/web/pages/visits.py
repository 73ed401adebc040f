"""Besök: the unit's booked visits, what is sent before each, and what can be changed of one."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.calendar import ImpossibleTime, parse_clock
from utskick.domain.errors import Problem
from utskick.domain.personnummer import InvalidPersonnummer
from utskick.domain.visit_messages import Change, VisitMessage
from utskick.domain.visits import VisitId, VisitState
from utskick.records import ListedVisit, VisitQuery
from utskick.use_cases.change_visits import VisitResult
from utskick.web.callers import Now, Wired
from utskick.web.package_words import offsets_in_words
from utskick.web.pages.frame import page, problems_by_field, see_other
from utskick.web.pages.posted import read_day, read_days, sought_in, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.web.visit_words import send_sign, visit_sign
from utskick.wiring import Services

router = page_router()

_VISIT = "/besok/visa/{visit_id}"
_STATES = {"bokade": VisitState.BOOKED, "avbokade": VisitState.CANCELLED, "alla": None}
_STATE_OPTIONS = [("bokade", "Bokade"), ("avbokade", "Avbokade"), ("alla", "Alla")]
_LABELS = {"fran": "Från", "till": "Till", "datum": "Datum", "tid": "Tid", "plats": "Plats"}
_DONE = {
    Change.MOVED.name: "Besöket är flyttat. Det som inte var skickat är flyttat med det.",
    Change.CHANGED.name: "Besöket är ändrat.",
    Change.CANCELLED.name: "Besöket är avbokat. Det som inte var skickat skickas inte.",
    Change.UNCHANGED.name: "Inget är ändrat: besöket var redan så.",
    Change.NEW.name: "Besöket är bokat igen.",
}
_STAYS = " Det som redan är skickat skickas inte en gång till."


@router.get("/besok", name="visits-page")
def browse(request: Request, visitor: Staff, wired: Wired, now: Now) -> Response:
    """Those that are ahead."""
    today = f"{wired.rules.today(now):%Y-%m-%d}"
    asked = {"sok": "", "fran": today, "till": "", "visa": "bokade"}
    query = VisitQuery(from_day=wired.rules.today(now), state=VisitState.BOOKED)
    return _list(request, visitor, wired, now, asked, query)


@router.post("/besok", name="search-visits")
def search(request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now) -> Response:
    """Those found by person, reference or place, and by day."""
    sought, number = sought_in(posted)
    problems: list[Problem] = []
    first, last = read_days(posted, "fran", "till", problems=problems)
    asked = {name: text(posted, name) for name in ("fran", "till", "visa")} | {"sok": sought}
    query = VisitQuery(from_day=first, to_day=last, state=_STATES.get(asked["visa"]), page=number)
    try:
        query = replace(query, number=wired.rules.personnummer(sought, now))
    except InvalidPersonnummer:
        query = replace(query, text=sought.strip())
    return _list(request, visitor, wired, now, asked, query, problems)


@router.get(_VISIT, name="visit-page")
def show(
    request: Request, visit_id: UUID, visitor: Staff, wired: Wired, now: Now, besked: str = ""
) -> Response:
    """One visit: what is sent before it, and how it is moved or cancelled."""
    listed = wired.open_visits.one(VisitId(visit_id), actor=visitor.actor, now=now)
    return _one(request, visitor, wired, listed, done=_in_words(besked, listed))


@router.post(f"{_VISIT}/flytta", name="move-visit")
async def move(
    request: Request, visit_id: UUID, visitor: Staff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """To another day, time or place; what has been sent stays sent."""
    listed = wired.open_visits.one(VisitId(visit_id), actor=visitor.actor, now=now)
    problems: list[Problem] = []
    message = _moved(listed, posted, problems)
    if message is None:
        return _one(request, visitor, wired, listed, posted=posted, problems=problems)
    return await _changed(request, visitor, wired, now, listed, message, posted)


@router.post(f"{_VISIT}/avboka", name="cancel-visit-page")
async def cancel(
    request: Request, visit_id: UUID, visitor: Staff, _posted: Posted, wired: Wired, now: Now
) -> Response:
    """What has not been sent is not sent."""
    listed = wired.open_visits.one(VisitId(visit_id), actor=visitor.actor, now=now)
    message = VisitMessage(reference=listed.visit.reference, state=VisitState.CANCELLED)
    return await _changed(request, visitor, wired, now, listed, message)


async def _changed(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    listed: ListedVisit,
    message: VisitMessage,
    posted: FormData | None = None,
) -> Response:
    (result,) = await wired.change_visits([message], actor=visitor.actor, now=now)
    if result.refused:
        return _one(request, visitor, wired, listed, posted=posted, problems=_problems(result))
    return see_other(f"/besok/visa/{listed.visit.id}?besked={result.change.name}")


def _moved(listed: ListedVisit, posted: FormData, problems: list[Problem]) -> VisitMessage | None:
    visit = listed.visit
    day = read_day(posted, "datum", problems=problems)
    try:
        at = parse_clock(text(posted, "tid"))
    except ImpossibleTime as error:
        problems.append(Problem("tid", error.staff_message, ""))
        return None
    if day is None:
        if not problems:
            problems.append(Problem("datum", "datumet saknas.", "Skriv det som ÅÅÅÅ-MM-DD."))
        return None
    return VisitMessage(
        reference=visit.reference,
        personnummer=visit.personnummer,
        day=day,
        at=at,
        place=text(posted, "plats"),
    )


def _problems(result: VisitResult) -> list[Problem]:
    return [Problem("datum", result.reason, result.remedy)]


def _in_words(besked: str, listed: ListedVisit) -> str:
    words = _DONE.get(besked, "")
    return words + (_STAYS if words and any(each.begun for each in listed.sends) else "")


def _list(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    asked: dict[str, str],
    query: VisitQuery,
    problems: list[Problem] | None = None,
) -> Response:
    found = wired.open_visits(query, actor=visitor.actor, now=now)
    by_day: dict[date, list[ListedVisit]] = {}
    for each in found.visits:
        by_day.setdefault(each.visit.day, []).append(each)
    overview = wired.standing_dispatches.overview(actor=visitor.actor, now=now)
    return page(
        request,
        "visits.html",
        visitor=visitor,
        found=found,
        by_day=by_day,
        overview=overview,
        asked=asked,
        states=_STATE_OPTIONS,
        problems=problems_by_field(tuple(problems or ())),
        labels=_LABELS,
        send_sign=send_sign,
        visit_sign=visit_sign,
        offsets_in_words=offsets_in_words,
        outages=wired.list_outages(),
        status_code=422 if problems else 200,
    )


def _one(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    listed: ListedVisit,
    *,
    posted: FormData | None = None,
    problems: list[Problem] | None = None,
    done: str = "",
) -> Response:
    visit = listed.visit
    filled = {"datum": f"{visit.day:%Y-%m-%d}", "tid": f"{visit.at:%H:%M}", "plats": visit.place}
    if posted is not None:
        filled = {name: text(posted, name) for name in filled}
    return page(
        request,
        "visit.html",
        visitor=visitor,
        listed=listed,
        visit=visit,
        standing=wired.standing_dispatches.one(visit.standing_id, actor=visitor.actor),
        filled=filled,
        problems=problems_by_field(tuple(problems or ())),
        labels=_LABELS,
        done=done,
        send_sign=send_sign,
        visit_sign=visit_sign,
        status_code=422 if problems else 200,
    )
