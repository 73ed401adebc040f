"""Reminders by hand: at most one of each form a day."""

from datetime import timedelta

import pytest

from tests.clinic import STAFF, UNIT
from tests.people import ANNA
from tests.store.ledger import NOW, under_way
from utskick.domain.deliveries import DeliveryId, DeliveryState
from utskick.records import FollowUpQuery
from utskick.store import SqlStore

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def annas(store: SqlStore) -> DeliveryId:
    under_way(store, numbers=(ANNA,)).send()
    with store.transaction() as records:
        (form,) = records.follow_up.search(UNIT.id, FollowUpQuery())
    return form.delivery_id


def begin(store: SqlStore, annas: DeliveryId, *, day_after: int = 0) -> bool:
    later = timedelta(days=day_after)
    with store.transaction() as records:
        return records.follow_up.begin_reminder(
            annas, day=TODAY + later, by=STAFF.name, now=NOW + later
        )


def states(store: SqlStore, annas: DeliveryId) -> list[DeliveryState]:
    with store.transaction() as records:
        return [reminder.state for reminder in records.follow_up.reminders_of(annas)]


def test_one_is_begun_once_a_day(store: SqlStore, annas: DeliveryId) -> None:
    assert begin(store, annas)
    assert not begin(store, annas)
    assert begin(store, annas, day_after=1)


def test_what_has_only_begun_is_uncertain(store: SqlStore, annas: DeliveryId) -> None:
    begin(store, annas)

    assert states(store, annas) == [DeliveryState.MANUAL]


def test_the_outcome_is_the_days_own(store: SqlStore, annas: DeliveryId) -> None:
    begin(store, annas)
    begin(store, annas, day_after=1)

    with store.transaction() as records:
        records.follow_up.end_reminder(annas, day=TOMORROW, state=DeliveryState.SENT, now=NOW)
        newest = records.follow_up.reminders([annas])[annas]

    assert states(store, annas) == [DeliveryState.MANUAL, DeliveryState.SENT]
    assert (newest.day, newest.state) == (TOMORROW, DeliveryState.SENT)


def test_a_cancelled_one_can_be_begun_again(store: SqlStore, annas: DeliveryId) -> None:
    begin(store, annas)

    with store.transaction() as records:
        records.follow_up.cancel_reminder(annas, day=TODAY)

    assert states(store, annas) == []
    assert begin(store, annas)
