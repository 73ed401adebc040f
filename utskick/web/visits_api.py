"""REST about visits: a booking system books, moves and cancels them by its own reference.

Each call can be repeated. A message that is older than what is known changes nothing.
"""

import asyncio
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime

from utskick.domain.calendar import ImpossibleTime
from utskick.domain.dispatches import StandingId
from utskick.domain.errors import Problem, SpecRefused, UtskickError
from utskick.domain.rate_limits import TooOften
from utskick.domain.seen_sheets import Wish
from utskick.domain.visit_messages import LONGEST_REFERENCE, VisitMessage, VisitStamp
from utskick.domain.visits import VisitState
from utskick.use_cases.change_visits import VisitResult
from utskick.web import visit_openapi as openapi
from utskick.web.bodies import of_list_file
from utskick.web.callers import Caller, Now, Wired, take_persons
from utskick.web.openapi import EVERYWHERE
from utskick.web.pages.form_body import watch
from utskick.web.reading import read_apart
from utskick.web.token_first import TokenFirst
from utskick.web.visit_views import (
    StandingBody,
    StandingStoppedView,
    StandingView,
    VisitBody,
    VisitChangedView,
    VisitsReadView,
    VisitView,
    changed_view,
    message_of,
    rows_view,
    standing_view,
    visit_view,
)

router = APIRouter(prefix="/api", responses=EVERYWHERE, route_class=TokenFirst)

_CREATED = 201
_Reference = Annotated[
    str,
    Path(
        min_length=1,
        max_length=LONGEST_REFERENCE,
        description="Bokningens eget nummer, unikt för enheten. Aldrig ett personnummer.",
        examples=["B-10432"],
    ),
]


@router.put(
    "/besok/{referens}",
    name="put-visit",
    responses=openapi.PUT_VISIT,
    summary="Boka eller flytta ett besök",
    description="Går att upprepa. Ett flyttat besök flyttar det som inte har skickats.",
    response_description="Vad som hände, och vad som skickas före besöket",
)
async def put(
    referens: _Reference, body: VisitBody, caller: Caller, wired: Wired, now: Now
) -> VisitChangedView:
    try:
        message = message_of(body, referens, rules=wired.rules, now=now)
    except ImpossibleTime as error:
        raise SpecRefused([Problem("time", error.staff_message, "")]) from None
    take_persons([message.personnummer], caller, wired)
    standing_id = await asyncio.to_thread(
        wired.standing_dispatches.find, body.package, actor=caller
    )
    (result,) = await wired.change_visits(
        [message], standing_id=standing_id, actor=caller, now=now
    )
    return changed_view(_taken(result), zone=wired.rules.zone)


@router.delete(
    "/besok/{referens}",
    name="cancel-visit",
    responses=openapi.CANCEL_VISIT,
    summary="Avboka ett besök",
    description="Går att upprepa. Det som inte har skickats skickas inte.",
    response_description="Vad som hände",
)
async def cancel(
    referens: _Reference,
    caller: Caller,
    wired: Wired,
    now: Now,
    *,
    sequence: Annotated[
        int | None, Query(ge=0, le=2**62, description="Bokningens löpnummer")
    ] = None,
    last_updated: Annotated[
        AwareDatetime | None, Query(description="När bokningen ändrades")
    ] = None,
) -> VisitChangedView:
    message = VisitMessage(
        reference=referens,
        state=VisitState.CANCELLED,
        stamp=VisitStamp(sequence=sequence, last_updated=last_updated),
    )
    (result,) = await wired.change_visits([message], actor=caller, now=now)
    return changed_view(_taken(result), zone=wired.rules.zone)


@router.get(
    "/besok/{referens}",
    name="show-visit",
    responses=openapi.SHOW_VISIT,
    summary="Visa ett besök",
    description="Med vad som skickas före det. Att det visas loggas.",
    response_description="Besöket",
)
def show(referens: _Reference, caller: Caller, wired: Wired, now: Now) -> VisitView:
    return visit_view(
        wired.open_visits.by_reference(referens, actor=caller, now=now), zone=wired.rules.zone
    )


