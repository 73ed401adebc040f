"""Every neighbour behind a bad network (L5): no report contradicts what has happened."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from tests.adapters.conftest import local, running
from tests.adapters.neighbours import OWN_FORM, UNIT_ID, a_message, an_order
from tests.calling import a_client, forms_of, inbox_of, persons_of
from tests.chaos.proxy import (
    BOTH,
    FaultProxy,
    Latency,
    Limit,
    Reset,
    Silence,
    Slicer,
    SlowClose,
    Toxic,
    Way,
)
from tests.clinic import Clinic, a_clinic, open_store
from tests.local_1177.conftest import Local, served
from tests.postgresql import PostgresqlServer
from utskick.adapters.in_memory import FakeClock, InMemoryFormService
from utskick.adapters.smtp_mailer import SmtpMailer
from utskick.adapters.smtp_relay import SmtpRelay
from utskick.domain.deliveries import FormId
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.occasions import Occasion
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId, Unit
from utskick.local_1177.mailbox import create_app
from utskick.ports import FormOrder, Mail, TemporaryFailure, UnknownOutcome
from utskick.store import SqlStore

__all__ = ["local", "running"]

_CONNECT_S, _READ_S, _SMTP_S = 2, 2, 1.5
"""Much more than anything takes that is not held up, also on a machine that is busy."""
_TOO_SLOW_S = 3
_TIMEOUT_S = 120
"""Far more than all time-outs together: whatever happens, it ends."""
_CONNECT_TO_POSTGRESQL_S = 2
"""The shortest that libpq knows."""

Outcome = type[TemporaryFailure | UnknownOutcome] | None
"""`None` is a result."""
Toxics = Collection[tuple[Toxic, Collection[Way]]]

THERE, BACK = (Way.THERE,), (Way.BACK,)
HARMLESS: Mapping[str, Toxics] = {
    "latency": [(Latency(0.01, jitter=0.02), BOTH)],
    "slow close": [(SlowClose(0.2), BOTH)],
    "slices": [(Slicer(48, 0.0005), BOTH)],
    "latency and slices": [(Latency(0.01, jitter=0.01), BOTH), (Slicer(64, 0.0005), BOTH)],
}
HARMFUL: Mapping[str, Toxics] = {
    "too slow there": [(Latency(_TOO_SLOW_S), THERE)],
    "too slow back": [(Latency(_TOO_SLOW_S), BACK)],
    "reset at once": [(Reset(), THERE)],
    "reset in the request": [(Reset(100), THERE)],
    "reset before the answer": [(Reset(), BACK)],
    "reset in the answer": [(Reset(40), BACK)],
    "silence there": [(Silence(), THERE)],
    "silence back": [(Silence(), BACK)],
    "silence": [(Silence(), BOTH)],
    "ended in the request": [(Limit(100), THERE)],
    "ended before the answer": [(Limit(0), BACK)],
    "ended in the answer": [(Limit(40), BACK)],
    "latency and an ended answer": [(Latency(0.01, jitter=0.02), BOTH), (Limit(60), BACK)],
    "slices and a reset": [(Slicer(16, 0.0005), BOTH), (Reset(120), THERE)],
    "slow end of a cut answer": [(SlowClose(0.2), BACK), (Limit(30), BACK)],
}
EVERY_TOXIC = {**HARMLESS, **HARMFUL}
WAITED_FOR = {"too slow there", "too slow back", "silence there", "silence"}
"""Until a time-out has passed. Whenever tests are run, "silence back" stands for them."""
PLACES = range(0, 1200, 80)
PLACES_OF_A_MAIL = {Way.THERE: range(0, 1800, 120), Way.BACK: range(0, 300, 20)}


@pytest.fixture
def proxy(local: Local) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", httpx.URL(local.url).port or 80)) as standing:
        yield standing


@pytest.fixture
def anna(local: Local) -> Personnummer:
    return Personnummer(local.add_person())


def each(names: Iterable[str]) -> list[Any]:
    """As parameters; those that take their time are left to `make prove`."""
    return [
        pytest.param(name, marks=pytest.mark.proof if name in WAITED_FOR else ()) for name in names
    ]


def poison(proxy: FaultProxy, toxics: Toxics) -> None:
    for toxic, ways in toxics:
        proxy.add(toxic, ways=ways)


def recover(proxy: FaultProxy) -> None:
    """What still was on its way is lost."""
    proxy.heal()
    proxy.cut()


async def outcome_of(call: Callable[[], Awaitable[object]]) -> Outcome:
    """Any other failure than the documented ones comes through."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await call()
    except (TemporaryFailure, UnknownOutcome) as failure:
        return type(failure)
    return None


