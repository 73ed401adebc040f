"""The national contracts over SOAP: behind a platform, one POST each."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from utskick.local_1177.connections import CORRELATION, Connection
from utskick.local_1177.exchange import deliver
from utskick.local_1177.forms import (
    NoSuchForm,
    create_form_request,
    get_form,
    get_form_templates,
    get_forms,
)
from utskick.local_1177.front import NotCarried, read_call
from utskick.local_1177.inbox import add_message, is_active_user
from utskick.local_1177.neighbours import Call, World
from utskick.local_1177.persons import get_persons_for_profile
from utskick.local_1177.platform import SOAP, a_fault
from utskick.local_1177.replies import Reply, page
from utskick.local_1177.state import transaction
from utskick.rivta.contracts import CONTRACTS, Contract
from utskick.rivta.envelopes import answer

Handler = Callable[[World, Call], Mapping[str, Any]]

HANDLERS: Mapping[str, tuple[str, Handler]] = {
    "CreateFormRequest": ("forms", create_form_request),
    "GetForms": ("forms", get_forms),
    "GetForm": ("forms", get_form),
    "GetFormTemplates": ("forms", get_form_templates),
    "IsActiveUser": ("inbox", is_active_user),
    "AddMessageToPatientPortalInbox": ("inbox", add_message),
    "GetPersonsForProfile": ("persons", get_persons_for_profile),
}
"""Which neighbour answers each contract, and how."""
PATHS: Mapping[str, Contract] = {CONTRACTS[name].path: CONTRACTS[name] for name in HANDLERS}

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
        contract = PATHS.get(scope["path"]) if scope["type"] == "http" else None
        if contract is None:
            await self._pages(scope, receive, send)
            return
        connection = Connection(receive, send)
        body = await connection.read()
        if scope["method"] != "POST":
            await connection.end(page(HTTPStatus.METHOD_NOT_ALLOWED))
        elif body is not None:
            headers = dict(scope["headers"])
            connection.correlation = headers.get(CORRELATION, b"")
            await self._serve(contract, headers, body, connection)

    async def _serve(
        self,
        contract: Contract,
        headers: Mapping[bytes, bytes],
        body: bytes,
        connection: Connection,
    ) -> None:
        name, handler = HANDLERS[contract.name]
        try:
            fields = read_call(
                self.world, contract, headers, body, neighbour=name, sender=connection.sender
            )
        except NotCarried as turned_away:
            await connection.end(turned_away.reply)
            return
        reference = connection.correlation.decode("latin-1")
        neighbour = self.world.neighbours[name]

        def apply() -> Reply:
            return self._apply(contract, handler, fields, reference)

        send = partial(deliver, self.world, neighbour, contract.name, apply)
        await connection.end(await self.world.platform.carry(send))

    def _apply(
        self, contract: Contract, handler: Handler, fields: Mapping[str, Any], reference: str
    ) -> Reply:
        try:
            with transaction(self.world.state):
                answered = handler(self.world, Call(fields, self.world.clock(), reference))
        except NoSuchForm:
            return a_fault("Server", "Formuläret finns inte")
        except ValueError as error:
            # The text of the error may quote the call, and so a personnummer.
            log.warning("%s: a call that makes no sense (%s)", contract.name, type(error).__name__)
            return a_fault("Client", "Anropet går inte att tolka")
        return Reply(HTTPStatus.OK, answer(contract, answered), content_type=SOAP)
