"""Every refusal over HTTP: a Swedish sentence, and nothing of what was sent."""

from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from utskick.domain.errors import (
    AlreadyEnded,
    NotFound,
    Problem,
    SpecRefused,
    StartBlocked,
    UnknownToken,
    UtskickError,
)
from utskick.domain.personnummer import InvalidPersonnummer
from utskick.domain.platform_refusals import refused_in_words
from utskick.domain.rate_limits import StillBusy, TooOften
from utskick.domain.specs import problems_of
from utskick.domain.tokens import ExpiredToken, OutOfScope, UnconfirmedToken
from utskick.ports import PlatformRefusal, TemporaryFailure
from utskick.web.callers import is_for_systems
from utskick.web.noted import because
from utskick.web.pages.refusals import not_found

_STATUS_CODES: dict[type[UtskickError], int] = {
    NotFound: 404,
    UnknownToken: 401,
    InvalidPersonnummer: 422,
    TooOften: 429,
    StillBusy: 429,
    UnconfirmedToken: 401,
    ExpiredToken: 401,
    OutOfScope: 403,
}
_CONFLICT = 409
_AWAY = "En tjänst svarar inte. Inget är sparat eller skickat: försök igen om en stund."
_UNREADABLE = Problem(
    "innehållet",
    "går inte att läsa.",
    "Skicka ett JSON-objekt i UTF-8 med Content-Type: application/json.",
)
_SENTENCES = {
    404: "Adressen finns inte. Se /openapi.json.",
    405: "Adressen tar inte emot det anropet. Se /openapi.json.",
    408: "Det tog för lång tid att ta emot det du skickade, så inget är gjort. Försök igen.",
    413: "Det du skickade är för stort. Dela upp utskicket.",
}
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "30"}}


class ProblemView(BaseModel):
    place: str = Field(description="Fält, eller rad i en lista", examples=["recipients, rad 3"])
    reason: str = Field(description="Vad som är fel", examples=["Kontrollsiffran stämmer inte."])
    remedy: str = Field(
        description="Vad du kan göra åt det", examples=["Kontrollera om någon siffra blivit fel."]
    )


class RefusedView(BaseModel):
    message: str = Field(description="Vad som är fel och vad du kan göra, att visa för personal")
    dispatch_id: UUID | None = Field(
        default=None, description="Utskicket som samma innehåll blev förra gången"
    )
    status: str = Field(default="", description="Det utskickets status", examples=["Stoppad"])
    problems: list[ProblemView] = Field(
        default=[], description="Alla fel i det du skickade, vart och ett med sin plats"
    )
    archived: list[str] = Field(default=[], description="Formulär som har arkiverats")
    unsubscribed: list[str] = Field(
        default=[], description="Gemensamma formulär som enheten inte prenumererar på"
    )


def add_to(app: FastAPI) -> None:
    """Answer what the routes raise."""
    app.add_exception_handler(UtskickError, show_error)
    app.add_exception_handler(RequestValidationError, show_invalid)
    app.add_exception_handler(HTTPException, show_http)
    app.add_exception_handler(TemporaryFailure, show_error)


def refusal_of(error: Exception) -> tuple[int, RefusedView]:
    """How an error is answered: its status code, and a Swedish sentence or more."""
    match error:
        case SpecRefused(problems=found, staff_message=sentence):
            problems = [
                ProblemView(place=p.place, reason=p.reason, remedy=p.remedy) for p in found
            ]
            return 422, RefusedView(message=sentence, problems=problems)
        case StartBlocked(archived=archived, unsubscribed=unsubscribed, staff_message=sentence):
            return _CONFLICT, RefusedView(
                message=sentence, archived=list(archived), unsubscribed=list(unsubscribed)
            )
        case UtskickError(staff_message=sentence):
            shown = RefusedView(message=sentence)
            if isinstance(error, AlreadyEnded):
                shown.dispatch_id, shown.status = error.dispatch_id, error.label
            return _STATUS_CODES.get(type(error), _CONFLICT), shown
        case HTTPException(status_code=400):
            return refusal_of(SpecRefused([_UNREADABLE]))
        case HTTPException(status_code=status_code):
            sentence = _SENTENCES.get(status_code, str(_UNREADABLE))
            return status_code, RefusedView(message=sentence)
        case _:
            away = _AWAY
            if isinstance(error, PlatformRefusal):
                away = refused_in_words(error.code)
            return 503, RefusedView(message=away)


def show_error(request: Request, error: Exception) -> JSONResponse:
    """What was refused, or which neighbour's absence can be waited out."""
    because(request, error)
    status_code, shown = refusal_of(error)
    return JSONResponse(
        shown.model_dump(mode="json", exclude_defaults=True),
        status_code=status_code,
        headers=_HEADERS.get(status_code) or getattr(error, "headers", None),
    )


def show_invalid(request: Request, error: Exception) -> JSONResponse:
    """As `SpecRefused`: FastAPI's own answer would echo what was sent, personnummer and all."""
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if any(fault["loc"] == ("body",) or fault["type"] == "json_invalid" for fault in faults):
        return show_error(request, SpecRefused([_UNREADABLE]))
    # The first part says only whether it was the body or the address.
    placed = [{**fault, "loc": fault["loc"][1:]} for fault in faults]
    return show_error(request, SpecRefused(problems_of(placed)))


def show_http(request: Request, error: Exception) -> Response:
    """What the framework refuses: an unknown address, or a body that it cannot read."""
    assert isinstance(error, HTTPException)
    if not is_for_systems(request.url.path):
        return not_found(request)
    return show_error(request, error)
