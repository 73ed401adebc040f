"""The web process: REST for the units' systems, and the keeper that reconciles beside Prefect."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from utskick.domain.errors import (
    NotFound,
    SpecRefused,
    StartBlocked,
    UnknownToken,
    UtskickError,
)
from utskick.domain.specs import problems_of
from utskick.ports import TemporaryFailure
from utskick.web import api
from utskick.web.keeper import keep
from utskick.wiring import Services

log = logging.getLogger(__name__)

STATUS_CODES: dict[type[UtskickError], int] = {
    NotFound: 404,
    UnknownToken: 401,
    SpecRefused: 422,
}
_CONFLICT = 409
_AWAY = "Tjänsten kan inte nås just nu. Inget är sparat eller skickat: försök igen om en stund."


def create_app(services: Services) -> FastAPI:
    """The whole web process, with its services."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        keeping = asyncio.create_task(keep(services))
        yield
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping

    app = FastAPI(
        title="Utskick",
        summary="Paketutskick och formulär genom 1177.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.include_router(api.router)
    app.add_api_route("/health", health, include_in_schema=False)
    app.add_middleware(SizeLimit, max_bytes=services.settings.web.max_upload_bytes)
    app.add_exception_handler(UtskickError, show_error)
    app.add_exception_handler(RequestValidationError, show_invalid)
    app.add_exception_handler(TemporaryFailure, show_away)
    app.add_exception_handler(Exception, show_unexpected)
    return app


def health() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "ok"}


def show_error(_request: Request, error: Exception) -> JSONResponse:
    """Every domain error: a Swedish sentence, and each problem with its place and remedy."""
    assert isinstance(error, UtskickError)
    content: dict[str, object] = {"message": error.staff_message}
    if isinstance(error, SpecRefused):
        content["problems"] = [
            {"place": p.place, "reason": p.reason, "remedy": p.remedy} for p in error.problems
        ]
    if isinstance(error, StartBlocked):
        content["archived"], content["unsubscribed"] = error.archived, error.unsubscribed
    return JSONResponse(content, status_code=STATUS_CODES.get(type(error), _CONFLICT))


def show_invalid(_request: Request, error: Exception) -> JSONResponse:
    """As `SpecRefused`: FastAPI's own answer would echo what was sent, personnummer and all."""
    assert isinstance(error, RequestValidationError)
    return show_error(_request, SpecRefused(problems_of(error.errors())))


def show_away(_request: Request, _error: Exception) -> JSONResponse:
    """A neighbour is away: nothing was stored, the same call may be made again."""
    return JSONResponse({"message": _AWAY}, status_code=503, headers={"Retry-After": "30"})


def show_unexpected(_request: Request, error: Exception) -> JSONResponse:
    """A fault of ours, or the database away. Its text may hold anything: its kind is logged."""
    log.error("Unexpected %s", type(error).__name__)
    return JSONResponse({"message": _AWAY}, status_code=503, headers={"Retry-After": "30"})


class SizeLimit:
    """Answers 413 before a body that is too large has been read."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._max_bytes:
            await self._refuse(scope, receive, send)
            return
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise _TooLarge
            return message

        try:
            await self._app(scope, limited, send)
        except _TooLarge:
            await self._refuse(scope, receive, send)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
        answer = JSONResponse(
            {"message": "Det du skickade är för stort. Dela upp utskicket."}, status_code=413
        )
        await answer(scope, receive, send)


class _TooLarge(Exception):
    pass
