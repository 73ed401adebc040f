"""What is unknown is read back before anything is sent again (I7)."""

from datetime import UTC, datetime

from tests.people import ANNA
from tests.store.ledger import NO_LEASE_S, Ledger, ended, sent, under_way
from utskick.domain.deliveries import ClaimedDelivery, DeliveryState, FormId, OpenDelivery
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


def test_an_unknown_delivery_is_never_claimed(store: SqlStore) -> None:
    ledger, _ = one_unknown(store)

    assert ledger.claim() == []


def test_an_unknown_delivery_waits_until_no_late_call_can_land(store: SqlStore) -> None:
    one_unknown(store)

    assert unsettled(store, settle_s=60) == []
    assert len(unsettled(store, settle_s=0)) == 1


def test_what_is_to_be_settled_has_the_first_intent(store: SqlStore) -> None:
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
        ended(claimed, DeliveryState.SENT, form_id=FormId("found"), found_again=True)
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

    settled = first.settle(ended(bo, DeliveryState.SENT, form_id=FormId("the-form")))

    assert settled == 0
    assert first.states == {DeliveryState.SENT: 1, DeliveryState.UNKNOWN: 1}


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


def test_after_a_restored_backup_a_form_of_any_time_since_the_start_may_be_ours(
    store: SqlStore,
) -> None:
    ledger = under_way(store)
    with store.transaction() as records:
        records.deliveries.all_to_unknown()

    with store.transaction() as records:
        dispatch, _ = records.dispatches.of_occasion(ledger.occasion_id)

    assert {each.first_intent_at for each in unsettled(store)} == {dispatch.created_at}


def test_only_a_call_without_a_clear_answer_counts_as_one(store: SqlStore) -> None:
    ledger, claimed = one_unknown(store)
    ledger.settle(ended(claimed, DeliveryState.PLANNED))
    (again,) = ledger.claim()
    ledger.record(ended(again, DeliveryState.PLANNED, retry_after_s=0))
    ledger.claim(lease_s=NO_LEASE_S)

    with store.transaction() as records:
        records.deliveries.expire_leases()

    (delivery,) = unsettled(store)
    assert (delivery.attempt, delivery.unclear_calls) == (3, 1)
