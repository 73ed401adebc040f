"""One run at a time has an occasion (I11)."""

from uuid import uuid4

import pytest

from tests.people import ANNA
from tests.store.ledger import NO_LEASE_S, NOW, a_dispatch, an_occasion, ended, kept, under_way
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import DispatchStatus
from utskick.domain.errors import NotFound
from utskick.domain.occasions import Aim, Occasion, OccasionId, OccasionState, RunToken
from utskick.store import SqlStore


def other_run() -> RunToken:
    return RunToken(uuid4())


def occasion_of(store: SqlStore, occasion_id: OccasionId) -> Occasion:
    with store.transaction() as records:
        return records.dispatches.of_occasion(occasion_id)[1]


def test_of_two_runs_one_gets_the_occasion(store: SqlStore) -> None:
    ledger = kept(store)

    first, second = ledger.take(), ledger.take(token=other_run())

    assert (first, second) == (True, False)


def test_a_run_that_asks_again_still_has_the_occasion(store: SqlStore) -> None:
    ledger = kept(store)

    assert ledger.take()
    assert ledger.take()


def test_an_expired_lease_lets_another_run_take_over(store: SqlStore) -> None:
    ledger = kept(store)
    ledger.take(lease_s=NO_LEASE_S)
    ledger.plan()
    successor = other_run()

    taken = ledger.take(token=successor)

    assert taken
    assert ledger.claim() == []
    assert len(ledger.claim(token=successor)) == 2


def test_a_run_that_lost_the_occasion_can_neither_renew_nor_close_it(store: SqlStore) -> None:
    ledger = kept(store)
    ledger.take(lease_s=NO_LEASE_S)
    ledger.take(token=other_run())

    with store.transaction() as records:
        renewed = records.occasions.renew({ledger.token: ledger.occasion_id}, lease_s=60)
        begun = records.occasions.begin_sending(ledger.occasion_id, token=ledger.token, late=True)
        may_close = records.occasions.may_close(ledger.occasion_id, token=ledger.token)
        closed = records.occasions.close(
            ledger.occasion_id, OccasionState.DONE, token=ledger.token, now=NOW
        )

    assert (renewed, begun, may_close, closed) == (False,) * 4
    occasion = occasion_of(store, ledger.occasion_id)
    assert (occasion.state, occasion.late) == (OccasionState.RUNNING, False)


def test_a_renewed_lease_keeps_the_occasion(store: SqlStore) -> None:
    ledger = kept(store)
    ledger.take(lease_s=NO_LEASE_S)

    with store.transaction() as records:
        renewed = records.occasions.renew({ledger.token: ledger.occasion_id}, lease_s=60)

    assert renewed
    assert not ledger.take(token=other_run())


def test_only_a_run_whose_lease_has_run_out_is_abandoned(store: SqlStore) -> None:
    alive, dead = kept(store), kept(store)
    alive.take()
    dead.take(lease_s=NO_LEASE_S)

    with store.transaction() as records:
        abandoned = records.occasions.abandoned()

    assert abandoned == [(dead.occasion_id, dead.token)]


def test_an_occasion_in_the_hands_of_a_run_is_not_closed_by_others(store: SqlStore) -> None:
    ledger = kept(store)
    ledger.take()

    with store.transaction() as records:
        closed = records.occasions.close(ledger.occasion_id, OccasionState.MISSED, now=NOW)

    assert not closed


@pytest.mark.parametrize("taken", [False, True])
def test_an_occasion_that_no_living_run_has_can_be_closed(store: SqlStore, taken: bool) -> None:
    ledger = kept(store)
    if taken:
        ledger.take(lease_s=NO_LEASE_S)

    with store.transaction() as records:
        closed = records.occasions.close(ledger.occasion_id, OccasionState.MISSED, now=NOW)

    occasion = occasion_of(store, ledger.occasion_id)
    assert closed
    assert (occasion.state, occasion.closed_at) == (OccasionState.MISSED, NOW)


@pytest.mark.parametrize(
    "state", [OccasionState.DONE, OccasionState.MISSED, OccasionState.BLOCKED]
)
def test_an_ended_occasion_is_not_taken_again(store: SqlStore, state: OccasionState) -> None:
    ledger = kept(store)
    with store.transaction() as records:
        records.occasions.close(ledger.occasion_id, state, now=NOW)

    assert not ledger.take()


@pytest.mark.parametrize(
    "status", [DispatchStatus.STOPPED, DispatchStatus.COMPLETED, DispatchStatus.ABORTED]
)
def test_an_occasion_of_an_ended_dispatch_is_not_taken(
    store: SqlStore, status: DispatchStatus
) -> None:
    ledger = kept(store)
    with store.transaction() as records:
        records.dispatches.set_status(ledger.dispatch.id, status, ended_at=NOW)

    assert not ledger.take()


def test_an_occasion_that_is_not_there_cannot_be_taken(store: SqlStore) -> None:
    nowhere = OccasionId(uuid4())

    with store.transaction() as records:
        assert not records.occasions.claim(nowhere, token=other_run(), lease_s=60)
        assert not records.occasions.may_send(nowhere, token=other_run())
        with pytest.raises(NotFound):
            records.dispatches.of_occasion(nowhere)


def test_a_missed_occasion_is_planned_again_by_hand_as_a_new_version(store: SqlStore) -> None:
    ledger = kept(store)
    with store.transaction() as records:
        records.occasions.close(ledger.occasion_id, OccasionState.MISSED, now=NOW)

    with store.transaction() as records:
        records.occasions.plan_by_hand(ledger.occasion_id, Aim.SEND, now=NOW)

    occasion = occasion_of(store, ledger.occasion_id)
    assert (occasion.state, occasion.version) == (OccasionState.PLANNED, 2)
    assert (occasion.by_hand_at, occasion.closed_at) == (NOW, None)


def test_a_missed_occasion_with_everything_settled_since_has_nothing_left(
    store: SqlStore,
) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()
    ledger.record(ended(claimed, DeliveryState.UNKNOWN))
    with store.transaction() as records:
        records.occasions.close(
            ledger.occasion_id, OccasionState.MISSED, token=ledger.token, now=NOW
        )
        before = records.occasions.with_a_rest_but_nothing_left()

    ledger.settle(ended(claimed, DeliveryState.MANUAL))

    with store.transaction() as records:
        # The message waits for a form whose fate nobody knows.
        assert records.occasions.with_a_rest_but_nothing_left() == []
        records.inbox_messages.give_up(ledger.occasion_id)
        after = records.occasions.with_a_rest_but_nothing_left()
    assert (before, after) == ([], [ledger.occasion_id])


def test_an_occasion_that_was_missed_before_it_was_planned_has_everything_left(
    store: SqlStore,
) -> None:
    ledger = kept(store)
    with store.transaction() as records:
        records.occasions.close(ledger.occasion_id, OccasionState.MISSED, now=NOW)

    with store.transaction() as records:
        assert records.occasions.with_a_rest_but_nothing_left() == []


def test_the_rendered_message_is_kept_with_the_occasion(store: SqlStore) -> None:
    ledger = kept(store, a_dispatch(occasions=(an_occasion(1), an_occasion(2))))

    with store.transaction() as records:
        records.occasions.set_message(ledger.occasion_id, heading="Din vecka", text="Hej å ä ö!")

    with store.transaction() as records:
        assert records.occasions.message(ledger.occasion_id) == ("Din vecka", "Hej å ä ö!")
        assert records.occasions.message(ledger.dispatch.occasions[1].id) == ("", "")
