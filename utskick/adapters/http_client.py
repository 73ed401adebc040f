"""Calling a neighbour over HTTP, and what each way of failing means (I5).

No error holds more than the contract's name and the status: requests and answers are about
residents, and so are the messages of whatever reads them.
"""

import json
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import SimpleNamespace
from typing import TypeVar

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from pydantic import BaseModel, ConfigDict

from utskick.adapters.http_connections import Connections
from utskick.failpoints import Exchange, reached
from utskick.ports import TemporaryFailure, UnknownOutcome, Withheld

_NEVER_OPENED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_CORRELATION = "x-skltp-correlation-id"
_JSON = "application/json"
_IDLE_S = 2.0
"""Shorter than servers are patient, so that no call meets a connection that is being closed."""
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")


class NotThere(TemporaryFailure):
    """A reading answered with 404: what was asked for is missing, or the whole neighbour is."""


class AnswerFields(BaseModel):
    """What is read of an answer. Fields that we have no use for are passed over."""

    model_config = ConfigDict(frozen=True, strict=True)


AnswerFieldsT = TypeVar("AnswerFieldsT", bound=AnswerFields)


@dataclass(frozen=True, slots=True)
class _Answered:
    status: int
    headers: Mapping[str, str]
    content: bytes


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
        # An answer may dribble, each byte in time: so the whole of it has an end as well.
        timeout = aiohttp.ClientTimeout(
            total=connect_timeout_s + read_timeout_s,
            sock_connect=connect_timeout_s,
            sock_read=read_timeout_s,
        )

        def open_session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                headers={"x-rivta-original-serviceconsumer-hsaid": consumer_hsa_id},
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=_IDLE_S, ssl=tls or True
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=timeout,
                trace_configs=[_tracing()],
            )

        self._connections = Connections(open_session, at_once=concurrency)

    async def post(
        self,
        contract: str,
        body: Mapping[str, object],
        *,
        answer: type[AnswerFieldsT],
        reading: bool = False,
        reference: str = "",
        may_leave: Callable[[], bool] | None = None,
    ) -> AnswerFieldsT:
        """Call `contract` and read its answer.

        Raises `TemporaryFailure` if the call was not applied, or was only a `reading`; `Withheld`
        if `may_leave` said no when all was ready to leave; else `UnknownOutcome`.
        """
        unclear = TemporaryFailure if reading else UnknownOutcome
        request = _Request(body, may_leave)
        try:
            response = await self._exchange(contract, request, reference, again=reading)
        except _NEVER_OPENED as error:
            raise TemporaryFailure(f"{contract}: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if request.withheld:
                raise Withheld from None
            raise unclear(f"{contract}: {type(error).__name__}") from None
        _require_success(response, contract, reading=reading)
        try:
            return answer.model_validate_json(response.content)
        except (TypeError, ValueError):
            raise unclear(f"{contract}: unreadable answer") from None

    async def _exchange(
        self, contract: str, request: "_Request", reference: str, *, again: bool
    ) -> _Answered:
        """What is lost with a connection that had been closed is asked `again`, once."""
        try:
            return await self._call(contract, request, reference)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not again:
                raise
        return await self._call(contract, request, reference)

    async def _call(self, contract: str, request: "_Request", reference: str) -> _Answered:
        headers = {_CORRELATION: reference} if reference else None
        async with (
            self._connections.borrowed() as session,
            session.post(
                f"{self._url}/{contract}",
                data=request,
                headers=headers,
                allow_redirects=False,
                trace_request_ctx=request.watched,
            ) as response,
        ):
            content = await response.read()
            if request.watched:
                reached(Exchange.ANSWERED)
            return _Answered(response.status, response.headers, content)


class _Request(aiohttp.BytesPayload):
    """A JSON body that asks whether it may leave, when all else is ready.

    The head waits for it, and both leave in one write: nothing has left when the answer is no.
    """

    def __init__(self, body: Mapping[str, object], may_leave: Callable[[], bool] | None) -> None:
        super().__init__(json.dumps(body).encode(), content_type=_JSON)
        self._may_leave = may_leave
        self.withheld = False

    @property
    def watched(self) -> bool:
        """Whether the call changes something at the neighbour."""
        return self._may_leave is not None

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        if self._may_leave is None:
            await super().write_with_length(writer, content_length)
            return
        reached(Exchange.LEAVING)
        if not self._may_leave():
            self.withheld = True
            raise Withheld
        await super().write_with_length(writer, content_length)
        reached(Exchange.SENT)


def _tracing() -> aiohttp.TraceConfig:
    async def connected(_session: object, context: SimpleNamespace, _details: object) -> None:
        if context.trace_request_ctx:
            reached(Exchange.CONNECTED)

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(connected)
    return tracing


def _require_success(response: _Answered, contract: str, *, reading: bool) -> None:
    message = f"{contract}: status {response.status}"
    match response.status:
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


def _retry_after_s(response: _Answered) -> float | None:
    """`Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    with suppress(ValueError):
        moment = parsedate_to_datetime(value)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - datetime.now(UTC)).total_seconds())
    return None