_CONTENT = {
    "application/fhir+json": {
        "schema": {"type": "string"},
        "example": '{"resourceType": "Bundle", "type": "collection", "entry": []}',
    },
    "application/octet-stream": {
        "schema": {"type": "string", "format": "binary"},
        "example": "Personnummer;Referens;Besöksdatum;Tid\n19121212-1212;B-1;2027-03-01;10:30\n",
    },
}


@router.post(
    "/besok",
    name="read-visits",
    responses=openapi.READ_VISITS,
    summary="Läs in många besök",
    description="En bunt FHIR R4 Appointment som JSON, eller en lista som CSV eller Excel. Varje"
    " rad har sitt eget svar, och en som inte går att läsa hindrar ingen annan.",
    response_description="Vad som hände med varje rad",
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
)
async def read(
    request: Request,
    caller: Caller,
    wired: Wired,
    now: Now,
    *,
    paket: Annotated[
        str, Query(max_length=200, description="Grundplåtens nyckel, om det finns flera")
    ] = "",
    blad: Annotated[
        str, Query(max_length=100, description="Vilket blad, om flera har besök")
    ] = "",
    utan_dolda: Annotated[
        bool, Query(description="Ta bara det som syns och inte är överstruket, utan att fråga")
    ] = False,
    prova: Annotated[bool, Query(description="Säg vad som skulle hända, och ändra inget")] = False,
) -> VisitsReadView:
    raw = await request.body()
    watch(request)
    wish = Wish(blad, leave_out_hidden=utan_dolda)
    try:
        found = await read_apart(
            partial(wired.read_visit_list, raw, wish=wish, now=now), actor=caller, wired=wired
        )
    except TooOften:
        raise
    except UtskickError as error:
        raise SpecRefused([of_list_file(error)]) from None
    take_persons([message.personnummer for message in found.messages], caller, wired)
    standing_id = await asyncio.to_thread(wired.standing_dispatches.find, paket, actor=caller)
    take = wired.change_visits.foresee if prova else wired.change_visits
    results = await take(found.messages, standing_id=standing_id, actor=caller, now=now)
    return rows_view(results, found.refused, found.notes)


@router.get(
    "/besoksutskick",
    name="list-standing",
    responses=openapi.LIST_STANDING,
    summary="Besöksutskick",
    description="Det som skickas före enhetens besök, det senaste först.",
    response_description="Enhetens besöksutskick",
)
def list_all(caller: Caller, wired: Wired) -> list[StandingView]:
    return [standing_view(each) for each in wired.standing_dispatches.list_all(actor=caller)]


@router.post(
    "/besoksutskick",
    name="start-standing",
    status_code=_CREATED,
    responses=openapi.START_STANDING,
    summary="Starta besöksutskick",
    description="Ett besökspaket, tills det stoppas. Mottagarna kommer med besöken.",
    response_description="Startat",
)
async def start(spec: StandingBody, caller: Caller, wired: Wired, now: Now) -> StandingView:
    return standing_view(await wired.standing_dispatches.start(spec, actor=caller, now=now))


@router.post(
    "/besoksutskick/{standing_id}/stoppa",
    name="stop-standing",
    responses=openapi.STOP_STANDING,
    summary="Stoppa besöksutskick",
    description="Gäller genast. Besök tas emot ändå, och planeras om det återstartas.",
    response_description="Stoppat",
)
def stop(standing_id: UUID, caller: Caller, wired: Wired, now: Now) -> StandingStoppedView:
    stopped = wired.standing_dispatches.stop(StandingId(standing_id), actor=caller, now=now)
    return StandingStoppedView(on_their_way=stopped.on_their_way)


@router.post(
    "/besoksutskick/{standing_id}/aterstarta",
    name="restart-standing",
    responses=openapi.RESTART_STANDING,
    summary="Återstarta besöksutskick",
    description="Planerar det som inte har skickats före de besök som är kvar.",
    response_description="Återstartat",
)
def restart(standing_id: UUID, caller: Caller, wired: Wired, now: Now) -> StandingView:
    return standing_view(
        wired.standing_dispatches.restart(StandingId(standing_id), actor=caller, now=now)
    )


def _taken(result: VisitResult) -> VisitResult:
    """Raises `SpecRefused` for one that was refused."""
    if result.refused:
        raise SpecRefused([Problem("besöket", result.reason, result.remedy)])
    return result
