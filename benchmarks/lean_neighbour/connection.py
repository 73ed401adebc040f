"""HTTP/1.1 by hand, as much of it as our callers speak: kept connections, bodies with a length.

One request at a time on each connection, and one write for each answer. What comes in pieces is
put together; what comes while an answer is due waits for it.
"""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from benchmarks.lean_neighbour.contracts import CONTRACTS
from benchmarks.lean_neighbour.control import CONTROL
from benchmarks.lean_neighbour.messages import Texts, texts_of
from benchmarks.lean_neighbour.world import Service, World
from utskick.rivta.envelopes import fault

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_JSON_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
_SOAP = b"Content-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
_SOAP_OK = b"HTTP/1.1 200 OK\r\n" + _SOAP
_FAULT = fault("Client", "The call breaks the contract")
_SOAP_FAULT = b"HTTP/1.1 500 Internal Server Error\r\n" + _SOAP % (len(_FAULT), _FAULT)
_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
_TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
_BROKEN = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Connection(asyncio.Protocol):
    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self._world = world
        self._loop = loop
        self._received = b""
        self._answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._answering:
            self._next()

    def _next(self) -> None:
        """Begin with the next request, if the whole of it is here."""
        head_ends = self._received.find(_END_OF_HEAD)
        if head_ends < 0:
            return
        head = self._received[:head_ends]
        body_begins = head_ends + len(_END_OF_HEAD)
        body_ends = body_begins + _length(head)
        if len(self._received) < body_ends:
            return
        body = self._received[body_begins:body_ends]
        self._received = self._received[body_ends:]
        self._answering = True
        method, path, _ = head[: head.index(b"\r\n")].decode("latin-1").split(" ", 2)
        self._serve(method, path, body)

    def _serve(self, method: str, path: str, body: bytes) -> None:
        if method == "POST" and path in CONTRACTS:
            name, contract, answering = CONTRACTS[path]
            work = partial(_contract_answer, partial(answering, self._world), body)
            self._call(self._world.services[name], contract.name, work)
        elif handler := CONTROL.get((method, path)):
            self._answer(
                _control_answer(lambda: handler(self._world, json.loads(body or b"null")))
            )
        else:
            self._answer(_NOT_FOUND)

    def _call(self, service: Service, contract: str, work: Callable[[], bytes]) -> None:
        service.calls[contract] += 1
        if service.capacity is not None and service.busy_with >= service.capacity:
            service.turned_away += 1
            self._answer(_TOO_MANY)
            return
        service.busy_with += 1
        service.peak = max(service.peak, service.busy_with)
        if service.latency_s:
            self._loop.call_later(service.latency_s, self._apply, service, work)
        else:
            self._apply(service, work)

    def _apply(self, service: Service, work: Callable[[], bytes]) -> None:
        """Also when the caller has gone meanwhile: the call had arrived."""
        service.busy_with -= 1
        self._answer(work())

    def _answer(self, answer: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(answer)
        self._answering = False
        if self._received:
            self._next()


def _length(head: bytes) -> int:
    lowered = head.lower()
    begins = lowered.find(_LENGTH)
    if begins < 0:
        return 0
    begins += len(_LENGTH)
    ends = lowered.find(b"\r\n", begins)
    return int(lowered[begins:] if ends < 0 else lowered[begins:ends])


def _contract_answer(work: Callable[[Texts], bytes], body: bytes) -> bytes:
    try:
        answer = work(texts_of(body))
    except (KeyError, ValueError):
        return _SOAP_FAULT
    return _SOAP_OK % (len(answer), answer)


def _control_answer(work: Callable[[], Any]) -> bytes:
    try:
        content = work()
    except (AttributeError, KeyError, TypeError, ValueError):
        return _BROKEN
    if content is None:
        return _NO_CONTENT
    answer = json.dumps(content).encode()
    return _JSON_OK % (len(answer), answer)
