"""What persons have got of a unit: for those who are about to send, and at each intent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.clinic import GAD, OTHER_UNIT, PHQ, UNIT, WEEKLY
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import ANSWER_BY, NOW, Ledger, a_dispatch, change, ended, under_way
from utskick.domain.deliveries import DeliveryState, Refusal
from utskick.domain.dispatches import Dispatch
from utskick.store import SqlStore

TODAY = NOW.date()


def unanswered(store: SqlStore, **changes: Any) -> list[str]:
    """Whom it finds, in the order asked for."""
    asked: dict[str, Any] = {"unit_id": UNIT.id, "template_ids": [PHQ.id], "today": TODAY}
    asked |= changes
    with store.transaction() as records:
        found = records.sent_before.unanswered(
            asked["unit_id"], [CILLA, BO, ANNA], asked["template_ids"], today=asked["today"]
        )
    return [form.personnummer.digits for form in found]


def checking(store: SqlStore) -> Dispatch:
    """Of a package that looks who has its forms already."""
    with store.transaction() as records:
        records.packages.save(replace(WEEKLY, checks_already_has=True))
    return a_dispatch(package_key=WEEKLY.key, package_version=WEEKLY.version)


def refused(ledger: Ledger) -> dict[Refusal, int]:
    with ledger.store.transaction() as records:
        (form,) = records.progress.summary(ledger.dispatch.id)
    return dict(form.refused_because)


def test_who_has_the_form_is_found_in_the_order_asked_for(store: SqlStore) -> None:
    under_way(store, numbers=(ANNA, BO)).send()

    assert unanswered(store) == [BO.digits, ANNA.digits]


def test_what_is_another_units_is_never_seen(store: SqlStore) -> None:
    under_way(store, numbers=(ANNA,)).send()

    assert unanswered(store, unit_id=OTHER_UNIT.id) == []
    with store.transaction() as records:
        since = NOW - timedelta(days=365 * 100)
        assert records.sent_before.since(OTHER_UNIT.id, [ANNA], moment=since) == []
        (form,) = records.sent_before.since(UNIT.id, [ANNA, BO], moment=since)
    assert form.form_name == PHQ.name


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("form_status", "COMPLETED"),
        ("purged_at", "2027-02-01 11:00:00"),
        ("state", "manual"),
        ("answer_by", "2027-01-31"),
    ],
)
def test_what_is_answered_purged_uncertain_or_over_does_not_count(
    store: SqlStore, engine: Engine, column: str, value: Any
) -> None:
    under_way(store, numbers=(ANNA,)).send()
    change(engine, f"UPDATE delivery SET {column} = :value", value=value)  # noqa: S608  # a column cannot be bound

    assert unanswered(store) == []


def test_another_form_is_another_matter(store: SqlStore) -> None:
    under_way(store, numbers=(ANNA,)).send()

    assert unanswered(store, template_ids=[GAD.id]) == []
    assert unanswered(store, today=ANSWER_BY + timedelta(days=1)) == []


def test_at_the_intent_those_who_have_it_are_refused_and_the_others_move_up(
    store: SqlStore,
) -> None:
    under_way(store, numbers=(ANNA, BO)).send()
    ledger = under_way(store, checking(store), numbers=(ANNA, BO, CILLA))

    claimed = ledger.claim(limit=1)

    assert [each.personnummer for each in claimed] == [CILLA]
    assert refused(ledger) == {Refusal.ALREADY_HAS: 2}


def test_what_another_unit_has_sent_keeps_nobody_from_it(store: SqlStore) -> None:
    under_way(store, a_dispatch(unit_id=OTHER_UNIT.id), numbers=(ANNA,)).send()

    assert len(under_way(store, checking(store), numbers=(ANNA,)).claim()) == 1


def test_without_the_packages_word_everybody_gets_it(store: SqlStore) -> None:
    under_way(store, numbers=(ANNA, BO)).send()

    ledger = under_way(store, numbers=(ANNA, BO))

    assert len(ledger.claim()) == 2
    assert refused(ledger) == {}


def test_what_comes_back_from_settling_is_asked_about_again(store: SqlStore) -> None:
    ledger = under_way(store, checking(store), numbers=(ANNA,))
    (first,) = ledger.claim()
    with store.transaction() as records:
        records.deliveries.record([ended(first, DeliveryState.PLANNED)])
    under_way(store, numbers=(ANNA,)).send()

    assert ledger.claim() == []
    assert refused(ledger) == {Refusal.ALREADY_HAS: 1}
