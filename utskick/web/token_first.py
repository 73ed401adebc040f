"""REST looks at the token before it reads anything of the body."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from utskick.domain.errors import UnknownToken
from utskick.domain.rate_limits import Limit
from utskick.domain.tokens import Scope
from utskick.web.callers import secret_of, services_of, token_of
from utskick.web.noted import is_by

SCOPES = {
    **dict.fromkeys(
        ("list-dispatches", "show-dispatch", "follow-up", "list-standing"), Scope.READ
    ),
    **dict.fromkeys(("put-visit", "cancel-visit", "show-visit", "read-visits"), Scope.VISITS),
}
"""What a key must be for, by route; for all others, to start with."""


class TokenFirst(APIRoute):
    """Whoever may not come in is refused, and what they send is not read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        scope = SCOPES.get(self.name, Scope.START)

        async def admit_first(request: Request) -> Response:
            await _admit(request, scope)
            return await handle(request)

        return admit_first


async def _admit(request: Request, scope: Scope) -> None:
    """Raises what `AdmitSystem` raises, or `TooOften`."""
    wired, now = services_of(request), services_of(request).clock.now()
    if not (token := token_of(request)):
        raise UnknownToken
    caller = await asyncio.to_thread(wired.admit_system, token, scope=scope, now=now)
    request.state.caller, request.state.known = caller, True
    is_by(request, caller)
    wired.rate_limits.take(Limit.TOKEN, secret_of(token))
