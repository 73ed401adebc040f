"""Inbox messages: after the forms, once, and at most once when nobody can know (I10)."""

from sqlalchemy import Engine

from tests.clinic import GAD, OWN, PHQ
from tests.people import ANNA, BO
from tests.store.ledger import NO_LEASE_S, Ledger, a_dispatch, change, ended, sent, under_way
from utskick.domain.deliveries import ClaimedInboxMessage, DeliveryState, Refusal
from utskick.store import SqlStore


def claim(ledger: Ledger, *, limit: int = 9, lease_s: float = 60) -> list[ClaimedInboxMessage]:
    with ledger.store.transaction() as records:
        return records.inbox_messages.claim(
            ledger.occasion_id, token=ledger.token, limit=limit, lease_s=lease_s
        )


def record(ledger: Ledger, message: ClaimedInboxMessage, state: DeliveryState) -> int:
    with ledger.store.transaction() as records:
        return records.inbox_messages.record([ended(message, state)])


def counts(ledger: Ledger) -> dict[DeliveryState, int]:
    with ledger.store.transaction() as records:
        return dict(records.inbox_messages.counts(ledger.occasion_id))


def test_a_message_waits_until_all_of_its_recipients_forms_have_ended(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(forms=(PHQ, GAD)), numbers=(ANNA,))
    phq, gad = ledger.claim()

    ledger.record(sent(phq))
    too_early = claim(ledger)
    ledger.record(ended(gad, DeliveryState.REFUSED, refusal=Refusal.FORM_ARCHIVED))

    assert too_early == []
    with store.transaction() as records:
        assert records.inbox_messages.ready(ledger.occasion_id) == 1
    assert [message.personnummer for message in claim(ledger)] == [ANNA]


def test_a_message_knows_its_recipients_own_forms_in_the_packages_order(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(forms=(PHQ, GAD, OWN)))
    claimed = ledger.claim()
    for number, delivery in enumerate(reversed(claimed)):
        refused = delivery.template_id == GAD.id
        ledger.record(
            ended(delivery, DeliveryState.REFUSED, refusal=Refusal.FORM_ARCHIVED)
            if refused
            else sent(delivery, f"form-{number}")
        )

    annas, bos = claim(ledger)

    assert {annas.forms, bos.forms} == {("form-5", "form-3"), ("form-2", "form-0")}


def test_whoever_got_no_form_is_notified_of_none(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    (claimed,) = ledger.claim()
    ledger.record(ended(claimed, DeliveryState.REFUSED, refusal=Refusal.FORM_ARCHIVED))

    assert claim(ledger) == []
    with store.transaction() as records:
        records.inbox_messages.give_up(ledger.occasion_id)
    assert counts(ledger) == {DeliveryState.CANCELLED: 1}


def test_giving_up_keeps_the_messages_of_those_who_may_still_get_a_form(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send(limit=1)

    with store.transaction() as records:
        records.inbox_messages.give_up(ledger.occasion_id)

    assert counts(ledger) == {DeliveryState.PLANNED: 2}


def test_a_message_is_claimed_once(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send()

    first, second = claim(ledger), claim(ledger)

    assert (len(first), len(second)) == (2, 0)


def test_no_more_messages_are_claimed_than_there_is_room_for(store: SqlStore) -> None:
    ledger = under_way(store)
    ledger.send()

    assert claim(ledger, limit=0) == []
    assert len(claim(ledger, limit=1)) == 1


def test_an_outcome_is_written_only_while_its_attempt_is_open(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()
    (message,) = claim(ledger)

    first = record(ledger, message, DeliveryState.SENT)
    second = record(ledger, message, DeliveryState.PLANNED)

    assert (first, second) == (1, 0)
    assert counts(ledger) == {DeliveryState.SENT: 1}


def test_a_dead_senders_message_is_left_to_staff_and_never_sent_again(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()
    claim(ledger, lease_s=NO_LEASE_S)

    with store.transaction() as records:
        expired = records.inbox_messages.expire_leases()

    assert expired == 1
    assert counts(ledger) == {DeliveryState.MANUAL: 1}
    assert claim(ledger) == []


def test_a_message_under_way_to_somebody_refused_meanwhile_is_not_sent_again(
    store: SqlStore,
) -> None:
    ledger = under_way(store)
    ledger.send()
    annas, bos = sorted(claim(ledger), key=lambda message: message.personnummer != ANNA)
    anna = ledger.recipients[0]

    with store.transaction() as records:
        records.deliveries.refuse(ledger.occasion_id, {anna.id: Refusal.PROTECTED})
    record(ledger, annas, DeliveryState.PLANNED)
    record(ledger, bos, DeliveryState.PLANNED)

    assert counts(ledger) == {DeliveryState.REFUSED: 1, DeliveryState.PLANNED: 1}
    assert [message.personnummer for message in claim(ledger)] == [BO]


def test_a_message_that_arrived_though_its_recipient_was_refused_meanwhile_is_sent(
    store: SqlStore,
) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()
    (message,) = claim(ledger)

    with store.transaction() as records:
        records.deliveries.refuse(ledger.occasion_id, {ledger.recipients[0].id: Refusal.PROTECTED})
    record(ledger, message, DeliveryState.SENT)

    assert counts(ledger) == {DeliveryState.SENT: 1}


def test_a_living_senders_message_is_left_alone(store: SqlStore) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()
    claim(ledger)

    with store.transaction() as records:
        assert records.inbox_messages.expire_leases() == 0


def test_a_message_to_be_tried_again_waits_for_its_moment(store: SqlStore, engine: Engine) -> None:
    ledger = under_way(store, numbers=(ANNA,))
    ledger.send()
    (message,) = claim(ledger)

    with store.transaction() as records:
        records.inbox_messages.record([ended(message, DeliveryState.PLANNED, retry_after_s=3600)])

    assert claim(ledger) == []
    change(engine, "UPDATE inbox_message SET retry_at = :past", past="2020-01-01 00:00:00")
    (again,) = claim(ledger)
    assert (again.attempt, again.retries) == (2, 1)


def test_a_dispatch_without_inbox_messages_plans_none(store: SqlStore) -> None:
    ledger = under_way(store, a_dispatch(creates_inbox_message=False))
    ledger.send()

    assert counts(ledger) == {}
    with store.transaction() as records:
        assert records.progress.remaining(ledger.occasion_id).nothing


def test_nothing_recorded_is_nothing(store: SqlStore) -> None:
    with store.transaction() as records:
        assert records.inbox_messages.record([]) == 0
