"""What a page answers when something is wrong: calm, in Swedish, and nothing typed is lost."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from utskick.domain.brakes import Braked
from utskick.domain.drafts import DraftStarted, NotOwnDraft
from utskick.domain.errors import NotFound, UtskickError
from utskick.domain.platform_refusals import refused_in_words
from utskick.domain.rate_limits import TooOften
from utskick.domain.rights import NotAllowed
from utskick.domain.staff import CommissionEnded, NotSignedIn, UnitChoiceNeeded
from utskick.ports import PlatformRefusal, TemporaryFailure
from utskick.web.noted import because, failed_by
from utskick.web.pages.draft_desk import RefusedDraft
from utskick.web.pages.draft_refusals import refuse_draft
from utskick.web.pages.form_body import close_form, read_form
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.visitors import (
    COOKIE,
    ForeignForm,
    OtherUnit,
    StaleForm,
    require_own_origin,
)

_STATUS_CODES: dict[type[Exception], int] = {
    NotFound: 404,
    NotAllowed: 403,
    ForeignForm: 403,
    CommissionEnded: 403,
}
_CONFLICT = 409
_AWAY_CODE = 503
_OFTEN_CODE = 429
_LATER = "Försök igen om en stund"
_BACK = "Gå sedan tillbaka i webbläsaren, där det du fyllde i finns kvar."
_OFTEN = (_OFTEN_CODE, _LATER)
_STALE = (403, "Kontrollera och fortsätt")
_SIGN_IN = ("/logga-in?till=/inloggad", "Logga in")
_CHOOSE_UNIT = ("/valj-enhet", "Välj enhet")
_NOWHERE = "Sidan finns inte. Kontrollera adressen, eller välj i menyn."
_AWAY = "En tjänst som vi behöver svarar inte just nu. Inget är skickat: försök igen om en stund."
_FAULT = (
    "Något gick fel hos oss. Försök igen om en stund. Samma utskick skickas aldrig två gånger,"
    " även om det redan hann iväg."
)
_SENTENCES = {
    400: "Det som skickades gick inte att läsa. Gå tillbaka och försök igen.",
    404: _NOWHERE,
    405: _NOWHERE,
    408: "Det tog för lång tid att ta emot det du skickade, så inget är gjort. Gå tillbaka i"
    " webbläsaren, där det du fyllde i finns kvar, och försök igen.",
    413: "Det du skickade är för stort för att läsas in, så inget är gjort. Gå tillbaka i"
    " webbläsaren, där det du fyllde i finns kvar, och välj en mindre fil eller korta texten.",
}


class PageRoute(APIRoute):
    """A route whose every failure becomes a page.

    Here and not in the application's handlers: what was posted can be read again, so that it
    goes with the page and can be sent once more.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_or_refuse(request: Request) -> Response:
            try:
                return await answer(request)
            except ClientDisconnect as left:
                because(request, left)
                # Nobody is there to read it.
                return Response(status_code=400)
            except Exception as error:  # noqa: BLE001  # each becomes a page; none may leak
                return await refuse(request, error)
            finally:
                # Files that were posted.
                await close_form(request)

        return answer_or_refuse


def page_router() -> APIRouter:
    """A router of pages: not in `/openapi.json`, and every failure is a page."""
    return APIRouter(include_in_schema=False, route_class=PageRoute)


async def refuse(request: Request, error: Exception) -> Response:
    """The page for an error."""
    because(request, error)
    match error:
        case UnitChoiceNeeded() if request.method == "GET":
            answer: Response = see_other("/valj-enhet")
        case UnitChoiceNeeded() | OtherUnit():
            changed = isinstance(error, OtherUnit)
            heading = "Du har bytt enhet" if changed else "Välj enhet först"
            answer = await _resume(request, 403, heading, error.staff_message, way=_CHOOSE_UNIT)
        case NotSignedIn() if request.method == "GET":
            answer = see_other(f"/logga-in?till={quote(request.url.path)}")
        case NotSignedIn():
            sentence = error.staff_message
            answer = await _resume(
                request, 401, "Du är inte inloggad längre", sentence, way=_SIGN_IN
            )
        case StaleForm() | TooOften():
            code, heading = _OFTEN if isinstance(error, TooOften) else _STALE
            answer = await _resume(request, code, heading, error.staff_message)
            answer.headers.update(getattr(error, "headers", {}))
        case RefusedDraft() | NotOwnDraft() | DraftStarted():
            answer = refuse_draft(request, error)
        case UtskickError():
            answer = await _refused(request, error)
        case RequestValidationError() | HTTPException():
            code = getattr(error, "status_code", 404)
            answer = _sentence(request, code, _SENTENCES.get(code, _FAULT))
        case TemporaryFailure():
            answer = await _resume(request, _AWAY_CODE, _LATER, _away(error))
        case _:
            failed_by(request, error)
            answer = await _resume(request, _AWAY_CODE, _LATER, _FAULT)
    return answer


def _away(error: TemporaryFailure) -> str:
    return refused_in_words(error.code) if isinstance(error, PlatformRefusal) else _AWAY


def refuse_early(request: Request, error: TooOften) -> Response:
    """The page for what is not even read."""
    because(request, error)
    sentence = error.staff_message
    if request.method == "POST":
        sentence = f"{sentence} {_BACK}"
    answer = _sentence(request, _OFTEN_CODE, sentence)
    answer.headers.update(error.headers)
    return answer


def not_found(request: Request) -> Response:
    """The page for an address that there is none of."""
    return _sentence(request, 404, _NOWHERE)


async def _refused(request: Request, error: UtskickError) -> Response:
    if isinstance(error, Braked) and request.method == "POST":
        return await _resume(request, _CONFLICT, "Nödbromsen är dragen", error.staff_message)
    answer = _sentence(request, _STATUS_CODES.get(type(error), _CONFLICT), error.staff_message)
    if isinstance(error, CommissionEnded):
        answer.delete_cookie(COOKIE, secure=True, httponly=True)
    return answer


def _sentence(request: Request, status_code: int, sentence: str) -> Response:
    visitor = getattr(request.state, "visitor", None)
    return page(
        request, "refused.html", visitor=visitor, status_code=status_code, sentence=sentence
    )


async def _resume(
    request: Request,
    status_code: int,
    heading: str,
    sentence: str,
    *,
    way: tuple[str, str] | None = None,
) -> Response:
    """A page that carries what was posted, for one more try; `way` is what to do before it."""
    fields, lost_file = await _carried(request)
    answer = page(
        request,
        "resume.html",
        visitor=getattr(request.state, "visitor", None),
        status_code=status_code,
        heading=heading,
        sentence=sentence,
        fields=fields,
        lost_file=lost_file,
        posted=request.method == "POST",
        way=way,
        again=status_code in (_AWAY_CODE, _OFTEN_CODE),
    )
    if status_code == _AWAY_CODE:
        answer.headers["Retry-After"] = "30"
    return answer


async def _carried(request: Request) -> tuple[list[tuple[str, str]], bool]:
    """The posted fields but the session's mark, and whether a file was among them.

    Nothing of what another site has posted: two clicks here would else do as it wished.
    """
    if request.method != "POST":
        return [], False
    try:
        require_own_origin(request)
        posted = list((await read_form(request)).multi_items())
    except (ForeignForm, HTTPException):
        return [], False
    fields = [(name, text) for name, text in posted if isinstance(text, str) and name != "csrf"]
    lost_file = any(not isinstance(value, str) and value.filename for _, value in posted)
    return fields, lost_file
