"""Whoever is not known is counted by address, before anything is done for them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from utskick.domain.rate_limits import Limit, TooOften
from utskick.web.callers import address_of, is_for_systems, secret_of, services_of, token_of
from utskick.web.errors import show_error
from utskick.web.noted import because
from utskick.web.pages.refusals import refuse_early
from utskick.web.pages.visitors import COOKIE

_FREE = ("/static/", "/health")


class StrangersCounted:
    """Each request of nobody known takes from its address, and 429 when all is taken.

    A session or token that was good not long ago has a count of its own, so that a flood from
    behind the same address keeps nobody out who is in. `scope["state"]["known"]` is set by
    whoever finds that it is good.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        limits, address = services_of(request).rate_limits, address_of(request)
        request.state.known = False
        if counted := [each for each in _credentials(request) if limits.counts(*each)]:
            await self._app(scope, receive, send)
            if not request.state.known:
                # It was good once, or nobody asked.
                for each in counted:
                    limits.forget(*each)
            return
        try:
            limits.take(Limit.STRANGERS, address)
        except TooOften as error:
            await _refused(request, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)
        if request.state.known:
            limits.give_back(Limit.STRANGERS, address)


def _credentials(request: Request) -> list[tuple[Limit, str]]:
    given = {Limit.SESSION: request.cookies.get(COOKIE, ""), Limit.TOKEN: token_of(request)}
    return [(limit, secret_of(each)) for limit, each in given.items() if each]


def _refused(request: Request, error: TooOften) -> Response:
    because(request, error)
    if is_for_systems(request.url.path):
        return show_error(request, error)
    return refuse_early(request, error)
