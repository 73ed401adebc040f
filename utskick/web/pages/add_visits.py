"""Lägg till besök: a file, a paste, or one alone. What will happen is shown before it does."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request, Response
from starlette.datastructures import FormData

from utskick.domain.calendar import ImpossibleTime, parse_clock
from utskick.domain.dispatches import StandingId
from utskick.domain.errors import Problem, UtskickError
from utskick.domain.rate_limits import Limit, StillBusy, TooOften
from utskick.domain.seen_sheets import ListQuestion
from utskick.domain.visit_messages import ReadVisits, RefusedVisit, VisitMessage
from utskick.domain.visit_tables import read_visits
from utskick.ports import TemporaryFailure
from utskick.use_cases.change_visits import VisitResult
from utskick.web.callers import Now, Wired
from utskick.web.pages.carried_visits import carried_in, carry
from utskick.web.pages.frame import page, problems_by_field
from utskick.web.pages.posted import act, as_typed, file, read_day, read_personnummer, text
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import Posted, Staff, StaffVisitor
from utskick.web.reading import read_apart
from utskick.web.visit_words import in_numbers, send_sign
from utskick.wiring import Services

router = page_router()

_FIELDS = ("utskick", "nytt_personnummer", "datum", "tid", "plats", "referens", "inklistrat")
_LABELS = {
    "utskick": "Besöksutskick",
    "nytt_personnummer": "Personnummer",
    "datum": "Datum",
    "tid": "Tid",
    "referens": "Referens",
    "fil": "Fil",
    "inklistrat": "Klistra in",
    "besok": "Besöket",
}
_AWAY = "Befolkningsregistret svarar inte, så inget är ändrat. Försök igen om en stund."
_OWN_REFERENCE = "H-"
"""So begins the reference of a visit that staff have added without one."""
_REFERENCE_LETTERS = 10


@dataclass(slots=True)
class _Adding:
    """What somebody is about to add, as far as they have come."""

    fields: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    @property
    def standing_id(self) -> StandingId | None:
        try:
            return StandingId(UUID(self.fields["utskick"]))
        except ValueError:
            return None

    def wrong(self, place: str, sentence: str, remedy: str = "") -> None:
        self.problems.append(Problem(place, sentence, remedy))


@router.get("/besok/lagg-till", name="add-visits-page")
def begin(request: Request, visitor: Staff, wired: Wired, now: Now) -> Response:
    """A file, a paste, or one visit."""
    return _form(request, visitor, wired, now, _Adding(dict.fromkeys(_FIELDS, "")))


@router.post("/besok/lagg-till", name="add-visits")
async def add(
    request: Request, visitor: Staff, posted: Posted, wired: Wired, now: Now
) -> Response:
    """Show what will happen, or do it when that has been said yes to."""
    adding = _Adding({name: as_typed(posted, name) for name in _FIELDS})
    try:
        match act(posted):
            case "ja-spara", _:
                return await _save(request, visitor, posted, wired, now, adding)
            case "valj", _:
                messages = carried_in(text(posted, "besok"), rules=wired.rules, now=now)
                read = ReadVisits(messages=tuple(messages))
            case "ett", _:
                read = ReadVisits(messages=_one(posted, adding, wired, now))
            case "andra", _:
                return await asyncio.to_thread(_form, request, visitor, wired, now, adding)
            case _:
                read = await _list(posted, adding, visitor, wired, now)
        if adding.problems:
            return await asyncio.to_thread(_form, request, visitor, wired, now, adding)
        return await _ask(request, visitor, wired, now, adding, read)
    except ListQuestion as asked:
        return _choose(request, visitor, wired, now, adding, asked)
    except TemporaryFailure:
        adding.wrong("besok", _AWAY)
    except (TooOften, StillBusy):
        raise
    except UtskickError as error:
        adding.wrong("fil", error.staff_message)
    return await asyncio.to_thread(_form, request, visitor, wired, now, adding)


async def _list(
    posted: FormData, adding: _Adding, visitor: StaffVisitor, wired: Services, now: datetime
) -> ReadVisits:
    """Raises what reading raises."""
    raw = await file(posted, "fil")
    if raw is None and (pasted := adding.fields["inklistrat"].strip("\n")):
        raw = pasted.encode()
    if not raw:
        adding.wrong("fil", "Ingen fil är vald.", "Välj en fil, eller klistra in besöken.")
        return ReadVisits(messages=())
    return await read_apart(
        partial(wired.read_visit_list, raw, now=now), actor=visitor.actor, wired=wired
    )


def _one(
    posted: FormData, adding: _Adding, wired: Services, now: datetime
) -> tuple[VisitMessage, ...]:
    number = read_personnummer(
        posted, "nytt_personnummer", problems=adding.problems, rules=wired.rules, now=now
    )
    day = read_day(posted, "datum", problems=adding.problems)
    at = None
    try:
        at = parse_clock(text(posted, "tid"))
    except ImpossibleTime as error:
        adding.wrong("tid", error.staff_message)
    faulty = {problem.place for problem in adding.problems}
    for name, value in (("nytt_personnummer", number), ("datum", day)):
        if value is None and name not in faulty:
            adding.wrong(name, f"{_LABELS[name]} saknas.", "Fyll i det.")
    return (
        VisitMessage(
            reference=text(posted, "referens").strip() or _new_reference(),
            personnummer=number,
            day=day,
            at=at,
            place=text(posted, "plats"),
        ),
    )


def _new_reference() -> str:
    return f"{_OWN_REFERENCE}{uuid4().hex[:_REFERENCE_LETTERS].upper()}"


async def _ask(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    adding: _Adding,
    read: ReadVisits,
) -> Response:
    """What will happen. Raises `TemporaryFailure` or `TooOften`."""
    wired.rate_limits.take(Limit.LOOK_UPS, visitor.actor.name, cost=len(read.messages))
    foreseen = await wired.change_visits.foresee(
        read.messages, standing_id=adding.standing_id, actor=visitor.actor, now=now
    )
    changing = [
        message
        for message, result in zip(read.messages, foreseen, strict=True)
        if not result.refused
    ]
    return _shown(
        request, visitor, foreseen, read.refused, adding, notes=read.notes, messages=changing
    )


async def _save(
    request: Request,
    visitor: StaffVisitor,
    posted: FormData,
    wired: Services,
    now: datetime,
    adding: _Adding,
) -> Response:
    """Raises as `_ask`, and what `carried_in` raises."""
    messages = carried_in(text(posted, "besok"), rules=wired.rules, now=now)
    wired.rate_limits.take(Limit.LOOK_UPS, visitor.actor.name, cost=len(messages))
    results = await wired.change_visits(
        messages, standing_id=adding.standing_id, actor=visitor.actor, now=now
    )
    return _shown(request, visitor, results, (), adding)


def _shown(
    request: Request,
    visitor: StaffVisitor,
    results: list[VisitResult],
    refused: tuple[RefusedVisit, ...],
    adding: _Adding,
    *,
    notes: tuple[str, ...] = (),
    messages: list[VisitMessage] | None = None,
) -> Response:
    """With messages it is asked whether they are to be taken; without, they have been."""
    by_row: list[Any] = [each for each in results if each.refused]
    return page(
        request,
        "visits_asked.html" if messages is not None else "visits_taken.html",
        visitor=visitor,
        results=[each for each in results if not each.refused],
        refused=[*refused, *by_row],
        counts=in_numbers(results, more_refused=len(refused)),
        notes=notes,
        carried=carry(messages or []),
        changes=sum(each.changes for each in results),
        utskick=adding.fields["utskick"],
        send_sign=send_sign,
    )


def _choose(
    request: Request,
    visitor: StaffVisitor,
    wired: Services,
    now: datetime,
    adding: _Adding,
    asked: ListQuestion,
) -> Response:
    """Each way in which the file can be taken is a form of its own."""
    ways = []
    for option in asked.options:
        try:
            read = read_visits(
                option,
                accept_coordination_numbers=wired.rules.accept_coordination_numbers,
                most=wired.rules.limits.visits,
                today=wired.rules.today(now),
            )
        except UtskickError as error:
            ways.append((option.sheet, "", error.staff_message))
        else:
            ways.append((option.sheet, carry(read.messages), ""))
    return page(
        request,
        "visits_choose.html",
        visitor=visitor,
        sentence=asked.staff_message,
        ways=ways,
        utskick=adding.fields["utskick"],
    )


def _form(
    request: Request, visitor: StaffVisitor, wired: Services, now: datetime, adding: _Adding
) -> Response:
    overview = wired.standing_dispatches.overview(actor=visitor.actor, now=now)
    return page(
        request,
        "visits_add.html",
        visitor=visitor,
        standings=[(str(each.id), each.name) for each, _ in overview.standings],
        filled=adding.fields,
        problems=problems_by_field(tuple(adding.problems)),
        labels=_LABELS,
        status_code=422 if adding.problems else 200,
    )
