"""Intent, outcome, lease and settling: what keeps each form sent once (I2, I3, I6, I7, I12)."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from tests.people import ANNA
from tests.store.ledger import (
    NO_LEASE_S,
    Ledger,
    change,
    ended,
    sent,
    under_way,
)
from utskick.domain.deliveries import (
    ClaimedDelivery,
    DeliveryState,
    FormId,
    OpenDelivery,
    Refusal,
)
from utskick.domain.occasions import RunToken
from utskick.store import SqlStore


def one_unknown(store: SqlStore) -> tuple[Ledger, ClaimedDelivery]:
    """Anna's form, of which nobody knows whether it was made."""
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()
    ledger.record(ended(claimed, DeliveryState.UNKNOWN))
    return ledger, claimed


def unsettled(store: SqlStore, *, settle_s: float = 0) -> list[OpenDelivery]:
    with store.transaction() as records:
        return records.deliveries.to_settle(settle_s=settle_s, limit=10)


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
        records.deliveries.claim(ledger.occasion_id, token=ledger.token, limit=9, lease_s=60)
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


def test_an_unknown_delivery_is_never_claimed(store: SqlStore) -> None:
    ledger, _ = one_unknown(store)

    assert ledger.claim() == []


def test_an_unknown_delivery_waits_until_no_late_call_can_land(store: SqlStore) -> None:
    one_unknown(store)

    assert unsettled(store, settle_s=60) == []
    assert len(unsettled(store, settle_s=0)) == 1


def test_what_is_to_be_settled_tells_the_first_intent(store: SqlStore) -> None:
    before = datetime.now(UTC)
    _, claimed = one_unknown(store)

    (delivery,) = unsettled(store)

    assert (delivery.id, delivery.attempt) == (claimed.id, claimed.attempt)
    assert delivery.personnummer == ANNA
    assert abs((delivery.first_intent_at - before).total_seconds()) < 5
    assert delivery.unknown_for_s >= 0


def test_the_first_intent_stays_the_first(store: SqlStore) -> None:
    ledger, claimed = one_unknown(store)
    (first,) = unsettled(store)
    ledger.settle(ended(claimed, DeliveryState.PLANNED))
    (again,) = ledger.claim()

    ledger.record(ended(again, DeliveryState.UNKNOWN))

    (delivery,) = unsettled(store)
    assert delivery.attempt == 2
    assert delivery.first_intent_at == first.first_intent_at


def test_a_form_found_again_is_adopted(store: SqlStore) -> None:
    ledger, claimed = one_unknown(store)

    settled = ledger.settle(
        ended(claimed, DeliveryState.SENT, external_id=FormId("found"), found_again=True)
    )

    assert settled == 1
    assert ledger.states == {DeliveryState.SENT: 1}
    with store.transaction() as records:
        assert records.deliveries.owned([FormId("found"), FormId("other")]) == {FormId("found")}


def test_settling_touches_only_what_is_unknown(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()

    settled = ledger.settle(ended(claimed, DeliveryState.PLANNED))

    assert settled == 0
    assert ledger.states == {DeliveryState.SENDING: 1}


def test_a_form_belongs_to_one_delivery(store: SqlStore) -> None:
    first = under_way(store)
    anna, bo = first.claim()
    first.record(sent(anna, "the-form"), ended(bo, DeliveryState.UNKNOWN))

    settled = first.settle(ended(bo, DeliveryState.SENT, external_id=FormId("the-form")))

    assert settled == 0
    assert first.states == {DeliveryState.SENT: 1, DeliveryState.UNKNOWN: 1}


def test_one_outcome_that_a_unique_index_refuses_does_not_undo_the_others(
    store: SqlStore,
) -> None:
    other = under_way(store, numbers=(ANNA,))
    (taken,) = other.claim()
    other.record(sent(taken, "taken"))
    ledger = under_way(store)
    anna, bo = ledger.claim()

    written = ledger.record(sent(anna, "taken"), sent(bo, "new"))

    assert written == 1
    assert ledger.states == {DeliveryState.SENDING: 1, DeliveryState.SENT: 1}


def test_an_unanswered_question_is_asked_again_later(store: SqlStore) -> None:
    _, claimed = one_unknown(store)

    with store.transaction() as records:
        records.deliveries.postpone_settling([claimed.id], seconds=3600)

    assert unsettled(store) == []


def test_settling_can_be_kept_to_one_occasion(store: SqlStore) -> None:
    ledger, _ = one_unknown(store)
    other = under_way(store)

    with store.transaction() as records:
        here = records.deliveries.to_settle(settle_s=0, limit=10, occasion_id=ledger.occasion_id)
        there = records.deliveries.to_settle(settle_s=0, limit=10, occasion_id=other.occasion_id)

    assert (len(here), len(there)) == (1, 0)


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


def test_after_a_restored_backup_nothing_is_trusted_to_be_unsent(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.claim(limit=1)

    with store.transaction() as records:
        marked = records.deliveries.all_to_unknown()

    assert marked == 2
    assert ledger.states == {DeliveryState.UNKNOWN: 2}


def test_of_two_plans_for_one_key_staff_must_look_at_the_second_after_a_restored_backup(
    store: SqlStore,
) -> None:
    first, second = under_way(store, numbers=(ANNA,)), under_way(store, numbers=(ANNA,))

    with store.transaction() as records:
        marked = records.deliveries.all_to_unknown()

    assert marked == 1
    assert first.states | second.states == {DeliveryState.UNKNOWN: 1, DeliveryState.MANUAL: 1}


def test_what_has_ended_stays_ended_after_a_restored_backup(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send()

    with store.transaction() as records:
        marked = records.deliveries.all_to_unknown()

    assert marked == 0
    assert ledger.states == {DeliveryState.SENT: 2}


def test_nothing_recorded_is_nothing(store: SqlStore) -> None:
    assert under_way(store).record() == 0


def _as_stored(engine: Engine, ledger: Ledger) -> object:
    on_postgresql = engine.dialect.name == "postgresql"
    return ledger.dispatch.id if on_postgresql else ledger.dispatch.id.hex
