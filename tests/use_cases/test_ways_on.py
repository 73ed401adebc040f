"""What is left by a stop in the middle always has a way on, and staff choose it."""

from dataclasses import replace

import pytest

from tests.clinic import PHQ, STAFF, WEEKLY, Clinic
from tests.use_cases.afternoons import ALL, EVERYONE, ready_to_send, stopped_after
from tests.use_cases.clinic_days import mails, run_to_its_end
from utskick.domain.errors import NothingAhead, NothingLeft, StartBlocked
from utskick.domain.occasions import OccasionState
from utskick.store import SqlStore
from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.open_dispatch import OpenDispatch
from utskick.use_cases.send_missed_occasion import SendMissedOccasion


@pytest.mark.parametrize("sent", [0, 1, ALL // 2, ALL - 1])
async def test_what_is_left_can_be_sent_and_nobody_gets_anything_twice(
    store: SqlStore, sent: int
) -> None:
    afternoon = await stopped_after(store, sent)

    await afternoon.goes_on(SendMissedOccasion)

    assert [len(afternoon.clinic.sent_to(number)) for number in EVERYONE] == [2, 2, 2, 2]
    assert afternoon.notified == len(EVERYONE)
    assert afternoon.occasion.state is OccasionState.DONE
    assert afternoon.clinic.dispatch(afternoon.dispatch).label == "Klar"


async def test_without_inbox_messages_there_is_nobody_to_notify(store: SqlStore) -> None:
    afternoon = await stopped_after(store, 3, creates_inbox_message=False)

    ways = afternoon.ways
    assert ways is not None
    assert (ways.may_send, ways.may_notify, ways.may_end) == (True, False, True)
    with pytest.raises(NothingLeft):
        afternoon.clinic.by_hand(NotifyRecipients, afternoon.occasion)
    afternoon.clinic.by_hand(EndOccasion, afternoon.occasion)
    assert afternoon.occasion.state is OccasionState.ENDED


async def test_the_ways_on_are_there_while_the_run_is_still_ending(clinic: Clinic) -> None:
    dispatch, run = await ready_to_send(clinic)

    stopped = clinic.stop(dispatch)

    (ways,) = stopped.ways
    assert (stopped.left, ways.occasion.state) == (8, OccasionState.RUNNING)
    assert (ways.may_send, ways.may_end) == (True, True)
    clinic.by_hand(SendMissedOccasion, dispatch.occasions[0])
    run.close()
    again = clinic.dispatch(dispatch).occasions[0]
    assert (again.state, again.version) == (OccasionState.PLANNED, 2)
    assert (await run_to_its_end(clinic, again)).sent == 8


async def test_a_restart_sends_the_next_and_leaves_what_was_stopped_its_own_ways(
    store: SqlStore,
) -> None:
    afternoon = await stopped_after(store, 1, package=WEEKLY.key, start=None, forms=[PHQ.key])
    clinic = afternoon.clinic

    restarted = clinic.restart(afternoon.dispatch)

    assert [each.number for each in restarted.remaining] == [2, 3]
    for occasion in restarted.remaining:
        await run_to_its_end(clinic, occasion)
    ways = afternoon.ways
    assert ways is not None
    assert (ways.left, afternoon.occasion.state) == (3, OccasionState.STOPPED)
    assert len(clinic.forms.forms) == 9


async def test_a_restart_with_nothing_ahead_names_the_ways_on(store: SqlStore) -> None:
    afternoon = await stopped_after(store, 3)

    with pytest.raises(NothingAhead) as caught:
        afternoon.clinic.restart(afternoon.dispatch)

    assert "Vid tillfälle 1 kan du i stället" in caught.value.staff_message


async def test_a_form_archived_before_the_rest_is_sent_leaves_its_way_on(store: SqlStore) -> None:
    afternoon = await stopped_after(store, 3)
    clinic = afternoon.clinic
    clinic.by_hand(SendMissedOccasion, afternoon.occasion)
    with store.transaction() as records:
        records.forms.save([replace(PHQ, archived_at=clinic.clock.now())])

    blocked = await clinic.run(afternoon.occasion)
    await clinic.run(afternoon.occasion)

    assert isinstance(blocked, StartBlocked)
    opened = OpenDispatch(store=store, texts=clinic.texts)(
        afternoon.dispatch.id, actor=STAFF, now=clinic.clock.now()
    )
    assert opened.dispatch.label == "Avbruten"
    assert opened.blocked is not None
    assert opened.blocked.archived == blocked.archived
    assert "Det som redan är skickat" in mails(clinic)[-1].body
    ways = afternoon.ways
    assert ways is not None
    assert (ways.may_send, ways.may_notify, ways.may_end) == (False, True, True)
    await afternoon.goes_on(EndOccasion)
    assert afternoon.notified == 2
