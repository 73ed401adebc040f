"""Dispatches are kept whole, by unit, until they are deleted; what was sent outlives them."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import StatementError

from tests.access_log import is_whole
from tests.clinic import GAD, OTHER_UNIT, PHQ, STAFF, UNIT
from tests.people import ANNA, BO
from tests.store.ledger import (
    NOW,
    PURGE_AFTER,
    a_dispatch,
    an_occasion,
    ended,
    kept,
    sent,
    under_way,
)
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
)
from utskick.domain.errors import KeyReused, NotFound
from utskick.domain.units import Activity
from utskick.records import FollowUpQuery, LogEntry
from utskick.store import SqlStore


def count_of(store: SqlStore, dispatch: Dispatch) -> int:
    with store.transaction() as records:
        return sum(kept.id == dispatch.id for kept in records.dispatches.list_for(UNIT.id))


def test_a_dispatch_comes_back_as_it_was(store: SqlStore) -> None:
    in_a_week = an_occasion(2, sends_at=NOW + timedelta(weeks=1), questions_due=2)
    dispatch = a_dispatch(
        forms=(GAD, PHQ),
        occasions=(an_occasion(1, questions_due=2), in_a_week),
        form_banner="Fråga gärna!",
        answer_by=date(2028, 2, 1),
        purge_after=PURGE_AFTER,
        package_key="infor-besok",
        package_version=3,
    )

    kept(store, dispatch)

    with store.transaction() as records:
        assert records.dispatches.get(dispatch.id) == dispatch
        assert records.dispatches.get_for(UNIT.id, dispatch.id) == dispatch
        assert records.dispatches.of_occasion(dispatch.occasions[1].id) == (
            dispatch,
            dispatch.occasions[1],
        )


def test_recipients_come_back_in_the_order_of_the_list(store: SqlStore) -> None:
    bo = Recipient(id=RecipientId(uuid4()), personnummer=BO, notified_by=("SMS", "Email"))
    anna = Recipient(
        id=RecipientId(uuid4()),
        personnummer=ANNA,
        state=RecipientState.LEFT_OUT,
        left_out_because="protected",
    )
    dispatch = a_dispatch()

    with store.transaction() as records:
        records.dispatches.add(dispatch, [bo, anna], submission_key="k")

    with store.transaction() as records:
        assert records.dispatches.recipients(dispatch.id) == [bo, anna]
        assert records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE) == 1


def test_the_same_submission_is_stored_once(store: SqlStore) -> None:
    first, second = a_dispatch(), a_dispatch()
    kept(store, first, submission_key="double-click")

    with store.transaction() as records:
        added = records.dispatches.add(second, [], submission_key="double-click")
        submitted = records.dispatches.submitted(UNIT.id, "double-click")

    assert not added
    assert submitted == first.id
    assert count_of(store, second) == 0


def test_a_key_is_known_again_only_with_the_content_it_came_with(store: SqlStore) -> None:
    dispatch = a_dispatch()
    with store.transaction() as records:
        records.dispatches.add(dispatch, [], submission_key="k", content_seal="one")

    with store.transaction() as records:
        assert records.dispatches.submitted(UNIT.id, "k", content_seal="one") == dispatch.id
        with pytest.raises(KeyReused):
            records.dispatches.submitted(UNIT.id, "k", content_seal="other")


def test_a_dispatch_from_before_contents_were_sealed_is_known_by_its_key(
    store: SqlStore,
) -> None:
    dispatch = a_dispatch()
    kept(store, dispatch, submission_key="k")

    with store.transaction() as records:
        assert records.dispatches.submitted(UNIT.id, "k", content_seal="any") == dispatch.id


def test_another_unit_may_use_the_same_submission_key(store: SqlStore) -> None:
    kept(store, submission_key="k")

    with store.transaction() as records:
        assert records.dispatches.submitted(OTHER_UNIT.id, "k") is None
        assert records.dispatches.add(a_dispatch(unit_id=OTHER_UNIT.id), [], submission_key="k")


def test_another_unit_sees_nothing(store: SqlStore) -> None:
    ledger = kept(store)

    with store.transaction() as records:
        assert records.dispatches.list_for(OTHER_UNIT.id) == []
        with pytest.raises(NotFound):
            records.dispatches.get_for(OTHER_UNIT.id, ledger.dispatch.id)


def test_the_list_begins_with_the_newest(store: SqlStore) -> None:
    old, new = a_dispatch(created_at=NOW - timedelta(days=3)), a_dispatch(created_at=NOW)
    kept(store, old)
    kept(store, new)

    with store.transaction() as records:
        assert [d.id for d in records.dispatches.list_for(UNIT.id)] == [new.id, old.id]


def test_ongoing_dispatches_are_those_that_have_not_ended(store: SqlStore) -> None:
    ongoing, ended_one = kept(store), kept(store)
    with store.transaction() as records:
        records.dispatches.set_status(
            ended_one.dispatch.id, DispatchStatus.COMPLETED, ended_at=NOW
        )

    with store.transaction() as records:
        found = records.dispatches.ongoing()

    assert [dispatch.id for dispatch in found] == [ongoing.dispatch.id]


def test_dispatches_that_ended_before_a_moment_can_be_found(store: SqlStore) -> None:
    ledger = kept(store)
    with store.transaction() as records:
        records.dispatches.set_status(ledger.dispatch.id, DispatchStatus.STOPPED, ended_at=NOW)

    with store.transaction() as records:
        assert records.dispatches.ended_before(NOW - timedelta(seconds=1)) == []
        (found,) = records.dispatches.ended_before(NOW)
    assert (found.status, found.ended_at) == (DispatchStatus.STOPPED, NOW)


def test_what_was_sent_stays_in_follow_up_when_its_dispatch_is_deleted(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send(limit=1)

    with store.transaction() as records:
        records.dispatches.delete(ledger.dispatch.id)

    with store.transaction() as records:
        (found,) = records.follow_up.search(UNIT.id, FollowUpQuery())
        with pytest.raises(NotFound):
            records.dispatches.get(ledger.dispatch.id)
    assert (found.personnummer, found.package_name) == (ANNA, ledger.dispatch.name)
    assert ledger.states == {DeliveryState.SENT: 1}


def test_what_nobody_can_know_of_stays_in_follow_up_too(store: SqlStore) -> None:
    ledger = under_way(store)
    anna, bo = ledger.claim()
    ledger.record(ended(anna, DeliveryState.MANUAL), ended(bo, DeliveryState.UNKNOWN))

    with store.transaction() as records:
        records.dispatches.delete(ledger.dispatch.id)

    assert ledger.states == {DeliveryState.MANUAL: 1, DeliveryState.UNKNOWN: 1}


def test_a_form_of_a_deleted_dispatch_can_still_be_settled(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()
    ledger.record(ended(claimed, DeliveryState.UNKNOWN))
    with store.transaction() as records:
        records.dispatches.delete(ledger.dispatch.id)

    assert ledger.settle(sent(claimed)) == 1


def test_the_access_log_outlives_the_dispatch(store: SqlStore) -> None:
    ledger = kept(store)
    entry = LogEntry(
        actor=STAFF,
        activity=Activity.WRITE,
        act="lagt till mottagare i utskick",
        personnummer=ANNA,
        dispatch_id=ledger.dispatch.id,
    )
    with store.transaction() as records:
        records.access_log.write([entry], now=NOW)

    with store.transaction() as records:
        records.dispatches.delete(ledger.dispatch.id)

    with store.transaction() as records:
        records.access_log.write([entry], now=NOW)
    assert is_whole(store, UNIT.id)


def test_a_moment_without_a_zone_is_refused(store: SqlStore) -> None:
    naive = datetime(2027, 2, 1, 12)  # noqa: DTZ001  # what is to be refused

    with pytest.raises(StatementError, match="naive datetime"):
        kept(store, a_dispatch(created_at=naive))


def test_a_moment_comes_back_in_utc(store: SqlStore) -> None:
    dispatch = a_dispatch(kind=DispatchKind.FORM)
    kept(store, dispatch)

    with store.transaction() as records:
        occasion = records.dispatches.get(dispatch.id).occasions[0]

    assert occasion.sends_at == NOW
    assert occasion.sends_at.tzinfo is UTC
    assert f"{occasion.local:%H:%M}" == "12:00"


def test_a_dispatch_that_is_not_there_is_not_found(store: SqlStore) -> None:
    with store.transaction() as records, pytest.raises(NotFound):
        records.dispatches.get(DispatchId(uuid4()))
