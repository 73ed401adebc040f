"""Each way of failing over HTTP, and what it means (I5)."""

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from tests.adapters.neighbours import OWN_FORM, UNIT_ID, a_client, a_message, an_order
from tests.local_1177.conftest import Local
from utskick.adapters.http_client import HttpClient
from utskick.adapters.http_form_service import HttpFormService
from utskick.adapters.http_inbox import HttpInbox
from utskick.adapters.http_persons import HttpPersons
from utskick.domain.deliveries import FormId, Refusal
from utskick.domain.personnummer import Personnummer
from utskick.ports import (
    FoundForm,
    PermanentFailure,
    PersonRecord,
    TemporaryFailure,
    UnknownOutcome,
    Withheld,
)

CANARY = Personnummer("191212121212")
FAULTS = {
    "error_before": UnknownOutcome,
    "error_after": UnknownOutcome,
    "reset_before": UnknownOutcome,
    "reset_after": UnknownOutcome,
    "hang_before": UnknownOutcome,
    "hang_after": UnknownOutcome,
    "late": UnknownOutcome,
    "cut_body": UnknownOutcome,
    "down": UnknownOutcome,
    "too_many": TemporaryFailure,
}
HANGING = ("hang_before", "hang_after", "late")

Failure = type[TemporaryFailure | PermanentFailure | UnknownOutcome]
Call = Callable[[HttpClient], Awaitable[object]]


async def create(client: HttpClient) -> object:
    return await HttpFormService(client).create_form(an_order(CANARY))


async def leave_message(client: HttpClient) -> object:
    await HttpInbox(client).add_message(CANARY, a_message())
    return None


async def find(client: HttpClient) -> Sequence[FoundForm]:
    return await HttpFormService(client).find_forms(
        unit_id=UNIT_ID, personnummer=CANARY, template_ids=[OWN_FORM]
    )


async def read(client: HttpClient) -> object:
    return await HttpFormService(client).read_answer(FormId("some-form"))


async def templates(client: HttpClient) -> object:
    return await HttpFormService(client).form_templates(UNIT_ID)


async def ask(client: HttpClient) -> object:
    return await HttpInbox(client).user(CANARY)


async def look_up(client: HttpClient) -> object:
    return await HttpPersons(client).look_up([CANARY])


def truth_of(number: Personnummer, local: Local) -> Any:
    return local.ask("/control/truth/person", {"personnummer": number.digits})


WRITING: dict[str, Call] = {"forms": create, "inbox": leave_message}
READING: list[Call] = [find, read, templates, ask, look_up]


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("service", WRITING)
async def test_a_fault_while_writing_means_what_can_be_known(
    local: Local, service: str, kind: str
) -> None:
    local.control("faults", {"service": service, "kind": kind, "seconds": 0.3})
    client = a_client(f"{local.url}/{service}", read_timeout_s=0.1 if kind in HANGING else 60)

    with pytest.raises(FAULTS[kind]):
        await WRITING[service](client)


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_while_reading_is_always_temporary(local: Local, kind: str) -> None:
    local.break_down(kind, seconds=0.3)

    with pytest.raises(TemporaryFailure):
        await find(a_client(f"{local.url}/forms", read_timeout_s=0.1))


@pytest.mark.parametrize("call", [*WRITING.values(), *READING])
async def test_a_connection_that_never_opened_applied_nothing(call: Call) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        client = a_client(f"http://127.0.0.1:{unheard.getsockname()[1]}")

        with pytest.raises(TemporaryFailure, match="ClientConnectorError"):
            await call(client)


async def test_whoever_finds_no_free_connection_waits_for_one(local: Local) -> None:
    local.control("latency", {"service": "forms", "seconds": 0.6})
    client = a_client(f"{local.url}/forms", concurrency=1, connect_timeout_s=0.5)

    ended = await asyncio.gather(create(client), create(client), create(client))

    assert len(set(ended)) == 3


async def test_a_call_is_withheld_until_the_moment_when_it_leaves(local: Local) -> None:
    answers = [False]
    forms = HttpFormService(a_client(f"{local.url}/forms"))
    anna = Personnummer(local.add_person())

    with pytest.raises(Withheld):
        await forms.create_form(an_order(anna), may_leave=lambda: answers.pop(0))

    assert not answers
    assert await forms.create_form(an_order(anna), may_leave=lambda: True)
    assert len(truth_of(anna, local)["forms"]) == 1


async def test_nothing_has_left_when_it_is_asked_whether_the_call_may_leave() -> None:
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        forms = HttpFormService(a_client(f"http://127.0.0.1:{port}"))
        with pytest.raises(Withheld):
            await forms.create_form(an_order(CANARY), may_leave=lambda: False)

        assert await heard == b""


