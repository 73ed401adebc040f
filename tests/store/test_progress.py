"""How far an occasion, or a whole dispatch, has come."""

from tests.clinic import GAD, PHQ
from tests.people import ANNA
from tests.store.ledger import a_dispatch, ended, kept, sent, under_way
from utskick.domain.deliveries import DeliveryState, Refusal
from utskick.records import Remaining
from utskick.store import SqlStore


def test_the_summary_counts_each_form_by_state_and_reason(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(forms=(PHQ, GAD)))
    annas_phq, annas_gad, bos_phq, bos_gad = ledger.claim()
    ledger.record(
        sent(annas_phq),
        sent(annas_gad),
        sent(bos_phq),
        ended(bos_gad, DeliveryState.REFUSED, refusal=Refusal.FORM_ARCHIVED),
    )

    with store.transaction() as records:
        phq, gad = records.progress.summary(ledger.dispatch.id)

    assert (phq.form_name, phq.planned, phq.sent, phq.refused) == ("PHQ-9", 2, 2, 0)
    assert (gad.form_name, gad.planned, gad.sent, gad.refused) == ("GAD-7", 2, 1, 1)
    assert gad.refused_because == {Refusal.FORM_ARCHIVED: 1}


def test_the_summary_can_be_kept_to_one_occasion(store: SqlStore) -> None:
    ledger, other = under_way(store), under_way(store)

    with store.transaction() as records:
        here = records.progress.summary(ledger.dispatch.id, occasion_id=ledger.occasion_id)
        there = records.progress.summary(ledger.dispatch.id, occasion_id=other.occasion_id)

    assert [form.planned for form in here] == [2]
    assert there == []


def test_a_dispatch_that_has_not_begun_has_no_summary(store: SqlStore) -> None:
    ledger = kept(store)

    with store.transaction() as records:
        assert records.progress.summary(ledger.dispatch.id) == []


def test_what_remains_is_planned_open_and_messages_to_those_who_got_a_form(
    store: SqlStore,
) -> None:
    ledger = under_way(store)

    with store.transaction() as records:
        before = records.progress.remaining(ledger.occasion_id)
    ledger.send(limit=1)
    ledger.claim(limit=1)
    with store.transaction() as records:
        during = records.progress.remaining(ledger.occasion_id)

    assert before == Remaining(planned=2)
    assert during == Remaining(open=1, messages=1)


def test_nothing_remains_when_forms_and_messages_have_gone(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()
    with store.transaction() as records:
        (message,) = records.inbox_messages.claim(
            ledger.occasion_id, token=ledger.token, limit=9, lease_s=60
        )
        records.inbox_messages.record([ended(message, DeliveryState.SENT)])

    with store.transaction() as records:
        assert records.progress.remaining(ledger.occasion_id).nothing


def test_there_is_no_wait_while_something_can_be_tried_at_once(store: SqlStore) -> None:
    ledger = under_way(store)
    (annas,) = ledger.claim(limit=1)
    ledger.record(ended(annas, DeliveryState.PLANNED, retry_after_s=3600))

    with store.transaction() as records:
        assert records.progress.remaining(ledger.occasion_id).retry_in_s == 0


def test_a_moment_for_retrying_that_has_come_is_no_wait(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (annas,) = ledger.claim()
    ledger.record(ended(annas, DeliveryState.PLANNED, retry_after_s=-5))

    with store.transaction() as records:
        assert records.progress.remaining(ledger.occasion_id).retry_in_s == 0


def test_what_is_on_its_way_can_be_counted_for_one_recipient(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(forms=(PHQ, GAD)))
    anna, bo = ledger.recipients
    ledger.claim(limit=3)

    with store.transaction() as records:
        everyone = records.progress.on_their_way(ledger.dispatch.id)
        annas = records.progress.on_their_way(ledger.dispatch.id, recipient_id=anna.id)
        bos = records.progress.on_their_way(ledger.dispatch.id, recipient_id=bo.id)

    assert (everyone, annas, bos) == (3, 2, 1)
