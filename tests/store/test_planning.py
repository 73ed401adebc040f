"""Planning an occasion: planned twice, planned once (I1)."""

from tests.clinic import GAD, PHQ
from tests.people import ANNA, BO
from tests.store.ledger import ANSWER_BY, PURGE_AFTER, a_dispatch, kept, under_way
from utskick.domain.deliveries import DeliveryState, Refusal, delivery_id
from utskick.store import SqlStore


def test_planning_twice_plans_once(store: SqlStore) -> None:
    ledger = kept(store, a_dispatch(forms=(PHQ, GAD)))

    first = ledger.plan()
    second = ledger.plan()

    assert first == {recipient.id for recipient in ledger.recipients}
    assert second == set()
    assert ledger.states == {DeliveryState.PLANNED: 4}


def test_a_delivery_is_named_by_dispatch_occasion_recipient_and_form(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))

    (claimed,) = ledger.claim()

    assert claimed.id == delivery_id(
        ledger.dispatch.id, ledger.occasion_id, ledger.recipients[0].id, PHQ.id
    )


def test_a_claimed_delivery_holds_all_that_the_call_needs(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(form_banner="Fråga gärna."), numbers=(ANNA,))

    (claimed,) = ledger.claim()

    assert (claimed.unit_id, claimed.template_id) == (ledger.dispatch.unit_id, PHQ.id)
    assert claimed.personnummer == ANNA
    assert claimed.banner == "Fråga gärna."
    assert (claimed.answer_by, claimed.purge_after) == (ANSWER_BY, PURGE_AFTER)


def test_whoever_is_refused_gets_nothing_and_the_reason_is_kept(store: SqlStore) -> None:
    ledger = kept(store)
    anna, bo = (recipient.id for recipient in ledger.recipients)
    ledger.take()

    ledger.plan(recipients={anna}, refused={bo: Refusal.PROTECTED})

    with store.transaction() as records:
        (form,) = records.progress.summary(ledger.dispatch.id)
    assert (form.planned, form.refused_because) == (2, {Refusal.PROTECTED: 1})
    assert [claimed.personnummer for claimed in ledger.claim()] == [ANNA]


def test_whoever_was_planned_and_is_then_refused_gets_nothing(store: SqlStore) -> None:
    ledger = under_way(store)
    anna, bo = (recipient.id for recipient in ledger.recipients)

    ledger.plan(recipients={anna}, refused={bo: Refusal.DECEASED})

    assert [claimed.personnummer for claimed in ledger.claim()] == [ANNA]
    assert ledger.states[DeliveryState.REFUSED] == 1


def test_what_has_been_sent_cannot_be_refused_afterwards(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send()

    ledger.plan(recipients=set(), refused={r.id: Refusal.DECEASED for r in ledger.recipients})

    assert ledger.states == {DeliveryState.SENT: 2}


def test_all_forms_of_one_recipient_come_before_the_next_recipients(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(forms=(PHQ, GAD)))

    claimed = ledger.claim(limit=3)

    assert [c.personnummer for c in claimed] == [ANNA, ANNA, BO]
    assert [c.template_id for c in claimed] == [PHQ.id, GAD.id, PHQ.id]
