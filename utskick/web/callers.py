"""What every route asks for: the services, the time, and whose token it is."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from utskick.domain.errors import UnknownToken
from utskick.domain.units import Actor
from utskick.wiring import Services

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="Enhetens nyckel",
    description="Den regionala förvaltningen skapar den med `utskick add-token`.",
)


def services_of(request: Request) -> Services:
    """The application's services."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Wired = Annotated[Services, Depends(services_of)]


def _now(wired: Wired) -> datetime:
    return wired.clock.now()


def _caller(
    wired: Wired, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor:
    """The unit's system whose token it is. Raises `UnknownToken`."""
    if given is None:
        raise UnknownToken
    with wired.store.transaction() as records:
        return records.tokens.holder(given.credentials)


Now = Annotated[datetime, Depends(_now)]
Caller = Annotated[Actor, Depends(_caller)]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        description="Samma nyckel ger samma utskick; utan den räknas samma innehåll som samma."
        " En nyckel som kommer igen med annat innehåll ger 409.",
        examples=["7f2c9d04-1b6e-4a58-93cf-0d2e8b7a6c15"],
    ),
]
