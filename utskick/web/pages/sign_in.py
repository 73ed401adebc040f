"""Logga in i Utskick."""

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from fastapi import Request, Response

from utskick.domain.errors import UtskickError
from utskick.domain.rate_limits import Limit
from utskick.domain.staff import SignInBrokenOff, SignInFromElsewhere, SignInTooLate
from utskick.domain.units import HsaId
from utskick.ports import TemporaryFailure
from utskick.security_log import SecurityEvent
from utskick.web.callers import Now, Wired, address_of
from utskick.web.noted import because, note_of
from utskick.web.pages.browsers import place_of
from utskick.web.pages.frame import page, see_other
from utskick.web.pages.posted import text
from utskick.web.pages.provider_answers import refusal_for
from utskick.web.pages.refusals import page_router
from utskick.web.pages.visitors import COOKIE, Posted, SignedInVisitor, require_own_origin
from utskick.wiring import Services

router = page_router()

_STATE_COOKIE = "__Host-utskick-inloggning"
"""Holds a sign-in, sealed, in the browser that began it."""
_LEFT_COOKIE = "__Host-utskick-utloggad"
"""Somebody has signed out here, or was refused: whoever comes next shows who they are."""
_CLEARED = '"cache", "storage"'
"""Not cookies: those of the whole domain would go, other systems' too."""
_STATE_LASTS_S = 600
_BEFORE_THE_PROVIDER_SPOKE = (SignInBrokenOff, SignInFromElsewhere, SignInTooLate)


@router.get("/logga-in", name="sign-in-page")
def show(request: Request, till: str = "/") -> Response:
    """How to sign in, as the manual says."""
    return page(request, "sign_in.html", visitor=None, till=_local(till), sentence="")


@router.get("/logga-in/legitimera", name="begin-sign-in")
async def begin(
    request: Request, wired: Wired, now: Now, till: str = "/", *, byt: bool = False
) -> Response:
    """Go to the identity provider; `byt`: to choose another commission there."""
    wired.rate_limits.take(Limit.SIGN_IN_STARTS, address_of(request))
    url, begun = await wired.signing_in.begin_sign_in(
        return_to=_local(till),
        redirect_uri=_redirect_uri(wired),
        anew=byt or _LEFT_COOKIE in request.cookies,
        now=now,
    )
    answer = see_other(url)
    _set(answer, _STATE_COOKIE, begun, max_age=_STATE_LASTS_S)
    return answer


@router.get("/logga-in/klar", name="finish-sign-in")
async def finish(
    request: Request, wired: Wired, now: Now, code: str = "", state: str = "", error: str = ""
) -> Response:
    """Back from the identity provider, in the browser that went there."""
    try:
        if error or not code or not state:
            raise refusal_for(error)
        signed_in = await wired.signing_in.finish_sign_in(
            code,
            state=state,
            begun=request.cookies.get(_STATE_COOKIE, ""),
            redirect_uri=_redirect_uri(wired),
            replaced=request.cookies.get(COOKIE, ""),
            place=place_of(request),
            now=now,
        )
    except UtskickError as refused:
        answer = _failed(request, refused.staff_message, reason=str(refused))
        if not isinstance(refused, _BEFORE_THE_PROVIDER_SPOKE):
            # It may know them still, and would give the same answer without a question.
            _set(answer, _LEFT_COOKIE, "ja")
        return answer
    except TemporaryFailure as away:
        # The attempt is used up: the same address cannot be tried again, as other pages can.
        return _failed(
            request,
            "Inloggningstjänsten svarar inte just nu. Försök igen.",
            reason=str(away),
            status_code=503,
        )
    note_of(request, SecurityEvent.SIGNED_IN, signed_in.session)
    answer = see_other(signed_in.return_to)
    _set(answer, COOKIE, signed_in.token)
    for done in (_STATE_COOKIE, _LEFT_COOKIE):
        answer.delete_cookie(done, secure=True, httponly=True)
    return answer


@router.get("/valj-enhet", name="choose-unit-page")
async def show_units(
    request: Request, visitor: SignedInVisitor, wired: Wired, now: Now
) -> Response:
    """Every commission with its purpose; those that give no right say why."""
    choices = await asyncio.to_thread(wired.signing_in.unit_choices, visitor.session, now=now)
    return page(request, "choose_unit.html", visitor=visitor, choices=choices)


@router.post("/valj-enhet", name="choose-unit")
async def choose(
    request: Request,
    visitor: SignedInVisitor,
    posted: Posted,
    wired: Wired,
    now: Now,
) -> Response:
    """Work for another unit; next time too."""
    token = await asyncio.to_thread(
        wired.signing_in.choose_unit,
        request.cookies[COOKIE],
        HsaId(text(posted, "enhet")),
        now=now,
    )
    chosen = replace(visitor.session, unit_id=HsaId(text(posted, "enhet")))
    note_of(request, SecurityEvent.UNIT_CHOSEN, chosen)
    answer = see_other("/")
    _set(answer, COOKIE, token)
    return answer


@router.get("/inloggad", name="signed-in-page")
def signed_in(request: Request, visitor: SignedInVisitor) -> Response:
    """For a tab of its own, when the session had ended in the middle of a form."""
    return page(request, "signed_in.html", visitor=visitor)


@router.get("/inloggad/kvar", name="stay-signed-in")
def stay(_visitor: SignedInVisitor) -> Response:
    """Somebody is there, though nothing is posted: the session goes on. Raises `NotSignedIn`."""
    return Response(status_code=204)


@router.post("/logga-ut", name="sign-out")
async def leave(request: Request, wired: Wired) -> Response:
    """End the session, whether it still runs or not; here and at the identity provider."""
    require_own_origin(request)
    signed_out = await wired.signing_in.sign_out(
        request.cookies.get(COOKIE, ""), return_to=f"{_pages(wired)}/utloggad"
    )
    if signed_out.session:
        wired.watched_lists.forget(signed_out.session.staff_id)
        note_of(request, SecurityEvent.SIGNED_OUT, signed_out.session)
    answer = see_other(signed_out.onwards or "/utloggad?kvar=1")
    answer.headers["Clear-Site-Data"] = _CLEARED
    answer.delete_cookie(COOKIE, secure=True, httponly=True)
    _set(answer, _LEFT_COOKIE, "ja")
    return answer


@router.get("/utloggad", name="signed-out-page")
def left(request: Request, *, kvar: bool = False) -> Response:
    """Nobody is signed in any more; `kvar`: but the identity provider may remember."""
    return page(request, "signed_out.html", visitor=None, remembered=kvar)


def _failed(request: Request, sentence: str, *, reason: str, status_code: int = 403) -> Response:
    because(request, reason, event=SecurityEvent.SIGNED_IN)
    answer = page(
        request, "sign_in.html", visitor=None, status_code=status_code, till="/", sentence=sentence
    )
    answer.delete_cookie(_STATE_COOKIE, secure=True, httponly=True)
    return answer


def _redirect_uri(wired: Services) -> str:
    return f"{_pages(wired)}/logga-in/klar"


def _pages(wired: Services) -> str:
    return wired.settings.web.public_url.rstrip("/")


def _local(address: str) -> str:
    """Only a path of our own, so that nobody is led astray."""
    ours = address.startswith("/") and not address.startswith("//")
    # Browsers take a backslash for a slash, and pass over tabs and line breaks.
    plain = address.isprintable() and "\\" not in address
    return urlsplit(address).path if ours and plain else "/"


def _set(answer: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    answer.set_cookie(
        name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax"
    )
