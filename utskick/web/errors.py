"""Every refusal over HTTP: a Swedish sentence, and nothing of what was sent."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from utskick.domain.errors import (
    NotFound,
    Problem,
    SpecRefused,
    StartBlocked,
    UnknownToken,
    UtskickError,
)
from utskick.domain.personnummer import InvalidPersonnummer
from utskick.domain.specs import problems_of
from utskick.ports import TemporaryFailure
from utskick.web.pages.refusals import not_found

STATUS_CODES: dict[type[UtskickError], int] = {
    NotFound: 404,
    UnknownToken: 401,
    SpecRefused: 422,
    InvalidPersonnummer: 422,
}
_CONFLICT = 409
_UNREADABLE_CODE = 400
_AWAY = "En tjänst svarar inte. Inget är sparat eller skickat: försök igen om en stund."
_UNREADABLE = Problem(
    "innehållet",
    "går inte att läsa.",
    "Skicka ett JSON-objekt i UTF-8 med Content-Type: application/json.",
)
_SENTENCES = {
    404: "Adressen finns inte. Se /openapi.json.",
    405: "Adressen tar inte emot det anropet. Se /openapi.json.",
    413: "Det du skickade är för stort. Dela upp utskicket.",
}


class ProblemView(BaseModel):
    place: str = Field(description="Fält, eller rad i en lista", examples=["recipients, rad 3"])
    reason: str = Field(description="Vad som är fel", examples=["Kontrollsiffran stämmer inte."])
    remedy: str = Field(
        description="Vad du kan göra åt det", examples=["Kontrollera om någon siffra blivit fel."]
    )


class RefusedView(BaseModel):
    message: str = Field(description="Vad som är fel och vad du kan göra, att visa för personal")
    problems: list[ProblemView] = Field(
        default=[], description="Alla fel i det du skickade, vart och ett med sin plats"
    )
    archived: list[str] = Field(default=[], description="Formulär som har arkiverats")
    unsubscribed: list[str] = Field(
        default=[], description="Gemensamma formulär som enheten inte prenumererar på"
    )


def refusals(*status_codes: int) -> dict[int | str, dict[str, Any]]:
    """What `/openapi.json` says of these answers."""
    told = {
        401: "Nyckeln saknas, är fel eller har återkallats",
        404: "Finns inte, eller hör till en annan enhet",
        409: "Går inte i det läge som utskicket är",
        413: "För stort",
        422: "Något i det du skickade är fel; inget är sparat",
        503: "En tjänst svarar inte; försök igen om en stund",
    }
    return {code: {"model": RefusedView, "description": told[code]} for code in status_codes}


def add_to(app: FastAPI) -> None:
    """Answer what the routes raise."""
    app.add_exception_handler(UtskickError, show_error)
    app.add_exception_handler(RequestValidationError, show_invalid)
    app.add_exception_handler(HTTPException, show_http)
    app.add_exception_handler(TemporaryFailure, show_away)


def show_error(_request: Request, error: Exception) -> JSONResponse:
    """Every domain error: a Swedish sentence, and each problem with its place and remedy."""
    assert isinstance(error, UtskickError)
    shown = RefusedView(message=error.staff_message)
    if isinstance(error, SpecRefused):
        shown.problems = [
            ProblemView(place=p.place, reason=p.reason, remedy=p.remedy) for p in error.problems
        ]
    if isinstance(error, StartBlocked):
        shown.archived, shown.unsubscribed = list(error.archived), list(error.unsubscribed)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, UnknownToken) else None
    return _answer(shown, STATUS_CODES.get(type(error), _CONFLICT), headers)


def show_invalid(request: Request, error: Exception) -> JSONResponse:
    """As `SpecRefused`: FastAPI's own answer would echo what was sent, personnummer and all."""
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if any(fault["loc"] == ("body",) or fault["type"] == "json_invalid" for fault in faults):
        return show_error(request, SpecRefused([_UNREADABLE]))
    # The first part tells only whether it was the body or the address.
    placed = [{"type": fault["type"], "loc": fault["loc"][1:]} for fault in faults]
    return show_error(request, SpecRefused(problems_of(placed)))


def show_http(request: Request, error: Exception) -> Response:
    """What the framework refuses: an unknown address, or a body that it cannot read."""
    assert isinstance(error, HTTPException)
    if not request.url.path.startswith("/api"):
        return not_found(request)
    if error.status_code == _UNREADABLE_CODE:
        return show_error(request, SpecRefused([_UNREADABLE]))
    message = _SENTENCES.get(error.status_code, str(_UNREADABLE))
    return _answer(RefusedView(message=message), error.status_code, error.headers)


def show_away(_request: Request, _error: Exception) -> JSONResponse:
    """A neighbour is away: nothing was stored, the same call may be made again."""
    return _answer(RefusedView(message=_AWAY), 503, {"Retry-After": "30"})


def _answer(
    shown: RefusedView, status_code: int, headers: Mapping[str, str] | None
) -> JSONResponse:
    return JSONResponse(
        shown.model_dump(exclude_defaults=True), status_code=status_code, headers=headers
    )
