"""While a brake is pulled nothing of what it is on is claimed, on both databases."""

from uuid import uuid4

import pytest

from tests.clinic import GAD, OTHER_UNIT, PHQ, UNIT
from tests.store.ledger import NOW, Ledger, under_way
from utskick.domain.brakes import Brake, BrakeId, BrakeScope
from utskick.store import SqlStore

SCOPES = (
    BrakeScope(),
    BrakeScope(unit_id=UNIT.id),
    BrakeScope(unit_id=OTHER_UNIT.id),
    BrakeScope(template_id=PHQ.id),
    BrakeScope(template_id=GAD.id),
)


def pull(store: SqlStore, scope: BrakeScope) -> BrakeId:
    brake = Brake(id=BrakeId(uuid4()), scope=scope, cause="Fel", pulled_by="x", pulled_at=NOW)
    with store.transaction() as records:
        records.brakes.pull(brake)
    return brake.id


def claimed_messages(ledger: Ledger) -> int:
    with ledger.store.transaction() as records:
        return len(
            records.inbox_messages.claim(
                ledger.occasion_id, token=ledger.token, limit=9, lease_s=60
            )
        )


def asked(ledger: Ledger) -> set[bool]:
    """Each way to ask whether something of it may leave."""
    occasion_id, token = ledger.occasion_id, ledger.token
    with ledger.store.transaction() as records:
        return {
            records.occasions.may_send(occasion_id, token=token),
            records.occasions.may_notify(occasion_id, token=token),
            token in records.occasions.sendable({token: occasion_id}),
            records.brakes.over(ledger.dispatch) is None,
        }


@pytest.mark.parametrize("scope", SCOPES)
def test_the_database_holds_what_the_scope_hits(store: SqlStore, scope: BrakeScope) -> None:
    ledger = under_way(store)
    hits = scope.hits(ledger.dispatch.unit_id, [f.template_id for f in ledger.dispatch.forms])

    pull(store, scope)

    assert asked(ledger) == {not hits}
    assert bool(ledger.claim()) is not hits
    with store.transaction() as records:
        assert records.brakes.count_hit(scope) == hits
        assert len(records.brakes.hit(scope, limit=9)) == hits


def test_no_message_is_claimed_under_a_brake(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send()

    pull(store, BrakeScope())

    assert claimed_messages(ledger) == 0


def test_what_is_released_goes_on(store: SqlStore) -> None:
    ledger = under_way(store)
    brake_id = pull(store, BrakeScope())
    assert ledger.claim() == []

    with store.transaction() as records:
        first = records.brakes.release(brake_id, by="x", now=NOW)
        again = records.brakes.release(brake_id, by="y", now=NOW)

    assert (first, again) == (True, False)
    assert asked(ledger) == {True}
    assert ledger.claim()
    with store.transaction() as records:
        assert records.brakes.get(brake_id).released_by == "x"


def test_an_occasion_is_not_claimed_under_a_brake_and_is_not_looked_for(store: SqlStore) -> None:
    ledger = under_way(store)
    with store.transaction() as records:
        records.occasions.plan_by_hand(
            ledger.occasion_id, records.dispatches.of_occasion(ledger.occasion_id)[1].aim, now=NOW
        )
    pull(store, BrakeScope())

    with store.transaction() as records:
        claimed = records.occasions.claim(ledger.occasion_id, token=ledger.token, lease_s=60)
        due = records.occasions.planned(before=NOW)
        known = records.occasions.planned()
        passed = records.brakes.passed(now=NOW)

    assert not claimed
    assert due == []
    assert [each.id for each in known] == [ledger.occasion_id] == passed