@contextmanager
def ends() -> Iterator[None]:
    """Whatever happens to it, the block does not hang."""
    begun = time.monotonic()
    try:
        yield
    finally:
        assert time.monotonic() - begun < _TIMEOUT_S


def require_true(outcome: Outcome, *, applied: int) -> None:
    """The rule of the ports: only what is unknown may be either."""
    allowed = {None: (1,), TemporaryFailure: (0,), UnknownOutcome: (0, 1)}[outcome]
    assert applied in allowed, f"{outcome} although applied {applied} times"


class Forms:
    """Making forms, and how many there are."""

    def __init__(self, proxy: FaultProxy, local: Local, number: Personnummer) -> None:
        url = f"http://{proxy.address}"
        self._service = forms_of(
            a_client(url, connect_timeout_s=_CONNECT_S, read_timeout_s=_READ_S)
        )
        self._local, self._number = local, number

    async def write(self) -> object:
        return await self._service.create_form(an_order(self._number))

    async def read(self) -> object:
        return await self._service.find_forms(
            unit_id=UNIT_ID, personnummer=self._number, template_ids=[OWN_FORM]
        )

    def written(self) -> int:
        return len(self._local.forms_of(self._number.digits))


class Messages:
    """Leaving messages in the inbox, and how many there are."""

    def __init__(self, proxy: FaultProxy, local: Local, number: Personnummer) -> None:
        url = f"http://{proxy.address}"
        self._inbox = inbox_of(a_client(url, connect_timeout_s=_CONNECT_S, read_timeout_s=_READ_S))
        self._local, self._number = local, number

    async def write(self) -> object:
        await self._inbox.add_message(self._number, a_message())
        return None

    async def read(self) -> object:
        return await self._inbox.user(self._number)

    def written(self) -> int:
        asked = {"personnummer": self._number.digits}
        return len(self._local.ask("/control/truth/person", asked)["messages"])


Written = Forms | Messages


@pytest.fixture(params=[Forms, Messages])
def neighbour(
    request: pytest.FixtureRequest, proxy: FaultProxy, local: Local, anna: Personnummer
) -> Written:
    made: Written = request.param(proxy, local, anna)
    return made


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_slow_network_does_no_harm(
    neighbour: Written, proxy: FaultProxy, name: str
) -> None:
    poison(proxy, HARMLESS[name])

    assert await outcome_of(neighbour.write) is None

    assert neighbour.written() == 1


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("name", each(HARMFUL))
async def test_a_call_that_a_bad_network_spoils_may_have_been_applied(
    neighbour: Written, proxy: FaultProxy, name: str, warm: bool
) -> None:
    if warm:
        await neighbour.read()
    poison(proxy, HARMFUL[name])

    outcome = await outcome_of(neighbour.write)

    recover(proxy)
    assert outcome is UnknownOutcome
    before = neighbour.written()
    await neighbour.write()
    require_true(outcome, applied=before)
    assert neighbour.written() == before + 1


@pytest.mark.parametrize("cut", [Reset, Limit])
@pytest.mark.parametrize("way", Way)
async def test_wherever_a_call_is_cut_nothing_false_is_reported(
    proxy: FaultProxy, local: Local, way: Way, cut: type[Reset | Limit]
) -> None:
    # A client each, as the place is counted from the connection's beginning.
    each = [Forms(proxy, local, Personnummer(local.add_person())) for _ in PLACES]
    for place, forms in zip(PLACES, each, strict=True):
        proxy.add(cut(place), ways=[way])

        outcome = await outcome_of(forms.write)

        recover(proxy)
        await forms.read()
        require_true(outcome, applied=forms.written())


async def test_a_neighbour_that_is_down_got_nothing_and_is_found_again(
    neighbour: Written, proxy: FaultProxy
) -> None:
    proxy.down()
    assert await outcome_of(neighbour.write) is TemporaryFailure
    proxy.up()
    await neighbour.write()
    proxy.down()

    # The connection of before has been cut, which may be seen before the call or in it.
    outcome = await outcome_of(neighbour.write)

    assert outcome in (TemporaryFailure, UnknownOutcome)
    assert neighbour.written() == 1
    proxy.heal()
    await neighbour.write()
    assert neighbour.written() == 2


@pytest.mark.parametrize("name", each(EVERY_TOXIC))
async def test_a_reading_that_a_bad_network_spoils_may_be_repeated(
    proxy: FaultProxy, local: Local, anna: Personnummer, name: str
) -> None:
    client = a_client(
        f"http://{proxy.address}", connect_timeout_s=_CONNECT_S, read_timeout_s=_READ_S
    )
    readings = [
        Forms(proxy, local, anna).read,
        Messages(proxy, local, anna).read,
        lambda: persons_of(client).look_up([anna]),
    ]
    poison(proxy, EVERY_TOXIC[name])

    outcomes = await asyncio.gather(*map(outcome_of, readings))

    recover(proxy)
    assert set(outcomes) == ({None} if name in HARMLESS else {TemporaryFailure})
    for reading in readings:
        assert await outcome_of(reading) is None


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with served(create_app(tmp_path_factory.mktemp("mailbox"), smtp_port=port)) as url:
        yield url, port


