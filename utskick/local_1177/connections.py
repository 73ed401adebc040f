"""One HTTP exchange, with what ASGI has no word for: cutting the connection."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from starlette.types import Receive, Send

NO_LINGER = struct.pack("ii", 1, 0)
"""Makes closing a socket send RST instead of FIN."""


class Connection:
    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send

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

    async def answer(
        self,
        status: HTTPStatus,
        content: Mapping[str, Any],
        *,
        retry_after_s: int | None = None,
    ) -> None:
        body = _encoded(content)
        await self._start(status, len(body), retry_after_s=retry_after_s)
        await self._send({"type": "http.response.body", "body": body})

    async def answer_half(self, content: Mapping[str, Any]) -> None:
        """Promise the whole body, send half of it, and close."""
        body = _encoded(content)
        await self._start(HTTPStatus.OK, len(body))
        await self._send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        await self.close()

    async def reset(self) -> None:
        """Abort the connection (RST), without an answer."""
        plug: socket.socket = self._transport.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self._transport.abort()
        await self._gone()

    async def close(self) -> None:
        """End the connection (FIN) after what has been sent."""
        self._transport.close()
        await self._gone()

    @property
    def _transport(self) -> asyncio.Transport:
        # Uvicorn's `send` is a method of the request that it serves, which has the transport.
        return cast("asyncio.Transport", cast("Any", self._send).__self__.transport)

    async def _start(
        self, status: HTTPStatus, length: int, *, retry_after_s: int | None = None
    ) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(length).encode()),
        ]
        if retry_after_s is not None:
            headers.append((b"retry-after", str(retry_after_s).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _gone(self) -> None:
        """Wait until uvicorn knows, or it would answer 500 for us."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _encoded(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
