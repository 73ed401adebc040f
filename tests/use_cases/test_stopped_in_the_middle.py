"""A stop while an occasion is being sent: what has left arrives, nothing more is begun, and those
who have got all are notified.
"""

import asyncio

import pytest

from tests.clinic import PHQ, Clinic, a_clinic
from tests.people import TOLVAN
from tests.use_cases.afternoons import ALL, EVERYONE, holding, ready_to_send, stopped_after
from tests.use_cases.clinic_days import mails, pass_hours, reconciled, states
from tests.waiting import poll
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import OccasionState
from utskick.sending.close_occasion import Closed
from utskick.store import SqlStore
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.send_missed_occasion import SendMissedOccasion


async def died_at_the_stop(store: SqlStore) -> tuple[Clinic, Dispatch]:
    """Its run has sent all forms, no message, and died when the stop came."""
    clinic = a_clinic(store)
    dispatch, dead = await ready_to_send(clinic, forms=[PHQ.key])
    await dead.send_forms()
    clinic.stop(dispatch)
    with store.transaction() as records:
        records.occasions.renew({dead.token: dead.occasion_id}, lease_s=-1)
    return clinic, dispatch


@pytest.mark.parametrize("sent", [0, 1, ALL // 2, ALL - 1])
async def test_a_stop_in_the_middle_is_a_state_of_its_own(store: SqlStore, sent: int) -> None:
    afternoon = await stopped_after(store, sent)

    assert afternoon.occasion.state is OccasionState.STOPPED
    assert afternoon.clinic.dispatch(afternoon.dispatch).label == "Stoppad"
    assert len(afternoon.clinic.forms.forms) == sent
    ways = afternoon.ways
    assert ways is not None
    assert (ways.sent, ways.left, ways.on_their_way) == (sent, ALL - sent, 0)
    assert mails(afternoon.clinic) == []


@pytest.mark.parametrize("sent", [0, 1, ALL // 2, ALL - 1])
async def test_whoever_has_got_all_their_forms_is_notified_after_a_stop(
    store: SqlStore, sent: int
) -> None:
    afternoon = await stopped_after(store, sent)

    ways = afternoon.ways
    assert ways is not None
    assert afternoon.notified == sent // 2
    assert (ways.unnotified.complete, ways.unnotified.partly) == (0, sent % 2)
    assert ways.may_notify is (sent % 2 == 1)


async def test_a_run_that_died_at_the_stop_is_followed_by_one_that_notifies(
    store: SqlStore,
) -> None:
    clinic, dispatch = await died_at_the_stop(store)

    mended = await reconciled(clinic)
    closed = await clinic.run(dispatch.occasions[0])

    assert mended.resumed == 1
    assert isinstance(closed, Closed)
    assert closed.occasion.state is OccasionState.DONE
    assert len(clinic.inbox.messages) == 2


async def test_what_nobody_could_know_in_time_is_stopped_and_can_still_be_notified(
    store: SqlStore,
) -> None:
    clinic, dispatch = await died_at_the_stop(store)
    pass_hours(clinic, 3)

    await reconciled(clinic)

    (occasion,) = clinic.dispatch(dispatch).occasions
    assert occasion.state is OccasionState.STOPPED
    assert mails(clinic) == []
    clinic.by_hand(NotifyRecipients, occasion)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    assert len(clinic.inbox.messages) == 2


async def test_nobody_is_forgotten_whose_run_died_before_it_planned_and_was_stopped(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    clinic.clock.moment = dispatch.occasions[0].sends_at
    run.claim()
    clinic.stop(dispatch)
    with store.transaction() as records:
        records.occasions.renew({run.token: run.occasion_id}, lease_s=-1)
    pass_hours(clinic, 3)

    await reconciled(clinic)

    (occasion,) = clinic.dispatch(dispatch).occasions
    assert occasion.state is OccasionState.STOPPED
    clinic.by_hand(SendMissedOccasion, occasion)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    assert states(clinic, dispatch) == {DeliveryState.SENT: 8}


async def test_a_stop_says_how_many_are_really_on_their_way(store: SqlStore) -> None:
    """What is claimed ahead of the calls is given back before the stop is answered."""
    clinic = a_clinic(store, forms_concurrency=2, stop_heard_within_s=0.2)

    clinic, forms = holding(clinic, until=lambda: sending_now() == 2)

    def sending_now() -> int:
        return states(clinic, dispatch).get(DeliveryState.SENDING, 0)

    everyone = [number.digits for number in (*EVERYONE, TOLVAN)]
    dispatch, run = await ready_to_send(clinic, recipients=everyone)
    sending = asyncio.create_task(run.send_forms())
    await asyncio.to_thread(poll, lambda: sending_now() == 4)

    stopped = await asyncio.to_thread(clinic.stop, dispatch)
    forms.answered.set()
    await sending

    assert (stopped.on_their_way, stopped.left) == (2, 18)
    assert len(forms.forms) == 2
    assert states(clinic, dispatch) == {DeliveryState.SENT: 2, DeliveryState.PLANNED: 18}