@pytest.fixture
def relay(mailbox: tuple[str, int]) -> Iterator["Relay"]:
    url, port = mailbox
    with FaultProxy(("127.0.0.1", port)) as standing:
        yield Relay(url, standing)


class Relay:
    """Sending mails, and how many of them have arrived."""

    def __init__(self, url: str, proxy: FaultProxy) -> None:
        self.proxy = proxy
        self._url = url
        relay = SmtpRelay(host="127.0.0.1", port=proxy.port, timeout_s=_SMTP_S)
        self._mailer = SmtpMailer(relay, sender="utskick@vgregion.se")

    def send(self, subject: str) -> Outcome:
        mail = Mail(
            to=("formularhantering@vgregion.se",),
            subject=subject,
            body="Paketutskicket kunde inte startas.\n" * 20,
            message_id=f"<{subject}@utskick>",
        )
        try:
            with ends():
                not_taken = self._mailer.send(mail, to=mail.to)
        except (TemporaryFailure, UnknownOutcome) as failure:
            return type(failure)
        # Of a cut answer for the only address too.
        return TemporaryFailure if not_taken.deferred else None

    def arrived(self, subject: str) -> int:
        mails: list[dict[str, Any]] = httpx.get(f"{self._url}/api/mails").json()
        return sum(mail["subject"] == subject for mail in mails)


@pytest.mark.parametrize("name", each(EVERY_TOXIC))
def test_what_becomes_of_a_mail_is_shown_truly(relay: Relay, name: str) -> None:
    subject = str(uuid4())
    poison(relay.proxy, EVERY_TOXIC[name])

    outcome = relay.send(subject)

    recover(relay.proxy)
    assert (outcome is None) is (name in HARMLESS)
    assert relay.send("Efter") is None
    require_true(outcome, applied=relay.arrived(subject))


@pytest.mark.parametrize("cut", [Reset, Limit])
@pytest.mark.parametrize("way", Way)
def test_wherever_a_mail_is_cut_nothing_false_is_reported(
    relay: Relay, way: Way, cut: type[Reset | Limit]
) -> None:
    outcomes = set()
    for place in PLACES_OF_A_MAIL[way]:
        subject = str(uuid4())
        relay.proxy.add(cut(place), ways=[way])

        outcome = relay.send(subject)

        outcomes.add(outcome)
        recover(relay.proxy)
        assert relay.send("Efter") is None
        require_true(outcome, applied=relay.arrived(subject))
    # Or the places are not where they should be.
    assert outcomes == {None, TemporaryFailure, UnknownOutcome}


def test_a_relay_that_is_down_gets_nothing_and_is_found_again(relay: Relay) -> None:
    subject = str(uuid4())
    relay.proxy.down()

    assert relay.send(subject) is TemporaryFailure

    relay.proxy.heal()
    assert relay.arrived(subject) == 0
    assert relay.send(subject) is None
    assert relay.arrived(subject) == 1


class Database:
    """A database behind a proxy, and the same one beside it."""

    def __init__(self, proxy: FaultProxy, url: str) -> None:
        behind = url.replace(f":{httpx.URL(url).port}/", f":{proxy.port}/")
        self.proxy = proxy
        self.beside = open_store(url)
        self.store = open_store(f"{behind}?connect_timeout={_CONNECT_TO_POSTGRESQL_S}")

    def write(self) -> tuple[HsaId, bool]:
        """The unit, and whether its commit was acknowledged."""
        unit_id = HsaId(f"SE2321000131-E{uuid4().int % 10**12:012}")
        try:
            with ends(), self.store.transaction() as records:
                records.units.save([Unit(unit_id, "Mottagningen", "031")])
        except DBAPIError:
            return unit_id, False
        return unit_id, True

    def kept(self, unit_id: HsaId) -> bool:
        with self.beside.transaction() as records:
            return unit_id in {unit.id for unit in records.units.all()}

    def close(self) -> None:
        self.store.close()
        self.beside.close()


@pytest.fixture
def database(postgresql: PostgresqlServer) -> Iterator[Database]:
    with (
        postgresql.fresh_database() as url,
        FaultProxy(("127.0.0.1", postgresql.port)) as standing,
    ):
        made = Database(standing, url)
        yield made
        made.close()


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("name", each(EVERY_TOXIC))
def test_a_commit_that_is_acknowledged_is_kept(database: Database, name: str, warm: bool) -> None:
    if not warm:
        database.store.close()
    poison(database.proxy, EVERY_TOXIC[name])

    # Silence has no end of its own: somebody restarts the network.
    with restarted(database.proxy, after_s=0.5):
        unit_id, acknowledged = database.write()

    recover(database.proxy)
    assert database.kept(unit_id) or not acknowledged
    again, acknowledged = database.write()
    assert acknowledged
    assert database.kept(again)


