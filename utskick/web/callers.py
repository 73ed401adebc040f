"""What every route asks for: the services, the time, and whose token it is."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from utskick.domain.personnummer import Personnummer, tidied
from utskick.domain.rate_limits import Limit
from utskick.domain.specs import Sending
from utskick.domain.units import Actor
from utskick.rivta.contracts import PROCESS_NOTIFICATION
from utskick.wiring import Services

_NETWORK_BITS = 64
"""Of an IPv6 address: a single household or computer has the rest to itself."""

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="Enhetens nyckel",
    description="Den regionala förvaltningen skapar den, och enhetens chef bekräftar den.",
)


def services_of(request: Request) -> Services:
    """The application's services."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Wired = Annotated[Services, Depends(services_of)]


def _now(wired: Wired) -> datetime:
    return wired.clock.now()


def token_of(request: Request) -> str:
    """The token that the request brings, good or not; empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def secret_of(token: str) -> str:
    """By which a session, a token or a person is counted: no list of them lies in memory."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_for_systems(path: str) -> bool:
    """Whether a program, and no browser, is to read what is answered there."""
    return path.startswith(("/api", PROCESS_NOTIFICATION.path))


def peer_of(request: Request) -> str:
    """Who is at the other end of the connection, whatever a proxy says of whom it speaks for."""
    peer = getattr(request.state, "peer", None)
    return peer or (request.client.host if request.client else "")


def address_of(request: Request) -> str:
    """By which a stranger is counted; of IPv6 the network."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or IPv6Network((address, _NETWORK_BITS), strict=False))
    return str(address)


def _caller(
    request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor:
    """The unit's system, which `TokenFirst` has let in."""
    caller = request.state.caller
    assert isinstance(caller, Actor)
    return caller


def take_look_ups(spec: Sending, caller: Actor, wired: Services) -> None:
    """Everyone whom a spec has the registers asked for. Raises `TooOften`."""
    listed = (each.personnummer for each in spec.listed_recipients)
    numbers = {tidied(number).replace("-", "") for number in (*spec.recipients, *listed)}
    _take(numbers, caller, wired)


def take_persons(numbers: Iterable[Personnummer | None], caller: Actor, wired: Services) -> None:
    """As `take_look_ups`, of persons who are known to be such."""
    _take({number.digits for number in numbers if number is not None}, caller, wired)


def _take(numbers: Collection[str], caller: Actor, wired: Services) -> None:
    system = f"{caller.unit_id} {caller.name}"
    wired.rate_limits.take(Limit.TOKEN_LOOK_UPS, system, cost=len(numbers))
    for number in numbers:
        wired.rate_limits.take(Limit.TOKEN_PERSON, secret_of(f"{system} {number}"))


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
