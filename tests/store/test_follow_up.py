"""Uppföljning: single forms, found by what staff remember of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.clinic import GAD, OTHER_UNIT, PHQ, UNIT
from tests.people import ANNA, BO
from tests.store.ledger import NOW, PURGE_AFTER, a_dispatch, change, ended, sent, under_way
from utskick.domain.answers import AnswerCount, AnswerKnown
from utskick.domain.deliveries import DeliveryState, FormId, FormStatus
from utskick.domain.forms import FormTemplate
from utskick.domain.notices import AnsweredForm
from utskick.domain.units import HsaId
from utskick.records import FollowedUp, FollowUpQuery, Order
from utskick.store import SqlStore


def search(store: SqlStore, unit_id: HsaId = UNIT.id, **query: Any) -> Sequence[FollowedUp]:
    with store.transaction() as records:
        return records.follow_up.search(unit_id, FollowUpQuery(**query))


@pytest.fixture
def two_packages(store: SqlStore) -> SqlStore:
    """Anna and Bo got PHQ-9 with one package, Anna GAD-7 with another."""
    under_way(store, a_dispatch(forms=(PHQ,), name="Inför besök")).send()
    under_way(store, a_dispatch(forms=(GAD,), name="100 % uppföljning"), numbers=(ANNA,)).send()
    return store


REMEMBERED: list[tuple[dict[str, Any], int]] = [
    ({}, 3),
    ({"form_name": "phq"}, 2),
    ({"form_name": "smärta"}, 0),
    ({"package_name": "besök"}, 2),
    ({"package_name": "BESÖK"}, 2),
    ({"package_name": "besök", "form_name": "gad"}, 0),
    ({"state": DeliveryState.SENT}, 3),
    ({"state": DeliveryState.MANUAL}, 0),
    ({"package_name": "100 %"}, 1),
    ({"package_name": "%"}, 1),
    ({"package_name": "_"}, 0),
    ({"personnummer": ANNA}, 2),
    ({"personnummer": BO, "form_name": "GAD"}, 0),
    ({"form_status": FormStatus.ONGOING}, 0),
    ({"answer": AnswerKnown.UNANSWERED}, 0),
    ({"answer": AnswerKnown.NOT_CHECKED}, 3),
    ({"form_status": FormStatus.COMPLETED}, 0),
    ({"purge_after_to": PURGE_AFTER}, 3),
    ({"purge_after_to": PURGE_AFTER - timedelta(days=1)}, 0),
    ({"limit": 2}, 2),
]


def test_what_staff_remember_finds_the_forms(
    two_packages: SqlStore, subtests: pytest.Subtests
) -> None:
    for query, hits in REMEMBERED:
        with subtests.test(query=query):
            assert len(search(two_packages, **query)) == hits


def test_another_unit_finds_nothing(two_packages: SqlStore) -> None:
    assert search(two_packages, OTHER_UNIT.id) == []
    assert search(two_packages, OTHER_UNIT.id, personnummer=ANNA) == []


@pytest.mark.parametrize(
    ("sent_at", "sent_on"),
    [
        ("2027-02-01 22:59:59.999999", date(2027, 2, 1)),
        ("2027-02-01 23:00:00.000000", date(2027, 2, 2)),
        ("2027-07-01 21:59:59.999999", date(2027, 7, 1)),
        ("2027-07-01 22:00:00.000000", date(2027, 7, 2)),
    ],
)
def test_days_begin_and_end_at_midnight_in_stockholm(
    store: SqlStore, engine: Engine, sent_at: str, sent_on: date
) -> None:
    under_way(store, numbers=(ANNA,)).send()
    change(engine, "UPDATE delivery SET sent_at = :at", at=sent_at)
    day = timedelta(days=1)

    assert len(search(store, sent_from=sent_on, sent_to=sent_on)) == 1
    assert search(store, sent_from=sent_on + day) == []
    assert search(store, sent_to=sent_on - day) == []


def test_a_form_is_shown_with_all_that_staff_need(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(name="Veckovis"), numbers=(ANNA,))
    (claimed,) = ledger.claim()
    ledger.record(sent(claimed, "the-form"))

    (found,) = search(store)

    assert (found.delivery_id, found.form_id) == (claimed.id, "the-form")
    assert (found.form_name, found.package_name) == ("PHQ-9", "Veckovis")
    assert (found.personnummer, found.occasion_number) == (ANNA, 1)
    assert (found.state, found.form_status) == (DeliveryState.SENT, FormStatus.ONGOING)
    assert found.sent_at is not None
    assert datetime.now(UTC) - found.sent_at < timedelta(minutes=1)


def test_what_is_uncertain_is_shown_and_what_was_never_sent_is_not(store: SqlStore) -> None:
    ledger = under_way(store)
    (anna,) = ledger.claim(limit=1)
    ledger.record(ended(anna, DeliveryState.MANUAL))

    (found,) = search(store)

    assert (found.state, found.form_id, found.sent_at) == (DeliveryState.MANUAL, None, None)


def test_what_is_uncertain_comes_first_as_staff_must_look_at_it(store: SqlStore) -> None:
    ledger = under_way(store)
    anna, bo = ledger.claim()
    ledger.record(sent(anna), ended(bo, DeliveryState.MANUAL))

    assert [found.personnummer for found in search(store)] == [BO, ANNA]


def test_the_newest_comes_first(store: SqlStore, engine: Engine) -> None:
    ledger = under_way(store)
    ledger.send(limit=1)
    change(engine, "UPDATE delivery SET sent_at = :at", at="2020-01-01 00:00:00")
    ledger.send(limit=1)

    assert [found.personnummer for found in search(store)] == [BO, ANNA]


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        (Order.SENT, GAD, PHQ),
        (Order.FORM, GAD, PHQ),
        (Order.ANSWER_BY, GAD, PHQ),
        (Order.PURGE_AFTER, PHQ, GAD),
    ],
)
def test_the_order_can_be_chosen(
    two_packages: SqlStore, engine: Engine, order: Order, first: FormTemplate, last: FormTemplate
) -> None:
    change(
        engine,
        "UPDATE delivery SET answer_by = '2029-01-01', purge_after = '2027-03-01'"
        " WHERE form_name = 'PHQ-9'",
    )

    (found, *_others) = search(two_packages, order=order)
    (on_the_last_page,) = search(two_packages, order=order, limit=1, offset=2)

    assert (found.form_name, on_the_last_page.form_name) == (first.name, last.name)


def test_the_answered_come_last_if_asked_for(two_packages: SqlStore) -> None:
    (annas,) = search(two_packages, form_name="gad")
    assert annas.form_id
    with two_packages.transaction() as records:
        records.follow_up.set_form_status({annas.form_id: FormStatus.COMPLETED}, asked_at=NOW)

    names = [found.form_name for found in search(two_packages, order=Order.ANSWER)]

    assert names == [PHQ.name, PHQ.name, GAD.name]


def test_what_is_purged_is_hidden_unless_asked_for_and_not_counted(
    two_packages: SqlStore,
) -> None:
    bos = search(two_packages, personnummer=BO)[0].delivery_id

    with two_packages.transaction() as records:
        others = records.follow_up.mark_purged(OTHER_UNIT.id, [bos], by="X", now=NOW)
        (marked,) = records.follow_up.mark_purged(UNIT.id, [bos], by="X", now=NOW)
        again = records.follow_up.mark_purged(UNIT.id, [bos], by="Y", now=NOW)
        counted = records.follow_up.count(UNIT.id, FollowUpQuery())
        rates = records.follow_up.response_rates(UNIT.id, FollowUpQuery())

    assert (others, again) == ([], [])
    assert (marked.purged_by, marked.purged_at) == ("X", NOW)
    assert (counted, sum(rate.answers.sent for rate in rates)) == (2, 2)
    assert search(two_packages, personnummer=BO) == []
    assert len(search(two_packages, personnummer=BO, with_purged=True)) == 1


def test_answers_are_counted_by_package_and_form(two_packages: SqlStore) -> None:
    (annas,) = search(two_packages, personnummer=ANNA, form_name="phq")
    assert annas.form_id

    with two_packages.transaction() as records:
        records.follow_up.set_form_status({annas.form_id: FormStatus.COMPLETED}, asked_at=NOW)
        rates = records.follow_up.response_rates(UNIT.id, FollowUpQuery())

    assert [(each.package_name, each.form_name, each.answers) for each in rates] == [
        ("100 % uppföljning", "GAD-7", AnswerCount(sent=1, known=0, answered=0)),
        ("Inför besök", "PHQ-9", AnswerCount(sent=2, known=1, answered=1)),
    ]


def test_a_status_from_the_form_service_is_kept(store: SqlStore) -> None:
    ledger = under_way(store)
    anna, bo = ledger.claim()
    ledger.record(sent(anna, "annas"), sent(bo, "bos"))

    with store.transaction() as records:
        records.follow_up.set_form_status(
            {FormId("annas"): FormStatus.COMPLETED, FormId("nobodys"): FormStatus.COMPLETED},
            asked_at=datetime.now(UTC),
        )

    (found,) = search(store, form_status=FormStatus.COMPLETED)
    assert found.personnummer == ANNA


@pytest.mark.parametrize(
    ("asked_after_s", "status"),
    [(-1, FormStatus.COMPLETED), (0, FormStatus.ONGOING), (60, FormStatus.ONGOING)],
)
def test_a_status_never_takes_the_place_of_one_that_was_asked_for_later(
    store: SqlStore, asked_after_s: int, status: FormStatus
) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (anna,) = ledger.claim()
    ledger.record(sent(anna, "annas"))
    noted_at = datetime.now(UTC)
    with store.transaction() as records:
        records.follow_up.note_answered([AnsweredForm(FormId("annas"), UNIT.id)], now=noted_at)

    with store.transaction() as records:
        asked_at = noted_at + timedelta(seconds=asked_after_s)
        records.follow_up.set_form_status({FormId("annas"): FormStatus.ONGOING}, asked_at=asked_at)

    (found,) = search(store)
    assert (found.form_status, found.form_status_at) == (status, max(noted_at, asked_at))


def test_a_notice_never_takes_the_place_of_what_was_asked_for_later(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (anna,) = ledger.claim()
    ledger.record(sent(anna, "annas"))
    asked_at = datetime.now(UTC)
    notice = AnsweredForm(FormId("annas"), UNIT.id)
    with store.transaction() as records:
        records.follow_up.set_form_status({FormId("annas"): FormStatus.ONGOING}, asked_at=asked_at)

    with store.transaction() as records:
        noted = records.follow_up.note_answered([notice], now=asked_at - timedelta(seconds=1))

    (found,) = search(store)
    assert (noted, found.form_status) == (0, FormStatus.ONGOING)


def test_the_ledger_shows_what_each_person_should_have(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(forms=(PHQ, GAD)), numbers=(ANNA,))
    phq, gad = ledger.claim()
    ledger.record(sent(phq, "annas-phq"), ended(gad, DeliveryState.UNKNOWN))
    hour_ago = datetime.now(UTC) - timedelta(hours=1)

    with store.transaction() as records:
        (annas,) = records.follow_up.sent_since(hour_ago)
        later = records.follow_up.sent_since(datetime.now(UTC) + timedelta(hours=1))

    assert (annas.unit_id, annas.personnummer) == (UNIT.id, ANNA)
    assert annas.template_ids == {PHQ.id, GAD.id}
    assert annas.form_ids == {"annas-phq"}
    assert annas.unsettled == 1
    assert later == []
