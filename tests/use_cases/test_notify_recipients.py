"""Meddela: those with some of their forms can be notified before the rest is sent."""

from collections.abc import Callable

import pytest

from tests.clinic import STAFF, a_clinic
from tests.use_cases.afternoons import ALL, EVERYONE, ready_to_send, stopped_after
from tests.use_cases.clinic_days import pass_hours, states
from utskick.domain.deliveries import DeliveryState
from utskick.domain.occasions import OccasionState
from utskick.ports import InboxUser, PersonRecord
from utskick.store import SqlStore
from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.open_dispatch import OpenDispatch
from utskick.use_cases.send_missed_occasion import SendMissedOccasion
from utskick.use_cases.ways_on import ByHand


@pytest.mark.parametrize("sent", [1, ALL - 1])
async def test_those_with_some_of_their_forms_can_be_notified_once(
    store: SqlStore, sent: int
) -> None:
    afternoon = await stopped_after(store, sent)

    await afternoon.goes_on(NotifyRecipients)

    notified, ways = afternoon.notified, afternoon.ways
    assert notified == sent // 2 + 1
    assert ways is not None
    assert (ways.may_notify, ways.may_send, ways.may_end) == (False, True, True)
    assert afternoon.occasion.state is OccasionState.STOPPED
    await afternoon.goes_on(SendMissedOccasion)
    assert afternoon.notified == len(EVERYONE)


@pytest.mark.parametrize("way", [NotifyRecipients, EndOccasion])
async def test_whoever_has_become_protected_since_the_stop_is_not_notified(
    store: SqlStore, way: Callable[..., ByHand]
) -> None:
    afternoon = await stopped_after(store, 1)
    afternoon.clinic.persons.records |= dict.fromkeys(EVERYONE, PersonRecord(protected=True))

    await afternoon.goes_on(way)

    assert afternoon.notified == 0


async def test_a_run_that_only_notifies_leaves_those_alone_who_have_got_nothing(
    store: SqlStore,
) -> None:
    afternoon = await stopped_after(store, 1)
    for number in EVERYONE:
        afternoon.clinic.inbox.users[number] = InboxUser(active=False, notified_by=())

    await afternoon.goes_on(NotifyRecipients)

    assert states(afternoon.clinic, afternoon.dispatch)[DeliveryState.PLANNED] == ALL - 2


async def test_those_whom_a_silent_inbox_has_left_without_message_can_be_notified(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch, run = await ready_to_send(clinic)
    await run.send_forms()
    pass_hours(clinic, 3)
    run.close()
    (occasion,) = clinic.dispatch(dispatch).occasions

    (way,) = OpenDispatch(store=store, texts=clinic.texts)(
        dispatch.id, actor=STAFF, now=clinic.clock.now()
    ).ways
    clinic.by_hand(NotifyRecipients, occasion)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert (occasion.state, way.left, way.may_notify) == (OccasionState.MISSED, 0, True)
    assert len(clinic.inbox.messages) == 2
    assert clinic.dispatch(dispatch).occasions[0].state is OccasionState.DONE