async def test_a_reference_follows_the_call_and_is_shown_by_no_contract(local: Local) -> None:
    forms = HttpFormService(a_client(f"{local.url}/forms"))
    anna = Personnummer(local.add_person())

    await forms.create_form(an_order(anna, reference="delivery/2"))

    (form,) = truth_of(anna, local)["forms"]
    assert form["reference"] == "delivery/2"


@pytest.mark.parametrize("call", WRITING.values())
@pytest.mark.parametrize("status", [204, 301, 400, 404, 422, 500, 502, 503])
async def test_any_other_status_leaves_a_writing_unknown(call: Call, status: int) -> None:
    async with answering(status=status) as client:
        with pytest.raises(UnknownOutcome, match=str(status)):
            await call(client)


@pytest.mark.parametrize("call", [find, templates, ask, look_up])
@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
async def test_any_other_status_makes_a_reading_temporary(call: Call, status: int) -> None:
    async with answering(status=status) as client:
        with pytest.raises(TemporaryFailure, match=str(status)):
            await call(client)


UNREADABLE = [
    "",
    "null",
    "[]",
    "{}",
    '{"resultCode":',
    '{"resultCode": "MAYBE"}',
    '{"resultCode": "OK", "formRequestResponses": [{"formId": null}]}',
    '{"resultCode": "OK", "formRequestResponses": [{"formId": ""}]}',
    "<html>191212121212</html>",
    '"\udcff"',
]


@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_answer_that_cannot_be_read_leaves_a_writing_unknown(body: str) -> None:
    async with answering(body) as client:
        with pytest.raises(UnknownOutcome):
            await create(client)


@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_answer_that_cannot_be_read_makes_a_reading_temporary(body: str) -> None:
    async with answering(body) as client:
        with pytest.raises(TemporaryFailure, match="unreadable"):
            await find(client)


@pytest.mark.parametrize(
    ("field", "value", "unknown"),
    [
        ("formId", "", ["id"]),
        ("formId", None, ["id"]),
        ("templateId", "x", ["template_id"]),
        ("createdDateTime", None, ["created_at", "created_at_latest"]),
        ("createdDateTime", "2026-03-02T12:00:00", ["created_at", "created_at_latest"]),
        ("createdDateTime", "00010101T000000", ["created_at", "created_at_latest"]),
        ("expireDate", 20270302, ["answer_by"]),
        ("expireDate", None, ["answer_by"]),
        ("keepUntil", "20270230", ["purge_after"]),
        ("keepUntil", "", ["purge_after"]),
        ("formStatus", "LOST", ["status"]),
    ],
)
async def test_of_a_misshapen_form_only_what_cannot_be_read_is_unknown(
    field: str, value: object, unknown: list[str]
) -> None:
    form = {
        "formId": "1",
        "templateId": str(OWN_FORM),
        "createdDateTime": "20260302T120000",
        "expireDate": "20270302",
        "keepUntil": "20270402",
        "formStatus": "ONGOING",
    }

    async with answering(json.dumps({"forms": [form, form | {field: value}]})) as client:
        whole, misshapen = await find(client)

    nothing: dict[str, Any] = dict.fromkeys(unknown)
    assert misshapen == replace(whole, **nothing)


async def test_a_register_that_leaves_somebody_out_has_not_answered() -> None:
    async with answering('{"requestedPersonRecords": []}') as client:
        with pytest.raises(TemporaryFailure, match="incomplete"):
            await look_up(client)


@pytest.mark.parametrize(
    ("deregistration", "record"),
    [
        ({"deregistrationReasonCode": "GN"}, PersonRecord(changed_number=True)),
        ({"deregistrationReasonCode": "OB"}, PersonRecord(deregistered=True)),
        ({"deregistrationReasonCode": "??"}, PersonRecord(deregistered=True)),
        ({}, PersonRecord(deregistered=True)),
        ({"foundDeadAtDate": "2026"}, PersonRecord(deceased=True)),
    ],
)
async def test_whoever_was_deregistered_is_known_to_be(
    deregistration: dict[str, str], record: PersonRecord
) -> None:
    answer = {
        "requestedPersonalIdentity": {"extension": "191212121212"},
        "personRecord": {"deregistration": deregistration},
    }

    async with answering(json.dumps({"requestedPersonRecords": [answer]})) as client:
        assert await look_up(client) == {CANARY: record}


@pytest.mark.parametrize(
    "body",
    [
        '{"resultCode": "OK"}',
        '{"resultCode": "OK", "formRequestResponses": []}',
        '{"resultCode": "OK", "formRequestResponses": [{"formId": "1"}, {"formId": "2"}]}',
    ],
)
async def test_a_success_without_just_one_form_is_unknown(body: str) -> None:
    async with answering(body) as client:
        with pytest.raises(UnknownOutcome):
            await create(client)


