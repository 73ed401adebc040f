"""Two connections at once: who waits for whom.

On PostgreSQL only, as SQLite has but one writer at a time.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import time as clock_time
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from tests.access_log import is_whole
from tests.clinic import STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import NOW, Ledger, a_dispatch, kept, under_way
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import DispatchKind, DispatchStatus
from utskick.domain.occasions import RunToken
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor, HsaId
from utskick.domain.visit_offsets import VisitOffset
from utskick.domain.visits import SendState, VisitId, VisitSend
from utskick.records import DeliveryClaim, LogEntry, LogQuery
from utskick.sending.claim_occasion import ClaimResult, claim_occasion
from utskick.sending.close_occasion import close_occasion
from utskick.store import SqlStore

T = TypeVar("T")
_TIMEOUT_S = 120


@pytest.fixture
def engine(postgresql_engine: Engine) -> Engine:
    return postgresql_engine


class Other:
    """The other connection, in a thread of its own."""

    def __init__(self, engine: Engine, pool: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._pool = pool

    def waits(self, call: Callable[[], T]) -> "Future[T]":
        """Begin the call, and come back when it waits for a lock."""
        before = self._waiting()
        future = self._pool.submit(call)
        deadline = time.monotonic() + _TIMEOUT_S
        while self._waiting() == before:
            assert not future.done(), f"it did not wait: {future.result()}"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return future

    def _waiting(self) -> int:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with self._engine.connect() as connection:
            return connection.scalar(waiting) or 0


@pytest.fixture
def other(engine: Engine) -> Iterator[Other]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield Other(engine, pool)


def test_a_claim_waits_for_a_stop_and_then_gets_nothing(store: SqlStore, other: Other) -> None:
    ledger = under_way(store)

    with store.transaction() as records:
        records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
        records.dispatches.set_status(ledger.dispatch.id, DispatchStatus.STOPPED, ended_at=NOW)
        claim = other.waits(ledger.claim)

    assert claim.result(_TIMEOUT_S) == []


def test_a_stop_waits_for_a_claim_and_counts_what_it_began(store: SqlStore, other: Other) -> None:
    ledger = under_way(store)

    def stop() -> int:
        with store.transaction() as records:
            records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
            return records.progress.on_their_way(ledger.dispatch.id)

    with store.transaction() as records:
        records.deliveries.claim(
            [DeliveryClaim(occasion_id=ledger.occasion_id, token=ledger.token, limit=9)],
            lease_s=60,
        )
        stopping = other.waits(stop)

    assert stopping.result(_TIMEOUT_S) == 2


def test_a_claim_waits_for_a_removal_and_leaves_the_removed_out(
    store: SqlStore, other: Other
) -> None:
    ledger = under_way(store)

    with store.transaction() as records:
        records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
        records.dispatches.remove_recipient(
            ledger.dispatch.id, ledger.recipients[0].id, by="staff", now=NOW
        )
        claim = other.waits(ledger.claim)

    assert [claimed.personnummer for claimed in claim.result(_TIMEOUT_S)] == [BO]


def test_of_two_runs_that_take_an_occasion_at_once_one_gets_it(
    store: SqlStore, other: Other
) -> None:
    ledger = kept(store)
    second_run = RunToken(uuid4())

    with store.transaction() as records:
        first = records.occasions.claim(ledger.occasion_id, token=ledger.token, lease_s=60)
        second = other.waits(lambda: ledger.take(token=second_run))

    assert (first, second.result(_TIMEOUT_S)) == (True, False)


def test_two_dispatches_that_claim_one_key_at_once_open_it_once(
    store: SqlStore, other: Other
) -> None:
    """Each sees the key free: the unique index decides, and the rest of the batch goes on."""
    first, second = under_way(store, numbers=(ANNA,)), under_way(store, numbers=(ANNA, BO))

    with store.transaction() as records:
        records.deliveries.claim(
            [DeliveryClaim(occasion_id=first.occasion_id, token=first.token, limit=9)], lease_s=60
        )
        claim = other.waits(second.claim)

    assert [claimed.personnummer for claimed in claim.result(_TIMEOUT_S)] == [BO]
    assert second.states == {DeliveryState.SENDING: 1, DeliveryState.PLANNED: 1}


def test_a_person_met_by_two_at_once_is_kept_once(store: SqlStore, other: Other) -> None:
    with store.transaction() as records:
        first = a_dispatch()
        records.dispatches.add(first, kept(store).recipients[:0], submission_key="none")
        records.access_log.write([_about_cilla()], now=NOW)
        second = other.waits(lambda: kept(store, numbers=(CILLA,)))

    with store.transaction() as records:
        (cilla,) = records.dispatches.recipients(second.result(_TIMEOUT_S).dispatch.id)
    assert cilla.personnummer == CILLA


def test_two_who_write_in_a_units_log_at_once_do_not_fork_its_chain(
    store: SqlStore, other: Other
) -> None:
    def write() -> None:
        with store.transaction() as records:
            records.access_log.write([_about_cilla()], now=NOW)

    write()
    with store.transaction() as records:
        records.access_log.write([_about_cilla()], now=NOW)
        second = other.waits(write)
    second.result(_TIMEOUT_S)

    assert is_whole(store, UNIT.id)


def test_two_who_reserve_at_once_stand_in_line(store: SqlStore, other: Other) -> None:
    def reserve() -> float:
        with store.transaction() as records:
            return records.budgets.reserve("forms", calls=10, per_s=0.01)

    reserve()
    with store.transaction() as records:
        first = records.budgets.reserve("forms", calls=10, per_s=0.01)
        second = other.waits(reserve)

    assert 900 < first <= 1000
    assert 1900 < second.result(_TIMEOUT_S) <= 2000


def test_closing_an_occasion_and_taking_it_do_not_lock_each_other_out(
    store: SqlStore, other: Other
) -> None:
    """Both hold the dispatch before the occasion: in the other order each would wait for ever."""
    ledger = kept(store)
    ledger.take()

    with store.transaction() as records:
        records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
        closing = other.waits(
            lambda: close_occasion(ledger.occasion_id, token=ledger.token, store=store, now=NOW)
        )
        records.occasions.claim(ledger.occasion_id, token=ledger.token, lease_s=60)

    assert closing.result(_TIMEOUT_S).occasion.closed_at == NOW


def test_claiming_forms_and_taking_the_occasion_do_not_lock_each_other_out(
    store: SqlStore, other: Other
) -> None:
    ledger = under_way(store)

    with store.transaction() as records:
        records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
        claiming = other.waits(ledger.claim)
        records.occasions.claim(ledger.occasion_id, token=ledger.token, lease_s=60)

    assert len(claiming.result(_TIMEOUT_S)) == 2


@pytest.mark.parametrize("many", ["beat", "claim forms"])
def test_whoever_takes_many_occasions_takes_them_in_one_order(
    store: SqlStore, other: Other, many: str
) -> None:
    dispatches = sorted((a_dispatch() for _ in range(2)), key=lambda d: d.occasions[0].id)
    last, first = (under_way(store, dispatch) for dispatch in reversed(dispatches))

    def take_both() -> None:
        with store.transaction() as records:
            if many == "beat":
                held = {each.token: each.occasion_id for each in (first, last)}
                records.occasions.renew(held, lease_s=60)
            else:
                claims = [
                    DeliveryClaim(occasion_id=each.occasion_id, token=each.token, limit=9)
                    for each in (first, last)
                ]
                records.deliveries.claim(claims, lease_s=60)

    with store.transaction() as records:
        records.occasions.begin_sending(first.occasion_id, token=first.token, late=True)
        taking = other.waits(take_both)
        records.occasions.begin_sending(last.occasion_id, token=last.token, late=True)

    taking.result(_TIMEOUT_S)


def test_two_runs_that_come_too_late_at_once_miss_the_occasion_once(
    store: SqlStore, other: Other
) -> None:
    ledger = kept(store)

    def come_too_late() -> ClaimResult:
        return claim_occasion(
            ledger.occasion_id,
            token=RunToken(uuid4()),
            version=1,
            store=store,
            rules=Rules(),
            now=NOW + timedelta(days=1),
        ).result

    with store.transaction() as records:
        records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
        first, second = other.waits(come_too_late), other.waits(come_too_late)

    results = {first.result(_TIMEOUT_S), second.result(_TIMEOUT_S)}
    assert results == {ClaimResult.TOO_LATE, ClaimResult.ALREADY_SENT}


def test_the_administrations_chain_never_forks_although_it_has_no_unit_row(
    store: SqlStore, other: Other
) -> None:
    administration = HsaId("SE2321000131-E000000000001")
    entry = LogEntry(
        actor=Actor("somebody", administration), activity=Activity.WRITE, act="ändrat enhet"
    )

    def write() -> None:
        with store.transaction() as records:
            records.access_log.write([entry], now=NOW)

    with store.transaction() as records:
        records.access_log.write([entry], now=NOW)
        second = other.waits(write)
    second.result(_TIMEOUT_S)

    with store.transaction() as records:
        numbers = [e.number for e in records.access_log.read(administration, LogQuery())]
    assert numbers == [2, 1]
    assert is_whole(store, administration)


def _about_cilla() -> LogEntry:
    return LogEntry(actor=STAFF, activity=Activity.READ, act="visat", personnummer=CILLA)


def send_of(ledger: Ledger) -> VisitSend:
    """What a visit has planned there for its first recipient."""
    return VisitSend(
        offset=VisitOffset(3, clock_time(9)),
        state=SendState.PLANNED,
        dispatch_id=ledger.dispatch.id,
        occasion_id=ledger.occasion_id,
        recipient_id=ledger.recipients[0].id,
    )


def test_a_claim_waits_for_a_visit_that_is_taken_back_and_then_gets_nothing(
    store: SqlStore, other: Other
) -> None:
    dispatch = a_dispatch(kind=DispatchKind.VISIT)
    ledger = under_way(store, dispatch, numbers=[ANNA])
    send = send_of(ledger)

    with store.transaction() as records:
        records.visit_places.lock([dispatch.id])
        taken_back = records.visit_places.withdraw(VisitId(uuid4()), send, by=STAFF.name, now=NOW)
        claim = other.waits(ledger.claim)

    assert taken_back
    assert claim.result(_TIMEOUT_S) == []


def test_taking_a_visit_back_waits_for_a_claim_and_then_leaves_it(
    store: SqlStore, other: Other
) -> None:
    dispatch = a_dispatch(kind=DispatchKind.VISIT)
    ledger = under_way(store, dispatch, numbers=[ANNA])
    send = send_of(ledger)

    def take_back() -> bool:
        with store.transaction() as records:
            records.visit_places.lock([dispatch.id])
            return records.visit_places.withdraw(VisitId(uuid4()), send, by=STAFF.name, now=NOW)

    ours = DeliveryClaim(occasion_id=ledger.occasion_id, token=ledger.token, limit=1)
    with store.transaction() as records:
        assert len(records.deliveries.claim([ours], lease_s=60)) == 1
        taken_back = other.waits(take_back)

    assert taken_back.result(_TIMEOUT_S) is False
