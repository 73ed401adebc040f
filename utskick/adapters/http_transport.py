"""Posting to a neighbour over HTTP, and what each way of failing means (I5).

No error holds more than what was called and the status: requests and answers are about residents,
and so are the messages of whatever reads them.
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from utskick.adapters.http_connections import Connections
from utskick.failpoints import Exchange, reached
from utskick.ports import TemporaryFailure, UnknownOutcome, Withheld

_NEVER_OPENED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_IDLE_S = 2.0
"""Shorter than servers are patient, so that no call meets a connection that is being closed."""
_LARGEST_ANSWER = 16 * 1024 * 1024
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")


class _TooLarge(aiohttp.ClientError):
    """More than any neighbour has to say."""


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def retry_after_s(self) -> float | None:
        """`Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3)."""
        value = self.headers.get("Retry-After", "").strip()
        if _SECONDS.fullmatch(value):
            return float(value)
        with suppress(ValueError, OverflowError):
            moment = parsedate_to_datetime(value)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return max(0.0, (aware - datetime.now(UTC)).total_seconds())
        return None


class Posting(aiohttp.BytesPayload):
    """A body that asks whether it may leave, when all else is ready.

    The head waits for it, and both leave in one write: nothing has left when the answer is no.
    Whoever changes nothing gives no `may_leave`.
    """

    def __init__(
        self, body: bytes, *, content_type: str, may_leave: Callable[[], bool] | None = None
    ) -> None:
        super().__init__(body, content_type=content_type)
        self._may_leave = may_leave
        self.withheld = False

    @property
    def changing(self) -> bool:
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


class HttpTransport:
    """Posts to one neighbour, from any event loop, with at most `concurrency` calls at once.

    `tls` is for neighbours that want a certificate of ours; without it the system's trust holds.
    """

    def __init__(
        self,
        *,
        concurrency: int = 50,
        connect_timeout_s: float = 3,
        read_timeout_s: float = 10,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        # An answer may dribble, each byte in time: so the whole call has an end as well.
        self._whole_call_s = connect_timeout_s + read_timeout_s
        timeout = aiohttp.ClientTimeout(sock_connect=connect_timeout_s, sock_read=read_timeout_s)

        def open_session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, keepalive_timeout=_IDLE_S, ssl=tls or True
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=timeout,
                trace_configs=[_tracing()],
            )

        self._connections = Connections(open_session, at_once=concurrency)

    async def post(
        self, url: str, posting: Posting, *, of: str, headers: Mapping[str, str]
    ) -> Answered:
        """What was answered, whatever its status; `of` names the call.

        Raises `TemporaryFailure` if it was not applied, or changes nothing; `Withheld` if
        `may_leave` said no when all was ready to leave; else `UnknownOutcome`.
        """
        try:
            async with self._connections.borrowed() as session:
                async with asyncio.timeout(self._whole_call_s):
                    return await _exchange(session, url, posting, headers)
        except _NEVER_OPENED as error:
            raise TemporaryFailure(f"{of}: {type(error).__name__}") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if posting.withheld:
                raise Withheld from None
            unclear = UnknownOutcome if posting.changing else TemporaryFailure
            raise unclear(f"{of}: {type(error).__name__}") from None


async def _exchange(
    session: aiohttp.ClientSession, url: str, posting: Posting, headers: Mapping[str, str]
) -> Answered:
    """What is lost with a connection that had been closed is asked again, once, if it may be."""
    try:
        return await _call(session, url, posting, headers)
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        if posting.changing:
            raise
    return await _call(session, url, posting, headers)


async def _call(
    session: aiohttp.ClientSession, url: str, posting: Posting, headers: Mapping[str, str]
) -> Answered:
    async with session.post(
        url,
        data=posting,
        headers=headers,
        allow_redirects=False,
        trace_request_ctx=posting.changing,
    ) as response:
        content = await _content(response.content)
        if posting.changing:
            reached(Exchange.ANSWERED)
        return Answered(response.status, response.headers, content)


async def _content(stream: aiohttp.StreamReader) -> bytes:
    content = bytearray()
    async for chunk in stream.iter_any():
        content += chunk
        if len(content) > _LARGEST_ANSWER:
            raise _TooLarge
    return bytes(content)


def _tracing() -> aiohttp.TraceConfig:
    async def connected(_session: object, context: SimpleNamespace, _details: object) -> None:
        if context.trace_request_ctx:
            reached(Exchange.CONNECTED)

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(connected)
    return tracing
