"""The door for notices of answered forms: who may come in, and what comes of it."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from config.settings import LimitSettings, NoticeSettings, Settings, WebSettings
from tests.clinic import GAD, OTHER_UNIT, PHQ, UNIT, Clinic
from tests.people import ANNA
from tests.store.ledger import a_dispatch, under_way
from tests.web.conftest import CALLED, services_of
from utskick.domain.deliveries import FormStatus
from utskick.records import FollowedUp, FollowUpQuery
from utskick.rivta import envelopes
from utskick.rivta.contracts import GET_FORMS, PROCESS_NOTIFICATION
from utskick.web.__main__ import serving

PATH = PROCESS_NOTIFICATION.path
PROXY, PLATFORM = "10.0.0.1", "SE5565594230-PLATFORM"
SUBJECT = f"serialNumber={PLATFORM},CN=esb.ntjp.se,O=Inera AB,C=SE"
SETTINGS: dict[str, Any] = {
    "web": WebSettings(trusted_proxies=("10.0.0.0/29",), other_hosts=CALLED.other_hosts),
    "notices": NoticeSettings(callers=(PLATFORM,)),
}


def a_notice(form_id: str, unit_id: str = UNIT.id, **changes: object) -> dict[str, Any]:
    engagement = {
        "registeredResidentIdentification": ANNA.digits,
        "serviceDomain": "infrastructure:eservicesupply:forminteraction",
        "categorization": "FormComplete",
        "logicalAddress": "SE5565594230-F",
        "businessObjectInstanceIdentifier": form_id,
        "clinicalProcessInterestId": "NA",
        "sourceSystem": "SE5565594230-F",
        "dataController": unit_id,
    }
    return {"deleteFlag": False, "engagement": engagement | changes}


def saying(*notices: dict[str, Any]) -> bytes:
    fields = {"engagementTransaction": [*notices]}
    return envelopes.request(PROCESS_NOTIFICATION, fields, logical_address=UNIT.id)


@pytest.fixture
def app(shared_app: FastAPI, clinic: Clinic) -> FastAPI:
    """The application, with a platform that may call."""
    shared_app.state.services = services_of(clinic, settings=Settings(_env_file=None, **SETTINGS))
    return shared_app


def calling(app: FastAPI, *, peer: str = PROXY, **headers: str) -> AsyncClient:
    transport = ASGITransport(app, client=(peer, 1))
    return AsyncClient(transport=transport, base_url="http://utskick", headers=headers)


@pytest.fixture
async def platform(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with calling(app, **{"X-Client-Subject": SUBJECT}) as client:
        yield client


@pytest.fixture
def sent(clinic: Clinic) -> FollowedUp:
    """A form that was sent, and that nobody has asked about; another beside it."""
    under_way(clinic.store, a_dispatch(forms=(PHQ, GAD)), numbers=(ANNA,)).send()
    return known(clinic)[0]


def known(clinic: Clinic) -> list[FollowedUp]:
    with clinic.store.transaction() as records:
        found = records.follow_up.search(UNIT.id, FollowUpQuery())
    return sorted(found, key=lambda each: str(each.delivery_id))


def answered(clinic: Clinic) -> list[str | None]:
    return [f.form_id for f in known(clinic) if f.form_status is FormStatus.COMPLETED]


async def test_an_answered_form_is_noted_with_the_time_when_it_was_last_said(
    platform: AsyncClient, clinic: Clinic, sent: FollowedUp
) -> None:
    body = saying(a_notice(str(sent.form_id)))

    first = await platform.post(PATH, content=body)
    clinic.clock.advance(60)
    again = await platform.post(PATH, content=body)

    for answer in (first, again):
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        read = envelopes.read_answer(PROCESS_NOTIFICATION, answer.content)
        assert (answer.status_code, read) == (200, {"ResultCode": "OK"})
    assert answered(clinic) == [sent.form_id]
    [noted] = [each for each in known(clinic) if each.form_id == sent.form_id]
    assert noted.form_status_at == clinic.clock.now()


@pytest.mark.parametrize("word", ["FormComplete", "FormCompleted"])
async def test_both_words_for_it_are_known(
    platform: AsyncClient, clinic: Clinic, sent: FollowedUp, word: str
) -> None:
    await platform.post(PATH, content=saying(a_notice(str(sent.form_id), categorization=word)))

    assert answered(clinic) == [sent.form_id]


async def test_what_is_not_ours_is_passed_over_and_the_rest_noted(
    platform: AsyncClient, clinic: Clinic, sent: FollowedUp
) -> None:
    form_id = str(sent.form_id)
    others = [
        a_notice("another"),
        a_notice(form_id, OTHER_UNIT.id),
        a_notice(form_id, categorization="FormCreated"),
        a_notice(form_id, serviceDomain="clinicalprocess:activity:actions"),
        a_notice(form_id) | {"deleteFlag": True},
    ]

    passed_over = await platform.post(PATH, content=saying(*others))

    assert (passed_over.status_code, answered(clinic)) == (200, [])

    await platform.post(PATH, content=saying(*others, a_notice(form_id, UNIT.id.lower())))

    assert answered(clinic) == [form_id]


async def test_nobody_is_named_in_a_log_or_an_answer(
    platform: AsyncClient, sent: FollowedUp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    spoilt = saying(a_notice(str(sent.form_id))).replace(b"deleteFlag>", b"delete>")

    answers = [
        await platform.post(PATH, content=content)
        for content in (saying(a_notice(str(sent.form_id))), spoilt, ANNA.digits.encode())
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 400]
    assert ANNA.digits not in caplog.text + "".join(answer.text for answer in answers)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        envelopes.request(GET_FORMS, {}, logical_address="x"),
        saying(a_notice("x"))[:-20],
    ],
    ids=["nothing", "no XML", "DOCTYPE", "another contract", "cut"],
)
async def test_what_cannot_be_read_is_a_fault_of_the_callers(
    platform: AsyncClient, content: bytes
) -> None:
    answer = await platform.post(PATH, content=content)

    assert answer.status_code == 400
    with pytest.raises(envelopes.SoapFault) as fault:
        envelopes.read_answer(PROCESS_NOTIFICATION, answer.content)
    assert fault.value.code == "Client"


@pytest.mark.parametrize(
    ("peer", "subject"),
    [
        (PROXY, None),
        (PROXY, ""),
        (PROXY, "CN=esb.ntjp.se"),
        (PROXY, "serialNumber=SE2321000131-E000000000001"),
        (PROXY, f"CN=x\\,serialNumber={PLATFORM}"),
        (PROXY, f"serialNumber=SE2321000131-X,serialNumber={PLATFORM}"),
        ("10.0.0.9", SUBJECT),
        ("198.51.100.7", SUBJECT),
    ],
)
async def test_whoever_may_not_call_is_refused_before_the_body_is_read(
    app: FastAPI, peer: str, subject: str | None
) -> None:
    headers = {} if subject is None else {"X-Client-Subject": subject}

    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    async with calling(app, peer=peer, **headers) as stranger:
        answer = await stranger.post(PATH, content=unread())

    assert answer.status_code == 403


async def test_two_headers_are_believed_no_more_than_none(app: FastAPI) -> None:
    async with calling(app) as client:
        twice = [("X-Client-Subject", SUBJECT), ("X-Client-Subject", SUBJECT)]
        assert (await client.post(PATH, content=b"", headers=twice)).status_code == 403


async def test_the_proxys_own_address_counts_and_not_whom_it_speaks_for(
    app: FastAPI, clinic: Clinic
) -> None:
    web = WebSettings(trusted_proxies=("127.0.0.1",))
    settings = Settings(_env_file=None, **SETTINGS | {"web": web})
    app.state.services = services_of(clinic, settings=settings)
    config = uvicorn.Config(app, **serving(app.state.services) | {"port": 0, "lifespan": "off"})
    config.load()
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve([listening]))
        host, port = listening.getsockname()
        spoken_for = {"X-Client-Subject": SUBJECT, "X-Forwarded-For": "198.51.100.7"}
        async with AsyncClient(base_url=f"http://{host}:{port}", headers=spoken_for) as client:
            answer = await client.post(PATH, content=saying(a_notice("x")))
        server.should_exit = True
        await running

    assert answer.status_code == 200


async def test_the_door_is_shut_unless_somebody_may_call(
    app: FastAPI, clinic: Clinic, platform: AsyncClient
) -> None:
    app.state.services = services_of(
        clinic, settings=Settings(_env_file=None, web=SETTINGS["web"])
    )

    assert (await platform.post(PATH, content=saying(a_notice("x")))).status_code == 404


async def test_a_flood_is_refused_and_let_in_again(
    app: FastAPI, clinic: Clinic, platform: AsyncClient
) -> None:
    few = Settings(_env_file=None, limits=LimitSettings(notices="2/min"), **SETTINGS)
    app.state.services = services_of(clinic, settings=few)
    body = saying(a_notice("x"))

    flood = [await platform.post(PATH, content=body) for _ in range(3)]
    clinic.clock.advance(timedelta(minutes=1).total_seconds())

    assert [answer.status_code for answer in flood] == [200, 200, 429]
    assert int(flood[-1].headers["Retry-After"]) > 0
    with pytest.raises(envelopes.SoapFault) as fault:
        envelopes.read_answer(PROCESS_NOTIFICATION, flood[-1].content)
    assert fault.value.code == "Server"
    assert (await platform.post(PATH, content=body)).status_code == 200


async def test_a_body_that_is_too_large_is_refused(platform: AsyncClient) -> None:
    answer = await platform.post(PATH, content=b" " * 1_000_001)

    assert answer.status_code == 413
