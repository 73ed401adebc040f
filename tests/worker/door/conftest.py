"""The door in front of an application that remembers what reached it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from utskick.adapters.prefect_logins import new_logins
from utskick.worker.door.callers import basic
from utskick.worker.door.door import OPERATOR, Door

ADDRESS = "http://prefect.example"
LOGINS = new_logins()


@dataclass
class Behind:
    """In Prefect's place."""

    scopes: list[Scope] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if scope["type"] == "websocket":
            while (message := await receive())["type"] != "websocket.disconnect":
                self.messages.append(message)
            return
        self.bodies.append((await receive())["body"])
        await JSONResponse({"auth": "BASIC"})(scope, receive, send)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Of the last request."""
        return [(name.decode(), value.decode()) for name, value in self.scopes[-1]["headers"]]

    @property
    def operator(self) -> Any:
        return self.scopes[-1].get(OPERATOR)


@dataclass
class Visit:
    door: Door
    behind: Behind

    async def ask(
        self,
        method: str,
        path: str,
        *,
        login: str | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> httpx.Response:
        sent = dict(headers or {}) | ({"Authorization": basic(login)} if login else {})
        transport = httpx.ASGITransport(app=self.door)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            return await client.request(method, path, headers=sent, json=json)

    async def stream(
        self, path: str, first: str, *, headers: Mapping[str, str] | None = None
    ) -> list[Message]:
        """Open a websocket, say one thing, and leave; what we were sent."""
        coming: list[Message] = [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": first},
            {"type": "websocket.disconnect", "code": 1000},
        ]
        sent: list[Message] = []

        async def receive() -> Message:
            return coming.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "websocket", "path": path, "headers": raw}
        await self.door(scope, receive, send)
        return sent


@pytest.fixture
def visit() -> Visit:
    behind = Behind()
    return Visit(Door(behind, logins=LOGINS, origins=[ADDRESS]), behind)
