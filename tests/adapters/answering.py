"""Neighbours that answer whatever a test wants, and the calls that are made of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.adapters.neighbours import OWN_FORM, UNIT_ID, a_message, an_order
from tests.calling import a_client, forms_of, inbox_of, persons_of
from utskick.adapters.soap_client import SoapClient
from utskick.domain.deliveries import FormId
from utskick.domain.personnummer import Personnummer

CANARY = Personnummer("191212121212")

Call = Callable[[SoapClient], Awaitable[object]]


async def create(client: SoapClient) -> object:
    return await forms_of(client).create_form(an_order(CANARY))


async def leave_message(client: SoapClient) -> object:
    await inbox_of(client).add_message(CANARY, a_message())
    return None


async def find(client: SoapClient) -> object:
    return await forms_of(client).find_forms(
        unit_id=UNIT_ID, personnummer=CANARY, template_ids=[OWN_FORM]
    )


async def read(client: SoapClient) -> object:
    return await forms_of(client).read_answer(FormId("some-form"))


async def templates(client: SoapClient) -> object:
    return await forms_of(client).form_templates(UNIT_ID)


async def ask(client: SoapClient) -> object:
    return await inbox_of(client).user(CANARY)


async def look_up(client: SoapClient) -> object:
    return await persons_of(client).look_up([CANARY])


CHANGING: list[Call] = [create, leave_message]
READING: list[Call] = [find, read, templates, ask, look_up]


@asynccontextmanager
async def answering(
    body: bytes = b"", *, status: int = 200, headers: str = "", **changes: Any
) -> AsyncIterator[SoapClient]:
    """A neighbour that says the same to everything."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        reason = httpx.codes.get_reason_phrase(status)
        length = f"Content-Length: {len(body)}\r\n" if status != 204 else ""
        writer.write(f"HTTP/1.1 {status} {reason}\r\n{length}{headers}\r\n".encode() + body)

    async with served_by(answer, **changes) as client:
        yield client


@asynccontextmanager
async def served_by(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]],
    *,
    asked: list[bytes] | None = None,
    **changes: Any,
) -> AsyncIterator[SoapClient]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b":Envelope>")
            if asked is not None:
                asked.append(request)
            await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield a_client(f"http://127.0.0.1:{port}", **changes)
