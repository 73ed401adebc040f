"""Intent, outcome and lease: what keeps each form sent once (I2, I3, I6, I12)."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.people import ANNA
from tests.store.ledger import NO_LEASE_S, Ledger, change, ended, sent, under_way
from utskick.domain.deliveries import DeliveryState, Refusal
from utskick.domain.occasions import RunToken
from utskick.records import DeliveryClaim
from utskick.store import SqlStore


def expire_leases(store: SqlStore) -> int:
    with store.transaction() as records:
        return records.deliveries.expire_leases()


def test_a_claimed_delivery_is_not_claimed_again(store: SqlStore) -> None:
    ledger = under_way(store)

    first, second = ledger.claim(), ledger.claim()

    assert len(first) == 2
    assert second == []
    assert ledger.states == {DeliveryState.SENDING: 2}


def test_an_intent_that_is_rolled_back_leaves_the_delivery_planned(store: SqlStore) -> None:
    ledger = under_way(store)

    with pytest.raises(RuntimeError), store.transaction() as records:
        records.deliveries.claim(
            [DeliveryClaim(occasion_id=ledger.occasion_id, token=ledger.token, limit=9)],
            lease_s=60,
        )
        raise RuntimeError

    assert ledger.states == {DeliveryState.PLANNED: 2}


def test_no_more_are_claimed_than_there_is_room_for(store: SqlStore) -> None:
    ledger = under_way(store)

    assert ledger.claim(limit=0) == []
    assert len(ledger.claim(limit=1)) == 1


def test_only_the_run_that_has_the_occasion_may_claim(store: SqlStore) -> None:
    ledger = under_way(store)

    assert ledger.claim(token=RunToken(uuid4())) == []


def test_an_outcome_is_written_once(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()

    first = ledger.record(sent(claimed))
    second = ledger.record(ended(claimed, DeliveryState.REFUSED, refusal=Refusal.DECEASED))

    assert (first, second) == (1, 0)
    assert ledger.states == {DeliveryState.SENT: 1}


def test_a_stale_attempt_overwrites_nothing(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (stale,) = ledger.claim(lease_s=NO_LEASE_S)
    expire_leases(store)
    ledger.settle(ended(stale, DeliveryState.PLANNED))
    (fresh,) = ledger.claim()

    written = ledger.record(sent(stale, "too-late"))

    assert fresh.attempt == stale.attempt + 1
    assert written == 0
    assert ledger.states == {DeliveryState.SENDING: 1}


def test_outcomes_of_one_batch_are_written_each_as_it_ended(store: SqlStore) -> None:
    ledger = under_way(store)
    anna, bo = ledger.claim()

    written = ledger.record(
        sent(anna), ended(bo, DeliveryState.REFUSED, refusal=Refusal.UNKNOWN_PERSON)
    )

    assert written == 2
    assert ledger.states == {DeliveryState.SENT: 1, DeliveryState.REFUSED: 1}


def test_a_delivery_to_be_tried_again_waits_for_its_moment(
    store: SqlStore, engine: Engine
) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()

    ledger.record(ended(claimed, DeliveryState.PLANNED, retry_after_s=3600))

    assert ledger.claim() == []
    with store.transaction() as records:
        assert 3500 < records.progress.remaining(ledger.occasion_id).retry_in_s <= 3600
    change(engine, "UPDATE delivery SET retry_at = :past", past="2020-01-01 00:00:00")
    (again,) = ledger.claim()
    assert (again.attempt, again.retries) == (2, 1)


def test_an_expired_lease_leaves_the_delivery_unknown(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.claim(limit=1, lease_s=NO_LEASE_S)
    ledger.claim(limit=1)

    expired = expire_leases(store)

    assert expired == 1
    assert ledger.states == {DeliveryState.UNKNOWN: 1, DeliveryState.SENDING: 1}


def test_one_outcome_that_a_unique_index_refuses_does_not_undo_the_others(
    store: SqlStore,
) -> None:
    other = under_way(store, numbers=(ANNA,))
    (taken,) = other.claim()
    other.record(sent(taken, "taken"))
    ledger = under_way(store)
    anna, bo = ledger.claim()

    written = ledger.record(sent(anna, "taken"), sent(bo, "new"))

    assert written == 2
    assert ledger.states == {DeliveryState.MANUAL: 1, DeliveryState.SENT: 1}


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNKNOWN])
def test_a_second_dispatch_of_the_same_form_to_the_same_person_waits(
    store: SqlStore, state: DeliveryState
) -> None:
    first, second = under_way(store, numbers=(ANNA,)), under_way(store, numbers=(ANNA,))
    (claimed,) = first.claim()
    if state is DeliveryState.UNKNOWN:
        first.record(ended(claimed, DeliveryState.UNKNOWN))

    waiting = second.claim()

    assert waiting == []
    assert second.states == {DeliveryState.PLANNED: 1}


def test_the_second_dispatch_goes_on_when_the_first_has_ended(store: SqlStore) -> None:
    first, second = under_way(store, numbers=(ANNA,)), under_way(store, numbers=(ANNA,))
    first.send()

    assert len(second.claim()) == 1


def test_the_database_itself_refuses_two_open_calls_for_one_key(
    store: SqlStore, engine: Engine
) -> None:
    first, second = under_way(store, numbers=(ANNA,)), under_way(store, numbers=(ANNA,))
    first.claim()

    with pytest.raises(IntegrityError):
        change(
            engine,
            "UPDATE delivery SET state = 'sending' WHERE dispatch_id = :dispatch",
            dispatch=_as_stored(engine, second),
        )


def test_nothing_recorded_is_nothing(store: SqlStore) -> None:
    assert under_way(store).record() == 0


def _as_stored(engine: Engine, ledger: Ledger) -> object:
    on_postgresql = engine.dialect.name == "postgresql"
    return ledger.dispatch.id if on_postgresql else ledger.dispatch.id.hex
