"""How requests arrive: by a name of ours, and within their time."""

import asyncio
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from utskick.web.callers import services_of
from utskick.wiring import Services

_MISDIRECTED = 421
_HEALTH = "/health"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class TooSlow(HTTPException):
    """A body that does not come in time."""

    def __init__(self) -> None:
        super().__init__(408, headers={"Connection": "close"})


class OwnHosts:
    """421 for a request by a name that is none of ours, as no address may be made of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == _HEALTH:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if _name_of(request) in _own_names(services_of(request)):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("Unknown host", _MISDIRECTED)(scope, receive, send)


class SlowBodies:
    """408 for a body that is silent for too long, or not whole in time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        web = services_of(Request(scope)).settings.web
        loop = asyncio.get_running_loop()
        ends_at, whole = loop.time() + web.body_timeout_s, False

        async def in_time() -> Message:
            nonlocal whole
            if whole:
                # What comes then is that the browser is gone, whenever that may be.
                return await receive()
            left_s = min(web.body_silence_s, ends_at - loop.time())
            try:
                message = await asyncio.wait_for(receive(), left_s)
            except TimeoutError:
                raise TooSlow from None
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, in_time, send)


def _name_of(request: Request) -> str:
    host = request.headers.get("host", "").lower()
    name, _, port = host.rpartition(":")
    return name if port.isdecimal() else host


def _own_names(wired: Services) -> set[str]:
    """On this machine each name that it has for itself."""
    web = wired.settings.web
    public = urlsplit(web.public_url).hostname or ""
    return {public, *web.other_hosts} | (_LOOPBACK if public in _LOOPBACK else set())
