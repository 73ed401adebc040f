"""A backup is put back: 1177 remembers what we have forgotten."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clinic import STAFF, Clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import pass_hours, reconciled, states
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.ports import PersonRecord


@pytest.fixture
def back_up(clinic: Clinic, tmp_path: Path) -> Callable[[], Callable[[], None]]:
    """Take a copy of the database; what it gives puts the copy back."""

    def take() -> Callable[[], None]:
        database, copy = tmp_path / "utskick.db", tmp_path / "backup.db"
        with sqlite3.connect(database) as source, sqlite3.connect(copy) as target:
            source.backup(target)

        def restore() -> None:
            with sqlite3.connect(copy) as source, sqlite3.connect(database) as target:
                source.backup(target)

        return restore

    return take


def mark(clinic: Clinic) -> int:
    return clinic.mark_restored(now=clinic.clock.now())


def forms_made(clinic: Clinic) -> Counter[tuple[str, object]]:
    return Counter(
        (kept.order.personnummer.digits, kept.order.template_id) for kept in clinic.forms.forms
    )


def by_hand(clinic: Clinic, dispatch: Dispatch) -> None:
    clinic.send_missed_occasion(dispatch.occasions[0].id, actor=STAFF, now=clinic.clock.now())


async def finish(clinic: Clinic, dispatch: Dispatch) -> None:
    for _ in range(3):
        await reconciled(clinic)
        for occasion in clinic.dispatch(dispatch).occasions:
            await clinic.run(occasion)


async def test_what_was_sent_after_the_backup_is_found_again_and_not_sent_twice(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    restore = back_up()
    clinic.clock.moment = dispatch.occasions[0].sends_at
    await clinic.run(dispatch.occasions[0])
    made = forms_made(clinic)

    restore()
    marked = mark(clinic)
    await finish(clinic, dispatch)

    assert marked == made.total() == 8
    assert forms_made(clinic) == made
    assert clinic.dispatch(dispatch).status is DispatchStatus.COMPLETED


async def test_what_was_not_sent_after_the_backup_is_sent(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    restore = back_up()
    clinic.clock.moment = dispatch.occasions[0].sends_at

    restore()
    mark(clinic)
    await finish(clinic, dispatch)

    assert set(forms_made(clinic).values()) == {1}
    assert forms_made(clinic).total() == 8


async def test_a_message_that_may_have_been_left_is_not_left_again_but_shown_to_staff(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    restore = back_up()
    clinic.clock.moment = dispatch.occasions[0].sends_at
    await clinic.run(dispatch.occasions[0])
    left = len(clinic.inbox.messages)

    restore()
    mark(clinic)
    await finish(clinic, dispatch)

    assert len(clinic.inbox.messages) == left == 2
    with clinic.store.transaction() as records:
        states = records.inbox_messages.counts(dispatch.occasions[0].id)
    assert states == {DeliveryState.MANUAL: 2}


async def test_what_had_been_begun_without_a_trace_at_the_backup_is_not_sent_twice(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    clinic.clock.moment = dispatch.occasions[0].sends_at
    with clinic.store.transaction() as records:
        assert records.occasions.claim(run.occasion_id, token=run.token, lease_s=-1)
    restore = back_up()
    run.claim()
    await run.validate_recipients()
    await run.send_forms()
    made = forms_made(clinic)

    restore()
    mark(clinic)
    await finish(clinic, dispatch)

    assert forms_made(clinic) == made
    assert made.total() == 8


async def test_what_was_sent_by_hand_after_the_backup_is_found_again(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 24)
    await reconciled(clinic)
    by_hand(clinic, dispatch)
    restore = back_up()
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    made = forms_made(clinic)

    restore()
    mark(clinic)
    await finish(clinic, dispatch)

    assert forms_made(clinic) == made
    assert made.total() == 8


async def test_what_staff_let_go_on_after_the_backup_is_not_sent_twice(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)
    clinic.clock.moment = dispatch.occasions[0].sends_at
    restore = back_up()
    clinic.restart(dispatch)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    made = forms_made(clinic)

    restore()
    mark(clinic)
    clinic.restart(dispatch)
    await finish(clinic, dispatch)

    assert forms_made(clinic) == made
    assert made.total() == 8


async def test_what_was_stopped_before_it_was_planned_and_sent_by_hand_is_not_sent_twice(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    clinic.clock.moment = dispatch.occasions[0].sends_at
    run.claim()
    clinic.stop(dispatch)
    run.close()
    restore = back_up()
    by_hand(clinic, dispatch)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    made = forms_made(clinic)

    restore()
    mark(clinic)
    await reconciled(clinic)
    if clinic.dispatch(dispatch).occasions[0].has_a_rest:
        by_hand(clinic, dispatch)
    await finish(clinic, dispatch)

    assert forms_made(clinic) == made
    assert made.total() == 8


async def test_whoever_has_been_protected_since_gets_nothing_after_a_restored_backup(
    clinic: Clinic, back_up: Callable[[], Callable[[], None]]
) -> None:
    dispatch = (await clinic.start()).dispatch
    restore = back_up()
    clinic.clock.moment = dispatch.occasions[0].sends_at
    clinic.persons.records[ANNA] = PersonRecord(protected=True)

    restore()
    mark(clinic)
    await clinic.run(dispatch.occasions[0])
    await finish(clinic, dispatch)

    assert {number for number, _form in forms_made(clinic)} == {BO.digits}
    assert states(clinic, dispatch) == {DeliveryState.SENT: 4, DeliveryState.MANUAL: 4}


async def test_an_occasion_that_is_still_to_come_is_left_as_it_is(clinic: Clinic) -> None:
    await clinic.start()

    assert mark(clinic) == 0
