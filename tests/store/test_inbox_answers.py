"""What the inbox has said of persons: kept for a while, and passed on to who waited for it."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.people import ANNA, BO, CILLA
from tests.store.ledger import NOW, a_dispatch, an_occasion, kept
from utskick.domain.dispatches import DispatchStatus
from utskick.domain.inbox_budget import InboxBudget
from utskick.ports import InboxUser
from utskick.store import SqlStore

REACHED = InboxUser(active=True, notified_by=("SMS", "Email"))
ACCOUNTLESS = InboxUser(active=False, notified_by=())
BEFORE = NOW - timedelta(hours=1)


def test_the_last_answer_is_known_until_it_is_too_old(store: SqlStore) -> None:
    with store.transaction() as records:
        records.inbox_answers.keep({ANNA: ACCOUNTLESS, BO: ACCOUNTLESS}, now=BEFORE)
        records.inbox_answers.keep({ANNA: REACHED}, now=NOW)

    with store.transaction() as records:
        everyone = (ANNA, BO, CILLA)
        assert records.inbox_answers.known(everyone, since=BEFORE) == {ANNA: REACHED}
        lately = records.inbox_answers.known(everyone, since=BEFORE - timedelta(seconds=1))
        assert lately == {ANNA: REACHED, BO: ACCOUNTLESS}


def test_old_answers_are_deleted(store: SqlStore) -> None:
    with store.transaction() as records:
        records.inbox_answers.keep({ANNA: REACHED}, now=BEFORE)
        records.inbox_answers.keep({BO: REACHED}, now=NOW)
        records.inbox_answers.delete_before(BEFORE)

    with store.transaction() as records:
        long_ago = NOW - timedelta(days=1)
        assert records.inbox_answers.known((ANNA, BO), since=long_ago) == {BO: REACHED}


def test_whoever_waits_for_an_answer_has_it_when_it_comes(store: SqlStore) -> None:
    ledger = kept(store, numbers=(ANNA, BO), unchecked=(ANNA, BO))

    with store.transaction() as records:
        before = records.dispatches.count_unchecked(ledger.dispatch.id)
        records.inbox_answers.keep({ANNA: REACHED}, now=NOW)

    with store.transaction() as records:
        assert (before, records.dispatches.count_unchecked(ledger.dispatch.id)) == (2, 1)
        anna, bo = records.dispatches.recipients(ledger.dispatch.id)
        assert (anna.notified_by, bo.notified_by) == (("SMS", "Email"), None)
        assert records.inbox_answers.awaited(limit=10) == [BO]


def test_an_answer_that_came_before_the_start_is_passed_on_after_it(store: SqlStore) -> None:
    with store.transaction() as records:
        records.inbox_answers.keep({ANNA: REACHED}, now=NOW)
    ledger = kept(store, numbers=(ANNA, BO), unchecked=(ANNA, BO))

    with store.transaction() as records:
        records.inbox_answers.pass_on([ANNA, BO, CILLA])

    with store.transaction() as records:
        anna, bo = records.dispatches.recipients(ledger.dispatch.id)
        assert (anna.notified_by, bo.notified_by) == (("SMS", "Email"), None)


def test_what_a_recipient_was_known_by_at_the_start_stays(store: SqlStore) -> None:
    ledger = kept(store, numbers=(ANNA,))

    with store.transaction() as records:
        records.inbox_answers.keep({ANNA: REACHED}, now=NOW)

    with store.transaction() as records:
        assert records.dispatches.recipients(ledger.dispatch.id)[0].notified_by == ()


def test_nobody_of_a_dispatch_that_has_been_stopped_is_awaited(store: SqlStore) -> None:
    ledger = kept(store, numbers=(ANNA,), unchecked=(ANNA,))

    with store.transaction() as records:
        records.dispatches.set_status(ledger.dispatch.id, DispatchStatus.STOPPED, ended_at=NOW)

    with store.transaction() as records:
        assert records.inbox_answers.awaited(limit=10) == []


def test_no_personnummer_is_kept_in_clear_with_an_answer(store: SqlStore) -> None:
    with store.transaction() as records:
        records.inbox_answers.keep({ANNA: REACHED}, now=NOW)

    with Session(store._engine) as session:  # noqa: SLF001  # as whoever steals the file
        rows = session.execute(text("SELECT * FROM inbox_answer, person")).all()
        assert rows
        assert ANNA.digits not in repr(rows)


def test_the_inbox_has_one_queue_for_all_processes(store: SqlStore) -> None:
    budget = InboxBudget(per_s=0.1, batch=2, pause_s=3600)

    with store.transaction() as records:
        first = records.budgets.reserve_inbox(budget, calls=1, messages=True)
    with store.transaction() as records:
        question = records.budgets.reserve_inbox(budget, calls=1, messages=False)
        second = records.budgets.reserve_inbox(budget, calls=1, messages=True)
        third = records.budgets.reserve_inbox(budget, calls=1, messages=True)

    assert first.wait_s == 0
    assert 9 < question.wait_s <= 10
    assert 19 < second.wait_s <= 20
    assert (third.taken, 3600 < third.wait_s <= 3630) == (False, True)


def test_an_occasion_counts_all_who_are_asked_about_before_its_minute(store: SqlStore) -> None:
    first, second = a_dispatch(), a_dispatch()
    without_message = a_dispatch(creates_inbox_message=False)
    later = a_dispatch(occasions=(an_occasion(sends_at=NOW + timedelta(minutes=1)),))

    for dispatch in (first, second, without_message, later):
        kept(store, dispatch, numbers=(ANNA, BO, CILLA))

    with store.transaction() as records:
        counted = [
            records.dispatches.get(each.id).occasions[0].questions_due
            for each in (first, second, without_message, later)
        ]
    assert counted == [3, 6, 6, 3]