@pytest.mark.parametrize("way", Way)
def test_wherever_a_transaction_is_cut_nothing_false_is_reported(
    database: Database, way: Way
) -> None:
    for place in range(0, 3000, 150):
        database.store.close()
        database.proxy.add(Reset(place), ways=[way])

        unit_id, acknowledged = database.write()

        recover(database.proxy)
        assert database.kept(unit_id) or not acknowledged


class restarted:  # noqa: N801  # read as a sentence: with restarted(…)
    """Cut all connections in a while, unless the block has ended by then."""

    def __init__(self, proxy: FaultProxy, *, after_s: float) -> None:
        self._timer = threading.Timer(after_s, recover, [proxy])

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()


class PassingClock(FakeClock):
    """Whoever sleeps really does: leases run out by the database's clock."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.advance(seconds)


class InterruptedForms(InMemoryFormService):
    """Does something to the network when a certain number of forms has been made."""

    def __init__(self, *, at: int, strike: Callable[[], None], like: Clinic) -> None:
        super().__init__(clock=like.clock, templates=like.forms.templates)
        self._at, self._strike = at, strike
        self.struck = asyncio.Event()

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        form_id = await super().create_form(order, may_leave=may_leave)
        if len(self.forms) == self._at:
            self._strike()
            self.struck.set()
        return form_id


async def due_occasion(store: SqlStore) -> tuple[Clinic, Occasion]:
    """The package for Anna and Bo: eight forms and two messages, due now."""
    clinic = a_clinic(store, lease_s=0.4, forms_concurrency=2)
    clinic = replace(clinic, clock=PassingClock(clinic.clock.now()))
    started = await clinic.start()
    clinic.clock.advance(3600)
    return clinic, started.dispatch.occasions[0]


async def attempt(clinic: Clinic, occasion: Occasion) -> None:
    """A run that the database forsakes ends in an error; the next one goes on."""
    with suppress(DBAPIError):
        await clinic.run(occasion)


def _of(clinic: Clinic, occasion: Occasion) -> Dispatch:
    with clinic.store.transaction() as records:
        return records.dispatches.of_occasion(occasion.id)[0]


async def end(clinic: Clinic, occasion: Occasion) -> None:
    """Run again, as the reconciler would, and see that everything has been sent once."""
    deadline = time.monotonic() + _TIMEOUT_S
    while (dispatch := _of(clinic, occasion)).status is DispatchStatus.ONGOING:
        assert time.monotonic() < deadline, "the occasion never ended"
        await clinic.run(occasion)
        await asyncio.sleep(0.1)
    assert dispatch.status is DispatchStatus.COMPLETED
    sent = [(form.order.personnummer, form.order.template_id) for form in clinic.forms.forms]
    assert len(sent) == len(set(sent)) == 8
    receivers = [receiver for receiver, _ in clinic.inbox.messages]
    assert len(receivers) == len(set(receivers))


@pytest.mark.parametrize("name", each(EVERY_TOXIC))
async def test_an_occasion_outlives_its_bad_way_to_the_database(
    database: Database, name: str
) -> None:
    clinic, occasion = await due_occasion(database.store)
    poison(database.proxy, EVERY_TOXIC[name])

    running_badly = asyncio.create_task(attempt(clinic, occasion))
    await asyncio.wait([running_badly], timeout=0.4)
    recover(database.proxy)
    await running_badly

    await end(clinic, occasion)


@pytest.mark.parametrize("at", [1, 8])
@pytest.mark.parametrize("how", ["cut", "down", "silence"])
async def test_an_occasion_outlives_the_loss_of_the_database_amid_sending(
    database: Database, how: str, at: int
) -> None:
    proxy = database.proxy
    strikes: Mapping[str, Callable[[], None]] = {
        "cut": proxy.cut,
        "down": proxy.down,
        "silence": lambda: proxy.add(Silence()),
    }
    clinic, occasion = await due_occasion(database.store)
    forms = InterruptedForms(at=at, strike=strikes[how], like=clinic)
    clinic = replace(clinic, forms=forms)

    running_badly = asyncio.create_task(attempt(clinic, occasion))
    await asyncio.wait_for(forms.struck.wait(), _TIMEOUT_S)
    await asyncio.wait([running_badly], timeout=0.4)
    recover(proxy)
    await running_badly

    await end(clinic, occasion)
