"""Every request that is refused or fails has a line in the security log."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from utskick.domain.rate_limits import TooOften
from utskick.domain.staff import StaffSession
from utskick.domain.units import Actor
from utskick.security_log import EventOutcome, SecurityEvent, note

_REFUSED, _FAILED = 400, 500
_EVENT, _REASON, _ERROR, _CALLER = "noted_event", "noted_reason", "noted_error", "noted_caller"


class Noted:
    """Notes what became of a request, when it has been answered.

    Whoever refuses it says why with `because`, and whoever finds out who asks says so with
    `is_by`. Of an address only its route's name is noted: the rest may hold anything.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Here, so that it is one for all who are handed a copy of the scope.
        state = scope.setdefault("state", {})
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, noting)
        if status >= _REFUSED or _EVENT in state or _REASON in state:
            _note(scope, state, status)


def because(
    request: Request,
    reason: Exception | str,
    *,
    event: SecurityEvent = SecurityEvent.REQUEST_REFUSED,
) -> None:
    """Why the request is refused, or fails: of an error its kind."""
    if isinstance(reason, ClientDisconnect):
        event = SecurityEvent.REQUEST_LEFT
    if isinstance(reason, Exception):
        is_said_by_status = isinstance(reason, HTTPException)
        limit = f" {reason.limit}" if isinstance(reason, TooOften) else ""
        reason = "" if is_said_by_status else f"{type(reason).__name__}{limit}"
    setattr(request.state, _EVENT, event)
    setattr(request.state, _REASON, reason)


def failed_by(request: Request, error: Exception) -> None:
    """A fault of ours: where it was raised is noted too."""
    because(request, error)
    setattr(request.state, _ERROR, error)


def is_by(request: Request, actor: Actor) -> None:
    """Who asks, once it is known."""
    setattr(request.state, _CALLER, actor)


def note_of(request: Request, event: SecurityEvent, session: StaffSession) -> None:
    """What somebody has done with a session of theirs."""
    note(
        event,
        actor=session.staff_id,
        unit=session.unit_id,
        roles=sorted({each.right.value for each in session.provided}),
        address=client_of(request.scope),
    )


def client_of(scope: Scope) -> str:
    """The client's address: a proxy's word for it only if the proxy is trusted (a setting)."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _note(scope: Scope, state: dict[str, Any], status: int) -> None:
    event = state.get(_EVENT, SecurityEvent.REQUEST_REFUSED)
    outcome = EventOutcome.REFUSED
    if status >= _FAILED:
        outcome = EventOutcome.FAILED
        if event is SecurityEvent.REQUEST_REFUSED:
            event = SecurityEvent.REQUEST_FAILED
    elif event is SecurityEvent.REQUEST_LEFT:
        outcome = EventOutcome.DONE
    actor: Actor | None = state.get(_CALLER)
    note(
        event,
        outcome,
        error=state.get(_ERROR),
        actor=actor and actor.name,
        unit=actor and actor.unit_id,
        address=client_of(scope),
        reason=state.get(_REASON, ""),
        method=scope["method"],
        route=getattr(scope.get("route"), "name", "unknown"),
        status=status,
    )
