"""Pages from `templates/local_1177/`, and the pages for what went wrong."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from utskick.files import TEMPLATES
from utskick.local_1177.moments import STOCKHOLM, contract_date
from utskick.local_1177.people import full_name

FOLDER = TEMPLATES / "local_1177"
FILES = (TEMPLATES / "web" / "tokens.css", FOLDER / "local_1177.css", FOLDER / "formular.svg")
"""The colours are those of the staff pages."""
MONTHS = (
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
)
FOR_PROGRAMS = ("/control", "/oidc")
SAFETY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; frame-ancestors 'none'",
    # Same origin: else browsers post without saying from where.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
ERRORS: Mapping[int, tuple[str, str]] = {
    HTTPStatus.FORBIDDEN: (
        "Det gick inte att skicka sidan",
        "Sidan har varit öppen för länge. Gå till startsidan och försök igen.",
    ),
    HTTPStatus.NOT_FOUND: (
        "Sidan finns inte",
        "Kontrollera adressen, eller gå till startsidan där du hittar dina formulär.",
    ),
    HTTPStatus.GONE: (
        "Formuläret visas inte längre",
        "Det du har skickat in visas bara en tid. Fråga mottagningen om du vill veta dina svar.",
    ),
}
ANY_ERROR = ("Något gick fel", "Gå till startsidan och försök igen.")


def render(name: str, *, status_code: int = HTTPStatus.OK, **values: object) -> HTMLResponse:
    html = _texts.get_template(name).render(values)
    return HTMLResponse(html, status_code, headers=SAFETY)


def install(app: FastAPI) -> None:
    """The style sheets, the mark and the error pages."""
    for path in FILES:
        app.add_api_route(f"/{path.name}", _sends(path), include_in_schema=False)
    app.add_exception_handler(HTTPException, _show_error)


def _sends(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def send() -> FileResponse:
        return FileResponse(path)

    return send


async def _show_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(FOR_PROGRAMS):
        return await http_exception_handler(request, error)
    return show_error(error.status_code)


def show_error(status_code: int) -> Response:
    heading, advice = ERRORS.get(status_code, ANY_ERROR)
    return render(
        "error.html", status_code=status_code, person=None, heading=heading, advice=advice
    )


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _until(text: str) -> str:
    """What the engine keeps as the last day to answer may be no date, or nothing."""
    try:
        return f"senast {_day(contract_date(text))}"
    except ValueError:
        return "när du kan"


def _contract_day(text: str) -> str:
    return _day(contract_date(text))


def _moment(text: str) -> str:
    local = datetime.fromisoformat(text).astimezone(STOCKHOLM)
    return f"{_day(local.date())} kl. {local:%H.%M}"


_texts = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_texts.filters |= {
    "day": _contract_day,
    "until": _until,
    "moment": _moment,
    "full_name": full_name,
}