async def test_a_refused_message_is_permanent_whatever_the_words() -> None:
    async with answering('{"resultCode": "ERROR", "resultText": "for 191212121212"}') as client:
        with pytest.raises(PermanentFailure) as caught:
            await leave_message(client)

    assert caught.value.reason is Refusal.REFUSED_BY_1177
    assert CANARY.digits not in str(caught.value)


IN_AN_HOUR = "in an hour"
"""As a date, which is worked out when it is sent."""


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17),
        ("0", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("9" * 400, None),
        (IN_AN_HOUR, 3600),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
    ],
)
async def test_a_neighbour_says_how_long_to_wait(header: str, seconds: float | None) -> None:
    if header == IN_AN_HOUR:
        header = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    async with answering(status=429, headers=f"Retry-After: {header}\r\n") as client:
        with pytest.raises(TemporaryFailure) as caught:
            await create(client)

    wait_s = caught.value.retry_after_s
    assert wait_s is seconds if seconds is None else wait_s == pytest.approx(seconds, abs=60)


async def test_an_answer_that_dribbles_comes_to_an_end() -> None:
    async def dribble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with served_by(dribble, read_timeout_s=0.2, connect_timeout_s=0.1) as client:
        with pytest.raises(UnknownOutcome, match="TimeoutError"):
            await create(client)


async def test_redirects_are_not_followed() -> None:
    async with answering(status=307, headers="Location: /elsewhere\r\n") as client:
        with pytest.raises(UnknownOutcome, match="307"):
            await create(client)


async def test_the_caller_names_itself(local: Local) -> None:
    asked: list[bytes] = []

    async def keep(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

    async with served_by(keep, asked=asked) as client:
        with pytest.raises(UnknownOutcome):
            await create(client)

    head = asked[0].partition(b"\r\n\r\n")[0].lower()
    assert b"x-rivta-original-serviceconsumer-hsaid: se2321000131-e000000000001" in head
    assert CANARY.digits.encode() not in head


@pytest.mark.parametrize("kind", FAULTS)
async def test_no_failure_says_who_it_was_about(
    local: Local, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    local.break_down(kind, seconds=0.3)

    with pytest.raises((TemporaryFailure, UnknownOutcome)) as caught:
        await create(a_client(f"{local.url}/forms", read_timeout_s=0.1))

    assert CANARY.digits not in shown_by(caught.value)
    assert CANARY.digits not in caplog.text


@pytest.mark.parametrize("body", [*UNREADABLE, '{"resultCode": "191212121212"}'])
async def test_no_unreadable_answer_says_who_it_was_about(body: str) -> None:
    async with answering(body) as client:
        with pytest.raises(UnknownOutcome) as caught:
            await create(client)

    assert CANARY.digits not in shown_by(caught.value)


def test_each_event_loop_has_its_own_connections(local: Local) -> None:
    client = a_client(f"{local.url}/forms")

    first = asyncio.run(create(client))
    second = asyncio.run(create(client))

    assert first != second


def test_connections_close_with_their_event_loop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
        client = a_client(f"http://127.0.0.1:{server.getsockname()[1]}")
        calling = thread.submit(asyncio.run, create(client))
        connection, _ = server.accept()
        with connection:
            while not connection.recv(65_536).endswith(b"}]}"):
                pass
            connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

            assert isinstance(calling.exception(timeout=60), UnknownOutcome)
            assert connection.recv(1) == b""


def shown_by(error: BaseException) -> str:
    """All that a log could show of an error, and of what it was raised in the handling of."""
    return "".join(traceback.format_exception(error)) + repr(error)


@asynccontextmanager
async def answering(
    body: str = "", *, status: int = 200, headers: str = ""
) -> AsyncIterator[HttpClient]:
    """A neighbour that says the same to everything."""
    content = body.encode(errors="surrogateescape")

    async def answer(writer: asyncio.StreamWriter) -> None:
        reason = httpx.codes.get_reason_phrase(status)
        length = f"Content-Length: {len(content)}\r\n" if status != 204 else ""
        writer.write(f"HTTP/1.1 {status} {reason}\r\n{length}{headers}\r\n".encode() + content)

    async with served_by(answer) as client:
        yield client


@asynccontextmanager
async def served_by(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]],
    *,
    asked: list[bytes] | None = None,
    **changes: float,
) -> AsyncIterator[HttpClient]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"}")
            if asked is not None:
                asked.append(request)
            await answer(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield a_client(f"http://127.0.0.1:{port}", **changes)


@pytest.mark.parametrize("steps", range(60))
async def test_a_call_given_up_at_any_moment_leaves_nothing_behind_that_the_next_one_waits_for(
    local: Local, steps: int
) -> None:
    client = a_client(f"{local.url}/forms", concurrency=1)
    given_up = asyncio.create_task(find(client))
    for _ in range(steps):
        await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait([given_up])

    await find(client)
