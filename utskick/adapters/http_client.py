"""Calling a neighbour over HTTP, and what each way of failing means (I5).

No error holds more than the contract's name and the status: requests and answers are about
residents, and so are the messages of whatever reads them.
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, partial
from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import BaseModel, ConfigDict

from utskick.adapters.http_connections import Connections
from utskick.failpoints import Exchange, reached
from utskick.ports import TemporaryFailure, UnknownOutcome, Withheld

_NEVER_OPENED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CORRELATION = "x-skltp-correlation-id"
_POINTS = {
    "connection.connect_tcp.complete": Exchange.CONNECTED,
    "http11.send_request_headers.started": Exchange.LEAVING,
    "http11.send_request_body.started": Exchange.HALF_SENT,
    "http11.send_request_body.complete": Exchange.SENT,
    "http11.receive_response_body.complete": Exchange.ANSWERED,
}
_LEAVES = (Exchange.LEAVING, Exchange.HALF_SENT)
_IDLE_S = 2.0
"""Shorter than servers are patient, so that no call meets a connection that is being closed."""
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")


class NotThere(TemporaryFailure):
    """A reading answered with 404: what was asked for is missing, or the whole neighbour is."""


class Contract(BaseModel):
    """What is read of an answer. Fields that we have no use for are passed over."""

    model_config = ConfigDict(frozen=True, strict=True)


ContractT = TypeVar("ContractT", bound=Contract)


class HttpClient:
    """Posts JSON to one neighbour, from any event loop, with at most `concurrency` calls at once.

    `tls` is for neighbours that want a certificate of ours; without it the system's trust holds.
    """

    def __init__(
        self,
        url: str,
        *,
        consumer_hsa_id: str,
        concurrency: int = 50,
        connect_timeout_s: float = 3,
        read_timeout_s: float = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._longest_s = connect_timeout_s + read_timeout_s
        new_connection = partial(
            httpx.AsyncClient,
            headers={"x-rivta-original-serviceconsumer-hsaid": consumer_hsa_id},
            limits=httpx.Limits(max_connections=1, keepalive_expiry=_IDLE_S),
            timeout=httpx.Timeout(read_timeout_s, connect=connect_timeout_s),
            verify=tls or _system_trust(),
            trust_env=False,
        )
        self._connections = Connections(new_connection, at_once=concurrency)

    async def post(
        self,
        contract: str,
        body: Mapping[str, object],
        *,
        answer: type[ContractT],
        reading: bool = False,
        reference: str = "",
        may_leave: Callable[[], bool] | None = None,
    ) -> ContractT:
        """Call `contract` and read its answer.

        Raises `TemporaryFailure` if the call was not applied, or was only a `reading`; `Withheld`
        if `may_leave` said no when all was ready to leave; else `UnknownOutcome`.
        """
        unclear = TemporaryFailure if reading else UnknownOutcome
        try:
            response = await self._exchange(contract, body, reference, may_leave)
        except _NEVER_OPENED as error:
            raise TemporaryFailure(f"{contract}: {type(error).__name__}") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise unclear(f"{contract}: {type(error).__name__}") from None
        _require_success(response, contract, reading=reading)
        try:
            return answer.model_validate_json(response.content)
        except (TypeError, ValueError):
            raise unclear(f"{contract}: unreadable answer") from None

    async def _exchange(
        self,
        contract: str,
        body: Mapping[str, object],
        reference: str,
        may_leave: Callable[[], bool] | None,
    ) -> httpx.Response:
        """An answer may dribble, each byte in time: so the whole of it has an end as well."""
        connections = await self._connections.of_this_loop()
        headers = {_CORRELATION: reference} if reference else {}
        extensions = {"trace": partial(_watch, may_leave)} if may_leave else {}
        async with (
            connections.borrowed() as connection,
            asyncio.timeout(self._longest_s),
        ):
            return await connection.post(
                f"{self._url}/{contract}", json=body, headers=headers, extensions=extensions
            )


@cache
def _system_trust() -> ssl.SSLContext:
    """Read once: it takes as long as twenty calls."""
    return ssl.create_default_context()


async def _watch(may_leave: Callable[[], bool], event: str, _info: Mapping[str, object]) -> None:
    """See how far a call has come. Without its whole body a request is not applied."""
    if (point := _POINTS.get(event)) is None:
        return
    reached(point)
    if point in _LEAVES and not may_leave():
        raise Withheld


def _require_success(response: httpx.Response, contract: str, *, reading: bool) -> None:
    message = f"{contract}: status {response.status_code}"
    match response.status_code:
        case HTTPStatus.OK:
            return
        case HTTPStatus.NOT_FOUND if reading:
            raise NotThere(message)
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise TemporaryFailure(message, retry_after_s=_retry_after_s(response))
        case _ if reading:
            raise TemporaryFailure(message, retry_after_s=_retry_after_s(response))
        case _:
            raise UnknownOutcome(message)


def _retry_after_s(response: httpx.Response) -> float | None:
    """`Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    with suppress(ValueError):
        moment = parsedate_to_datetime(value)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - datetime.now(UTC)).total_seconds())
    return None
