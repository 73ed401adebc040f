"""The national contracts over HTTP: one POST each, JSON with the contract's field names."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from utskick.local_1177.connections import Connection
from utskick.local_1177.faults import APPLIED, IMMEDIATE, Fault, FaultKind
from utskick.local_1177.forms import (
    NoSuchForm,
    create_form_request,
    get_form,
    get_form_templates,
    get_forms,
)
from utskick.local_1177.inbox import add_message, is_active_user
from utskick.local_1177.neighbours import Neighbour, World
from utskick.local_1177.persons import get_persons_for_profile
from utskick.local_1177.state import transaction

ContractCall = Callable[[sqlite3.Connection, dict[str, Any], datetime], dict[str, Any]]
ContractAnswer = tuple[HTTPStatus, dict[str, Any]]

CONTRACTS: dict[str, ContractCall] = {
    "/forms/CreateFormRequest": create_form_request,
    "/forms/GetForms": get_forms,
    "/forms/GetForm": get_form,
    "/forms/GetFormTemplates": get_form_templates,
    "/inbox/IsActiveUser": is_active_user,
    "/inbox/AddMessageToPatientPortalInbox": add_message,
    "/persons/GetPersonsForProfile": get_persons_for_profile,
}

CORRELATION = b"x-skltp-correlation-id"
"""The national platform's header for tracing a call. No contract gives it back."""

log = logging.getLogger(__name__)


class Contracts:
    """An ASGI application that answers the contracts and leaves the rest to `pages`.

    The contracts go past the web framework: benchmarks ask how fast the caller is, and the
    answer must not depend on how fast this stand-in is.
    """

    def __init__(self, world: World, pages: ASGIApp) -> None:
        self.world = world
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in CONTRACTS:
            await self._pages(scope, receive, send)
            return
        connection = Connection(receive, send)
        body = await connection.read()
        if scope["method"] != "POST":
            await connection.answer(HTTPStatus.METHOD_NOT_ALLOWED, {"error": "use POST"})
        elif body is not None:
            reference = dict(scope["headers"]).get(CORRELATION, b"").decode("latin-1")
            await self._serve(scope["path"], body, reference, connection)

    async def _serve(self, path: str, body: bytes, reference: str, connection: Connection) -> None:
        _, name, endpoint = path.split("/")
        neighbour = self.world.neighbours[name]
        neighbour.calls[endpoint] += 1
        if neighbour.full:
            neighbour.turned_away += 1
            await _too_many(connection)
            return

        def apply() -> ContractAnswer:
            return self._apply(path, body, reference)

        with neighbour.occupied():
            await _exchange(neighbour, neighbour.fault_for(endpoint), connection, apply)

    def _apply(self, path: str, body: bytes, reference: str) -> ContractAnswer:
        try:
            with transaction(self.world.state):
                call = json.loads(body) | {"reference": reference}
                answer = CONTRACTS[path](self.world.state, call, self.world.clock())
        except NoSuchForm:
            return HTTPStatus.NOT_FOUND, {"error": "no such form"}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # The text of the error may quote the call, and so a personnummer.
            log.warning("%s: a call that breaks the contract (%s)", path, type(error).__name__)
            return HTTPStatus.BAD_REQUEST, {"error": "the call breaks the contract"}
        return HTTPStatus.OK, answer


async def _exchange(
    neighbour: Neighbour,
    fault: Fault | None,
    connection: Connection,
    apply: Callable[[], ContractAnswer],
) -> None:
    if fault is None or fault.kind not in IMMEDIATE:
        await neighbour.take_its_time()
    if fault is None:
        await connection.answer(*apply())
    elif fault.kind is FaultKind.LATE:
        asyncio.get_running_loop().call_later(fault.seconds, apply)
        await connection.reset()
    elif fault.kind in APPLIED:
        await _lose_the_answer(fault, connection, apply())
    else:
        await _refuse(fault, connection)


async def _lose_the_answer(fault: Fault, connection: Connection, answer: ContractAnswer) -> None:
    match fault.kind:
        case FaultKind.ERROR_AFTER:
            await _broken(connection)
        case FaultKind.RESET_AFTER:
            await connection.reset()
        case FaultKind.CUT_BODY:
            await connection.answer_half(answer[1])
        case _:
            await asyncio.sleep(fault.seconds)
            await connection.answer(*answer)


async def _refuse(fault: Fault, connection: Connection) -> None:
    match fault.kind:
        case FaultKind.ERROR_BEFORE:
            await _broken(connection)
        case FaultKind.RESET_BEFORE:
            await connection.reset()
        case FaultKind.TOO_MANY:
            await _too_many(connection, retry_after_s=max(1, round(fault.seconds)))
        case FaultKind.DOWN:
            await connection.close()
        case _:
            await asyncio.sleep(fault.seconds)
            await connection.answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "timed out"})


async def _broken(connection: Connection) -> None:
    await connection.answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal error"})


async def _too_many(connection: Connection, *, retry_after_s: int = 1) -> None:
    await connection.answer(
        HTTPStatus.TOO_MANY_REQUESTS, {"error": "too many calls"}, retry_after_s=retry_after_s
    )
