"""The door itself: an ASGI application around Prefect's."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from utskick.adapters.prefect_logins import LoginRole, PrefectLogins
from utskick.security_log import EventOutcome, SecurityEvent, note
from utskick.worker.door.allowed import STREAMS, is_look, may, may_with
from utskick.worker.door.callers import (
    OPERATOR_HEADER,
    PrefectCaller,
    basic,
    caller_of,
    caller_with,
)
from utskick.worker.door.page_headers import add_headers
from utskick.worker.door.typed import names_somebody

OPERATOR = "utskick.operator"
"""In the scope of a request that reaches Prefect: the name to be recorded, if an operator asks."""
_API = "/api"
_PROBES = ("/api/health", "/api/ready")
"""Open to those who watch whether it lives. They say `true`."""
_DESCRIPTIONS = ("/docs", "/redoc", "/openapi.json")
_PAGE_SETTINGS = "/ui-settings"
_OURS_ALONE = {b"authorization", b"prefect-automation-id", b"prefect-automation-name"} | {
    OPERATOR_HEADER.lower().encode()
}
"""Headers that say to Prefect who asks: set here, and by nobody else."""
_LONGEST_BODY = 20_000
"""Of what is looked through: the page posts no more than the ids of the 200 runs it lists."""
_NOT_ALLOWED = "Det får inte göras härifrån."
_NAMES_SOMEBODY = (
    "Det som skrivits liknar ett personnummer. Prefect sparar och visar allt: skriv bara id:n."
)
_POLICY_VIOLATION = 1008


class TurnedAway(Exception):
    """A request that goes no further."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class Door:
    """`origins`: where Prefect's own page is; pages of no others may ask."""

    def __init__(self, app: ASGIApp, *, logins: PrefectLogins, origins: Collection[str]) -> None:
        self._app = app
        self._logins = logins
        self._origins = frozenset(origins)
        self._processes = basic(logins.processes).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._request(scope, receive, _with_headers(scope["path"], send))
            case "websocket":
                await self._stream(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = self._admitted(scope)
            if caller and caller.operator and _is_asked_of_prefect(scope["path"]):
                receive = await _checked(scope, receive)
        except TurnedAway as refused:
            self._note(scope, refused.reason, status=refused.status)
            answer = {"detail": refused.reason, "exception_message": refused.reason}
            await JSONResponse(answer, refused.status)(scope, receive, send)
            return
        if caller:
            scope = self._known(scope, caller)
            if caller.role is LoginRole.PROXY and scope["path"] == _PAGE_SETTINGS:
                scope, send = _uncompressed(scope), _without_own_sign_in(send)
        await self._app(scope, receive, send)

    def _admitted(self, scope: Scope) -> PrefectCaller | None:
        """Who asks; nobody in particular of the page's own files. Raises `TurnedAway`."""
        path, headers = scope["path"], Headers(scope=scope)
        caller = caller_of(headers, self._logins)
        if path in _PROBES and scope["method"] in ("GET", "HEAD"):
            return caller
        if _is_asked_of_prefect(path):
            if self._is_from_elsewhere(headers):
                raise TurnedAway(403, _NOT_ALLOWED)
            if caller is None:
                raise TurnedAway(401, "Unauthorized")
        elif scope["method"] not in ("GET", "HEAD"):
            # The page's files are read alone; whatever Prefect takes there is not looked at here.
            raise TurnedAway(405, _NOT_ALLOWED)
        return caller

    def _is_from_elsewhere(self, headers: Headers) -> bool:
        """Whether another origin's page has sent it: browsers say so."""
        origin = headers.get("origin")
        if origin is not None:
            return origin not in self._origins
        return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")

    def _note(self, scope: Scope, reason: str, *, status: int | None = None) -> None:
        caller = caller_of(Headers(scope=scope), self._logins)
        note(
            SecurityEvent.PREFECT_REFUSED,
            EventOutcome.REFUSED,
            actor=caller and caller.operator,
            address=(scope.get("client") or ("",))[0],
            reason=reason,
            method=scope.get("method", "WEBSOCKET"),
            status=status,
        )

    def _known(self, scope: Scope, caller: PrefectCaller) -> Scope:
        """As it reaches Prefect: with the one login that Prefect knows."""
        theirs = [each for each in scope["headers"] if each[0].lower() not in _OURS_ALONE]
        headers = [*theirs, (b"authorization", self._processes)]
        return {**scope, "headers": headers, OPERATOR: caller.operator}

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Prefect asks for the login in the first message, as browsers send no header."""
        headers = Headers(scope=scope)
        if self._is_from_elsewhere(headers):
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            self._note(scope, _NOT_ALLOWED)
            return
        path = scope["path"].removeprefix(_API)
        known = caller_of(headers, self._logins)

        def replaced(first: Any) -> Any:
            if not isinstance(first, dict) or first.get("type") != "auth":
                return first
            caller = known or caller_with(str(first.get("token")), self._logins)
            allowed = caller and (caller.role is LoginRole.PROCESS or STREAMS.fullmatch(path))
            if not allowed:
                self._note(scope, "Unauthorized")
            return first | {"token": self._logins.processes if allowed else ""}

        await self._app(scope, _replacing_the_first(receive, replaced), send)


def _is_asked_of_prefect(path: str) -> bool:
    """All but the page's own files."""
    return path == _API or path.startswith((f"{_API}/", *_DESCRIPTIONS))


async def _checked(scope: Scope, receive: Receive) -> Receive:
    """What an operator asks for, once it has been read and may pass. Raises `TurnedAway`."""
    method, path = scope["method"], scope["path"].removeprefix(_API)
    if not may(method, path):
        raise TurnedAway(403, _NOT_ALLOWED)
    if is_look(method, path):
        return receive
    content = await _content(receive)
    try:
        body = json.loads(content) if content else {}
    except ValueError:
        raise TurnedAway(422, "Not JSON") from None
    if isinstance(body, Mapping) and not may_with(path, body):
        raise TurnedAway(403, _NOT_ALLOWED)
    if names_somebody(body) or names_somebody(path):
        raise TurnedAway(422, _NAMES_SOMEBODY)
    return _replayed(content, receive)


async def _content(receive: Receive) -> bytes:
    content = bytearray()
    while True:
        message = await receive()
        content += message.get("body", b"")
        if len(content) > _LONGEST_BODY:
            raise TurnedAway(413, "Too long")
        if not message.get("more_body"):
            return bytes(content)


def _replayed(content: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving


def _replacing_the_first(receive: Receive, replaced: Callable[[Any], Any]) -> Receive:
    """The first message that a browser or a client has sent."""
    seen = False

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        if seen or message["type"] != "websocket.receive":
            return message
        seen = True
        try:
            first = json.loads(message.get("text") or message.get("bytes") or b"")
        except ValueError:
            return message
        return {"type": "websocket.receive", "text": json.dumps(replaced(first))}

    return receiving


def _with_headers(path: str, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            add_headers(MutableHeaders(scope=message), of_api=_is_asked_of_prefect(path))
        await send(message)

    return sending


def _uncompressed(scope: Scope) -> Scope:
    headers = [each for each in scope["headers"] if each[0].lower() != b"accept-encoding"]
    return {**scope, "headers": headers}


def _without_own_sign_in(send: Send) -> Send:
    """Whoever comes through the proxy has signed in there: the page need not ask again."""
    start: list[Message] = []
    content = bytearray()

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
            return
        content.extend(message.get("body", b""))
        if not message.get("more_body"):
            body = json.dumps(json.loads(content) | {"auth": None}).encode()
            MutableHeaders(scope=start[0])["Content-Length"] = str(len(body))
            await send(start[0])
            await send({"type": "http.response.body", "body": body})

    return sending
