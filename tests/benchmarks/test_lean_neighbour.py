"""The product's own adapters find in the lean neighbour what they find in the local 1177."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID

import httpx
import pytest

from benchmarks.neighbours import LeanNeighbour, Local1177, lean_neighbour, local_1177, persons
from tests import calling
from tests.calling import a_client
from utskick.adapters.rivta_form_service import RivTaFormService
from utskick.adapters.soap_client import SoapClient
from utskick.domain.deliveries import Refusal
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.ports import FormOrder, InboxMessage, PermanentFailure, TemporaryFailure
from utskick.rivta.contracts import IS_ACTIVE_USER
from utskick.rivta.envelopes import read_answer, request
from utskick.running.children import Children

UNIT = HsaId("SE2321000131-E000000000101")
SOMEBODY, SOMEBODY_ELSE = map(Personnummer, persons(2))


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    logs = tmp_path_factory.mktemp("neighbours") / "logs"
    with Children(logs=logs, environment={}) as children:
        yield children


@pytest.fixture(scope="module")
def running(children: Children) -> Iterator[LeanNeighbour]:
    with lean_neighbour(children) as neighbour:
        yield neighbour


@pytest.fixture
def neighbour(running: LeanNeighbour) -> LeanNeighbour:
    running.forget()
    running.set_latency(0)
    running.set_capacity(None)
    return running


@pytest.fixture(scope="module")
def local(children: Children, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local1177]:
    with local_1177(tmp_path_factory.mktemp("local-1177"), children) as local:
        yield local


@cache
def client(url: str) -> SoapClient:
    """One for all tests: it closes its connections with each test's loop."""
    return a_client(url)


def forms_of(neighbour: LeanNeighbour | Local1177) -> RivTaFormService:
    return calling.forms_of(client(neighbour.url))


async def an_order(neighbour: LeanNeighbour, *, archived: bool = False) -> FormOrder:
    templates = await forms_of(neighbour).form_templates(UNIT)
    template_id = next(each for each, sendable in templates.items() if sendable is not archived)
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return FormOrder(
        unit_id=UNIT,
        personnummer=SOMEBODY,
        template_id=template_id,
        answer_by=tomorrow,
        purge_after=tomorrow + timedelta(days=30),
    )


async def test_a_form_that_was_made_is_read_back_with_its_dates(neighbour: LeanNeighbour) -> None:
    order = await an_order(neighbour)
    forms = forms_of(neighbour)

    made = await forms.create_form(order)

    (found,) = await forms.find_forms(
        unit_id=UNIT, personnummer=SOMEBODY, template_ids=[order.template_id]
    )
    assert found.id == made
    assert (found.answer_by, found.purge_after) == (order.answer_by, order.purge_after)
    assert found.created_at is not None
    assert abs(found.created_at - datetime.now(UTC)) < timedelta(seconds=5)
    assert not await forms.find_forms(
        unit_id=UNIT, personnummer=SOMEBODY_ELSE, template_ids=[order.template_id]
    )


async def test_asked_twice_it_makes_two_forms(neighbour: LeanNeighbour) -> None:
    order = await an_order(neighbour)

    await forms_of(neighbour).create_form(order)
    await forms_of(neighbour).create_form(order)

    first, second = neighbour.made()
    assert (first.person, first.template) == (second.person, second.template)
    assert first.made_at < second.made_at


async def test_its_templates_are_those_of_the_local_1177(
    neighbour: LeanNeighbour, local: Local1177
) -> None:
    for unit in (UNIT, HsaId("SE2321000131-E000000000104"), HsaId("SE2321000131-E000000009999")):
        ours = await forms_of(neighbour).form_templates(unit)
        assert ours == await forms_of(local).form_templates(unit)


async def test_it_refuses_in_the_contracts_words(neighbour: LeanNeighbour) -> None:
    archived = await an_order(neighbour, archived=True)
    order = await an_order(neighbour)
    elsewhere = FormTemplateId(UUID(int=1))

    for refused in (
        archived,
        _with(order, template_id=elsewhere),
        _with(order, answer_by=date(2001, 1, 1)),
    ):
        with pytest.raises(PermanentFailure) as failure:
            await forms_of(neighbour).create_form(refused)
        assert failure.value.reason is Refusal.REFUSED_BY_1177
    assert neighbour.forms() == 0


async def test_everybody_is_well_and_has_an_account(neighbour: LeanNeighbour) -> None:
    found = await calling.persons_of(client(neighbour.url)).look_up([SOMEBODY, SOMEBODY_ELSE])
    user = await calling.inbox_of(client(neighbour.url)).user(SOMEBODY)

    for number in (SOMEBODY, SOMEBODY_ELSE):
        record = found[number]
        assert record is not None
        assert not any((record.protected, record.deceased, record.emigrated))
    assert user.active
    assert user.notified_by == ("SMS", "Email")


async def test_a_message_is_counted_and_names_nobody(neighbour: LeanNeighbour) -> None:
    message = InboxMessage(unit_id=UNIT, unit_name="Mottagningen", heading="Frågor", text="Svara")

    await calling.inbox_of(client(neighbour.url)).add_message(SOMEBODY, message)

    truth = await asyncio.to_thread(httpx.get, f"{neighbour.url}/control/truth")
    assert len(truth.json()["messages"]) == 1
    assert SOMEBODY.digits not in truth.text


async def test_it_takes_its_time_and_says_how_many_called_at_once(
    neighbour: LeanNeighbour,
) -> None:
    neighbour.set_latency(0.2)
    order = await an_order(neighbour)
    forms = forms_of(neighbour)

    began = time.monotonic()
    await asyncio.gather(*(forms.create_form(order) for _ in range(7)))

    assert time.monotonic() - began >= 0.2
    assert neighbour.peak_concurrency() == 7


async def test_beyond_its_capacity_it_asks_to_come_back(neighbour: LeanNeighbour) -> None:
    neighbour.set_latency(0.2)
    order = await an_order(neighbour)
    neighbour.set_capacity(1)
    forms = forms_of(neighbour)

    ended = await asyncio.gather(
        *(forms.create_form(order) for _ in range(2)), return_exceptions=True
    )

    (refused,) = (each for each in ended if isinstance(each, BaseException))
    assert isinstance(refused, TemporaryFailure)
    assert refused.retry_after_s == 1
    assert neighbour.forms() == 1


def test_a_call_in_pieces_is_put_together_and_one_that_makes_no_sense_is_shown(
    neighbour: LeanNeighbour,
) -> None:
    def in_pieces() -> Iterator[bytes]:
        for byte in call:
            yield bytes([byte])

    call = request(IS_ACTIVE_USER, {"subjectOfCareId": SOMEBODY.digits}, logical_address="SE1")
    headers = {"Content-Length": str(len(call))}
    with httpx.Client(base_url=neighbour.url, headers=headers) as kept:
        answer = kept.post(IS_ACTIVE_USER.path, content=in_pieces())
        nonsense = kept.post(IS_ACTIVE_USER.path, content=b"[" * len(call))
        nowhere = kept.post("/vp/nothing", content=b"x" * len(call))

    assert read_answer(IS_ACTIVE_USER, answer.content)["status"] is True
    assert nonsense.status_code == 500
    assert nowhere.status_code == 404


def _with(order: FormOrder, **changes: object) -> FormOrder:
    return FormOrder(**{name: getattr(order, name) for name in order.__slots__} | changes)
