"""Each way of failing on the way to a neighbour and back, and what it means (I5)."""

import asyncio
import gzip
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.adapters.answering import (
    CANARY,
    CHANGING,
    READING,
    Call,
    answering,
    create,
    find,
    leave_message,
    served_by,
)
from tests.adapters.neighbours import an_order
from tests.adapters.test_rivta_outcomes import shown_by
from tests.calling import a_client, forms_of
from tests.local_1177.conftest import Local
from utskick.domain.personnummer import Personnummer
from utskick.ports import TemporaryFailure, UnknownOutcome, Withheld
from utskick.rivta.contracts import CREATE_FORM_REQUEST

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


def truth_of(number: Personnummer, local: Local) -> Any:
    return local.ask("/control/truth/person", {"personnummer": number.digits})


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize(("service", "call"), [("forms", create), ("inbox", leave_message)])
async def test_a_fault_while_writing_means_what_can_be_known(
    local: Local, service: str, call: Call, kind: str
) -> None:
    local.control("faults", {"service": service, "kind": kind, "seconds": 0.3})
    client = a_client(local.url, read_timeout_s=0.1 if kind in HANGING else 60)

    with pytest.raises(FAULTS[kind]):
        await call(client)


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_while_reading_is_always_temporary(local: Local, kind: str) -> None:
    local.break_down(kind, seconds=0.3)

    with pytest.raises(TemporaryFailure):
        await find(a_client(local.url, read_timeout_s=0.1))


@pytest.mark.parametrize("call", [*CHANGING, *READING])
async def test_a_connection_that_never_opened_applied_nothing(call: Call) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        client = a_client(f"http://127.0.0.1:{unheard.getsockname()[1]}")

        with pytest.raises(TemporaryFailure, match="ClientConnectorError"):
            await call(client)


async def test_whoever_finds_no_free_connection_waits_for_one(local: Local) -> None:
    local.control("latency", {"service": "forms", "seconds": 0.6})
    client = a_client(local.url, concurrency=1, connect_timeout_s=0.5)

    ended = await asyncio.gather(create(client), create(client), create(client))

    assert len(set(ended)) == 3


async def test_a_call_is_withheld_until_the_moment_when_it_leaves(local: Local) -> None:
    answers = [False]
    forms = forms_of(a_client(local.url))
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
        forms = forms_of(a_client(f"http://127.0.0.1:{port}"))
        with pytest.raises(Withheld):
            await forms.create_form(an_order(CANARY), may_leave=lambda: False)

        assert await heard == b""


async def test_a_reference_follows_the_call_and_is_shown_by_no_contract(local: Local) -> None:
    forms = forms_of(a_client(local.url))
    anna = Personnummer(local.add_person())

    await forms.create_form(an_order(anna, reference="delivery/2"))

    (form,) = truth_of(anna, local)["forms"]
    assert form["reference"] == "delivery/2"


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
        (f"Sun, {'9' * 20} Nov 1994 08:49:37 GMT", None),
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
        await create(a_client(local.url, read_timeout_s=0.1))

    assert CANARY.digits not in shown_by(caught.value)
    assert CANARY.digits not in caplog.text


def test_each_event_loop_has_its_own_connections(local: Local) -> None:
    client = a_client(local.url)

    first = asyncio.run(create(client))
    second = asyncio.run(create(client))

    assert first != second


def test_connections_close_with_their_event_loop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
        client = a_client(f"http://127.0.0.1:{server.getsockname()[1]}")
        calling = thread.submit(asyncio.run, create(client))
        connection, _ = server.accept()
        with connection:
            while not connection.recv(65_536).endswith(b":Envelope>"):
                pass
            connection.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")

            assert isinstance(calling.exception(timeout=60), UnknownOutcome)
            assert connection.recv(1) == b""


@pytest.mark.parametrize("steps", range(60))
async def test_a_call_given_up_at_any_moment_leaves_nothing_behind_that_the_next_one_waits_for(
    local: Local, steps: int
) -> None:
    client = a_client(local.url, concurrency=1)
    given_up = asyncio.create_task(find(client))
    for _ in range(steps):
        await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.wait([given_up])

    await find(client)


async def test_a_call_says_what_it_is_in_its_head(local: Local) -> None:
    asked: list[bytes] = []

    async with served_by(no_luck, asked=asked) as client:
        with pytest.raises(UnknownOutcome):
            await create(client)

    head, _, body = asked[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"POST {CREATE_FORM_REQUEST.path} HTTP/1.1"
    assert f'SOAPAction: "{CREATE_FORM_REQUEST.action}"' in lines
    assert "Content-Type: text/xml; charset=utf-8" in lines
    assert f"Content-Length: {len(body)}" in lines
    assert "x-rivta-original-serviceconsumer-hsaid: SE2321000131-E000000000001" in lines
    assert CANARY.digits not in head.decode()


async def test_whoever_we_are_is_left_out_where_the_platform_refuses_that() -> None:
    asked: list[bytes] = []

    async with served_by(no_luck, asked=asked, consumer_hsa_id=None) as client:
        with pytest.raises(UnknownOutcome):
            await create(client)

    assert b"x-rivta-original-serviceconsumer-hsaid" not in asked[0].lower()


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_an_answer_larger_than_any_is_not_read_to_its_end(coding: str) -> None:
    much = b" " * (17 * 1024 * 1024)
    body = gzip.compress(much) if coding == "gzip" else much
    headers = f"Content-Encoding: {coding}\r\n"

    async with answering(body, headers=headers, read_timeout_s=60) as client:
        with pytest.raises(UnknownOutcome, match="TooLarge"):
            await create(client)
        with pytest.raises(TemporaryFailure, match="TooLarge"):
            await find(client)


async def test_a_reading_is_made_again_once_when_the_connection_was_closed() -> None:
    asked: list[bytes] = []

    async def hang_up(_writer: asyncio.StreamWriter) -> None:
        """Without a word."""

    async with served_by(hang_up, asked=asked) as client:
        with pytest.raises(TemporaryFailure):
            await find(client)
        with pytest.raises(UnknownOutcome):
            await create(client)

    assert [b"GetForms" in each for each in asked] == [True, True, False]


async def no_luck(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
