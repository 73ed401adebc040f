"""After a stop or a removal there is no new intent (I8)."""

import pytest
from sqlalchemy import Engine

from tests.clinic import OTHER_UNIT, UNIT
from tests.people import ANNA, BO
from tests.store.ledger import NOW, Ledger, change, ended, kept, sent, under_way
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import DispatchStatus, RecipientState
from utskick.domain.errors import NotFound
from utskick.store import SqlStore


def stop(ledger: Ledger) -> None:
    with ledger.store.transaction() as records:
        records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
        records.dispatches.set_status(ledger.dispatch.id, DispatchStatus.STOPPED, ended_at=NOW)


def remove_anna(ledger: Ledger) -> None:
    with ledger.store.transaction() as records:
        records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
        records.dispatches.remove_recipient(
            ledger.dispatch.id, ledger.recipients[0].id, by="staff", now=NOW
        )


def claim_messages(ledger: Ledger) -> int:
    with ledger.store.transaction() as records:
        claimed = records.inbox_messages.claim(
            ledger.occasion_id, token=ledger.token, limit=9, lease_s=60
        )
    return len(claimed)


def test_nothing_is_claimed_after_a_stop(store: SqlStore) -> None:
    ledger = under_way(store)
    first = ledger.claim(limit=1)

    stop(ledger)

    assert len(first) == 1
    assert ledger.claim() == []


def test_no_message_is_claimed_after_a_stop(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send()

    stop(ledger)

    assert claim_messages(ledger) == 0


def test_what_was_under_way_when_it_was_stopped_gets_its_outcome(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()
    stop(ledger)

    with store.transaction() as records:
        on_their_way = records.progress.on_their_way(ledger.dispatch.id)
    ledger.record(sent(claimed))

    assert on_their_way == 1
    assert ledger.states == {DeliveryState.SENT: 1}


def test_an_occasion_of_a_stopped_dispatch_cannot_be_taken(store: SqlStore) -> None:
    ledger = kept(store)

    stop(ledger)

    assert not ledger.take()


def test_a_removed_recipient_gets_nothing(store: SqlStore) -> None:
    ledger = under_way(store)

    remove_anna(ledger)

    assert [claimed.personnummer for claimed in ledger.claim()] == [BO]
    assert ledger.states[DeliveryState.CANCELLED] == 1


def test_a_form_that_was_under_way_is_not_tried_again_after_the_removal(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA, BO))
    (annas,) = ledger.claim(limit=1)
    remove_anna(ledger)

    ledger.record(ended(annas, DeliveryState.PLANNED, retry_after_s=0))

    assert [claimed.personnummer for claimed in ledger.claim()] == [BO]
    assert ledger.states[DeliveryState.CANCELLED] == 1


def test_a_message_that_was_under_way_is_not_tried_again_after_the_removal(
    store: SqlStore,
) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()
    with store.transaction() as records:
        (message,) = records.inbox_messages.claim(
            ledger.occasion_id, token=ledger.token, limit=9, lease_s=60
        )
    remove_anna(ledger)

    with store.transaction() as records:
        records.inbox_messages.record([ended(message, DeliveryState.PLANNED, retry_after_s=0)])

    assert claim_messages(ledger) == 0


def test_a_removed_recipient_is_not_notified_of_forms_that_arrived(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()

    remove_anna(ledger)

    assert claim_messages(ledger) == 0


def test_a_removal_is_kept_on_the_list(store: SqlStore) -> None:
    ledger = kept(store)

    remove_anna(ledger)

    with store.transaction() as records:
        anna, bo = records.dispatches.recipients(ledger.dispatch.id)
        active = records.dispatches.count_recipients(ledger.dispatch.id, RecipientState.ACTIVE)
    assert (anna.state, anna.removed_at) == (RecipientState.REMOVED, NOW)
    assert bo.state is RecipientState.ACTIVE
    assert active == 1


def test_another_unit_can_lock_nothing(store: SqlStore) -> None:
    ledger = kept(store)

    with pytest.raises(NotFound), store.transaction() as records:
        records.dispatches.lock_for(OTHER_UNIT.id, ledger.dispatch.id)


def test_a_lock_shows_what_is_true_once_it_is_held(store: SqlStore, engine: Engine) -> None:
    ledger = kept(store)

    with store.transaction() as records:
        records.dispatches.get(ledger.dispatch.id)
    change(engine, "UPDATE dispatch SET status = 'stopped'")

    with store.transaction() as records:
        locked = records.dispatches.lock_for(UNIT.id, ledger.dispatch.id)
    assert locked.status is DispatchStatus.STOPPED
