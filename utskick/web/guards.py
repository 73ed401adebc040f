"""What surrounds every request: nothing too large comes in, nothing unforeseen gets out."""

from collections.abc import Sequence

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from utskick.domain.limits import Limits
from utskick.web.callers import is_for_systems
from utskick.web.noted import failed_by

_FAULT = (
    "Något gick fel hos oss. Försök igen om en stund: samma innehåll, eller samma"
    " Idempotency-Key, startar inget en gång till."
)


class TooLarge(HTTPException):
    """A body beyond what is taken."""

    def __init__(self) -> None:
        super().__init__(413)


class SafeHeaders:
    """Nothing foreign is loaded, framed, revealed or kept. Only static files may be kept.

    `forms_lead_to`: where a form of ours may lead beside ourselves: the site where forms are
    previewed, the identity provider that signs out.
    """

    def __init__(self, app: ASGIApp, *, forms_lead_to: Sequence[str]) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self';"
            " img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none';"
            f" frame-ancestors 'none'; form-action 'self' {' '.join(forms_lead_to)}",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, adding)


class SilentFailure:
    """A fault of ours, or the database away: 503, and only its kind and place are logged.

    Its text may hold anything, and the server would log it with its traceback.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http":
                raise
            failed_by(Request(scope), error)
            if not begun:
                await _fault()(scope, receive, send)


def _fault() -> JSONResponse:
    return JSONResponse({"message": _FAULT}, status_code=503, headers={"Retry-After": "30"})


class SizeLimit:
    """413 for a body that is too large: at once if its length is given, else midway."""

    def __init__(self, app: ASGIApp, *, limits: Limits, api_bytes: int) -> None:
        self._app = app
        self._limits = limits
        self._api_bytes = api_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        left = self._allowed(scope["path"], headers.get(b"content-type", b""))
        too_large = length.isdigit() and int(length) > left

        async def limited() -> Message:
            nonlocal left
            if too_large:
                raise TooLarge
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLarge
            return message

        await self._app(scope, limited, send)

    def _allowed(self, path: str, content_type: bytes) -> int:
        """Of what a page posts only the fields are kept whole, so a file may be long in coming."""
        if is_for_systems(path):
            return self._api_bytes
        if content_type.startswith(b"multipart/form-data"):
            return self._limits.request_bytes
        return self._limits.form_bytes
