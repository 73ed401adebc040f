"""One HTTP exchange, with what ASGI has no word for: cutting the connection."""

import asyncio
import socket
import struct
from typing import Any, cast

from starlette.types import Receive, Send

from utskick.local_1177.replies import Ended, Half, NoReply, Reply

CORRELATION = b"x-skltp-correlation-id"
"""The national platform's header for tracing a call. No contract gives it back."""
NO_LINGER = struct.pack("ii", 1, 0)
"""Makes closing a socket send RST instead of FIN."""


class Connection:
    """`correlation` is what the caller traces the call by, which each answer repeats."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.correlation = b""

    async def read(self) -> bytes | None:
        """The whole request body, or `None` if the caller hung up."""
        body: bytes = b""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return None
            body += message["body"]
            if not message["more_body"]:
                return body

    async def end(self, ended: Ended) -> None:
        match ended:
            case Reply():
                await self._start(ended)
                await self._send({"type": "http.response.body", "body": ended.body})
            case Half(reply):
                await self._start(reply)
                half = reply.body[: len(reply.body) // 2]
                await self._send({"type": "http.response.body", "body": half, "more_body": True})
                await self._close()
            case NoReply.RESET:
                await self._reset()
            case NoReply.CLOSED:
                await self._close()

    async def _reset(self) -> None:
        """Abort the connection (RST), without an answer."""
        plug: socket.socket = self._transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._transport.abort()
        await self._gone()

    async def _close(self) -> None:
        """End the connection (FIN) after what has been sent."""
        self._transport.close()
        await self._gone()

    @property
    def sender(self) -> str | None:
        """The HSA-id in the caller's certificate, '' if it has none; `None` without one."""
        certificate = self._transport.get_extra_info("peercert")
        if not certificate:
            return None
        subject = {name: value for part in certificate["subject"] for name, value in part}
        return str(subject.get("serialNumber", ""))

    @property
    def _transport(self) -> asyncio.Transport:
        # Uvicorn's `send` is a method of the request that it serves, which has the transport.
        return cast("asyncio.Transport", cast("Any", self._send).__self__.transport)

    async def _start(self, reply: Reply) -> None:
        headers = [
            (b"content-type", reply.content_type.encode()),
            (b"content-length", str(len(reply.body)).encode()),
        ]
        if self.correlation:
            headers.append((CORRELATION, self.correlation))
        if reply.retry_after_s is not None:
            headers.append((b"retry-after", str(reply.retry_after_s).encode()))
        await self._send(
            {"type": "http.response.start", "status": reply.status, "headers": headers}
        )

    async def _gone(self) -> None:
        """Wait until uvicorn knows, or it would answer 500 for us."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
