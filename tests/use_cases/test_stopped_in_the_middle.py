"""A stop while an occasion is being sent: what has left arrives, nothing more is begun, those who
have got all are notified, and there is always a way on.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from tests.clinic import GAD, PHQ, STAFF, WEEKLY, Clinic, a_clinic
from tests.people import ANNA, BO, CILLA, DAVID, TOLVAN
from tests.use_cases.clinic_days import (
    mails,
    pass_hours,
    reconciled,
    run_to_its_end,
    states,
)
from utskick.adapters.in_memory import FakeClock, InMemoryFormService
from utskick.domain.deliveries import DeliveryState, FormId, Outcome
from utskick.domain.dispatches import Dispatch
from utskick.domain.errors import NothingAhead, NothingLeft, StartBlocked
from utskick.domain.occasions import Occasion, OccasionState
from utskick.ports import FormOrder, InboxUser, PersonRecord
from utskick.records import DeliveryClaim
from utskick.sending.close_occasion import Closed
from utskick.sending.run_occasion import OccasionRun
from utskick.store import SqlStore
from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.open_dispatch import open_dispatch
from utskick.use_cases.send_missed_occasion import SendMissedOccasion
from utskick.use_cases.stop_dispatch import Stopped
from utskick.use_cases.ways_on import ByHand, WaysOn

EVERYONE = (ANNA, BO, CILLA, DAVID)
FORMS = (PHQ, GAD)
ALL = len(EVERYONE) * len(FORMS)
_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Afternoon:
    """An occasion of two forms to four people that was stopped when `sent` were."""

    clinic: Clinic
    dispatch: Dispatch
    run: OccasionRun
    stopped: Stopped
    sent: int

    @property
    def occasion(self) -> Occasion:
        return self.clinic.dispatch(self.dispatch).occasions[0]

    @property
    def ways(self) -> WaysOn | None:
        opened = open_dispatch(
            self.dispatch.id, actor=STAFF, store=self.clinic.store, now=self.clinic.clock.now()
        )
        return next(iter(opened.ways), None)

    @property
    def notified(self) -> int:
        return len(self.clinic.inbox.messages)

    async def goes_on(self, way: Callable[..., ByHand]) -> None:
        """Staff choose the way, and its run does what it has to, if there is any."""
        self.clinic.by_hand(way, self.occasion)
        await self.clinic.run(self.occasion)


async def stopped_after(store: SqlStore, sent: int, **spec: Any) -> Afternoon:
    """One call at a time; the stop comes in the middle of the last that is made."""
    # Whoever sleeps lets time pass for all, on a busy machine much of it; the lease outlasts it.
    clinic = a_clinic(store, forms_concurrency=1, lease_s=86_400, stop_heard_within_s=600)
    people = [number.digits for number in EVERYONE]
    spec = {"recipients": people, "forms": [form.key for form in FORMS]} | spec
    dispatch = (await clinic.start(**spec)).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    answers: list[Stopped] = []

    class StopIn(type(clinic.forms.fails_before)):  # type: ignore[misc]  # a class by value
        def strike(self) -> None:
            if len(clinic.forms.forms) + 1 == sent:
                answers.append(clinic.stop(dispatch))

    clinic.forms.fails_before = StopIn()
    if not sent:
        answers.append(clinic.stop(dispatch))
    async with run.held():
        await asyncio.gather(run.send_forms(), run.send_inbox_messages())
        run.close()
    clinic.forms.fails_before = type(clinic.inbox.fails_before)()
    return Afternoon(clinic, dispatch, run, answers[0], sent)


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.01)


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


@pytest.mark.parametrize("sent", [0, 1, ALL // 2, ALL - 1])
async def test_an_ended_occasion_sends_no_more_and_all_with_any_form_are_notified(
    store: SqlStore, sent: int
) -> None:
    afternoon = await stopped_after(store, sent)

    await afternoon.goes_on(EndOccasion)

    assert afternoon.occasion.state is OccasionState.ENDED
    assert (len(afternoon.clinic.forms.forms), afternoon.notified) == (sent, (sent + 1) // 2)
    assert afternoon.ways is None
    with pytest.raises(NothingLeft):
        afternoon.clinic.by_hand(SendMissedOccasion, afternoon.occasion)
    pass_hours(afternoon.clinic, 7 * 24)
    assert afternoon.clinic.clean_up() == 1


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
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.wait_until_due()

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


async def test_a_run_that_died_at_the_stop_is_followed_by_one_that_notifies(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    dead = clinic.run_of(dispatch.occasions[0])
    dead.claim()
    await dead.validate_recipients()
    dead.render_message()
    await dead.wait_until_due()
    await dead.send_forms()
    clinic.stop(dispatch)
    with store.transaction() as records:
        records.occasions.renew({dead.token: dead.occasion_id}, lease_s=-1)

    mended = await reconciled(clinic)
    closed = await clinic.run(dispatch.occasions[0])

    assert mended.resumed == 1
    assert isinstance(closed, Closed)
    assert closed.occasion.state is OccasionState.DONE
    assert len(clinic.inbox.messages) == 2


async def test_what_nobody_could_know_in_time_is_stopped_and_can_still_be_notified(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    dead = clinic.run_of(dispatch.occasions[0])
    dead.claim()
    await dead.validate_recipients()
    dead.render_message()
    await dead.wait_until_due()
    await dead.send_forms()
    clinic.stop(dispatch)
    with store.transaction() as records:
        records.occasions.renew({dead.token: dead.occasion_id}, lease_s=-1)
    pass_hours(clinic, 3)

    await reconciled(clinic)

    (occasion,) = clinic.dispatch(dispatch).occasions
    assert occasion.state is OccasionState.STOPPED
    assert mails(clinic) == []
    clinic.by_hand(NotifyRecipients, occasion)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    assert len(clinic.inbox.messages) == 2


async def test_what_comes_back_from_being_unknown_after_the_end_is_never_sent(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, forms_concurrency=1)
    dispatch = (await clinic.start(recipients=[TOLVAN.digits], forms=[PHQ.key, GAD.key])).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.wait_until_due()
    with clinic.store.transaction() as records:
        (first,) = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=60
        )
        unknown = Outcome(id=first.id, attempt=first.attempt, state=DeliveryState.UNKNOWN)
        records.deliveries.record([unknown])
    clinic.stop(dispatch)
    run.close()

    clinic.by_hand(EndOccasion, clinic.dispatch(dispatch).occasions[0])
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    await reconciled(clinic)
    come_back = states(clinic, dispatch)
    await reconciled(clinic)

    assert come_back == {DeliveryState.PLANNED: 1, DeliveryState.CANCELLED: 1}
    assert states(clinic, dispatch) == {DeliveryState.CANCELLED: 2}


async def test_a_stop_says_how_many_are_really_on_their_way(store: SqlStore) -> None:
    """What is claimed ahead of the calls is given back before the stop is answered."""
    clinic = a_clinic(store, forms_concurrency=2, stop_heard_within_s=0.2)

    class Held(InMemoryFormService):
        """Nobody is answered before the stop is."""

        async def create_form(
            self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
        ) -> FormId:
            form_id = await super().create_form(order, may_leave=may_leave)
            await answered.wait()
            return form_id

    class Patient(FakeClock):
        def pause(self, seconds: float) -> None:
            self.advance(seconds)
            until(lambda: sending_now() == 2, "what has not left is given back")

    def sending_now() -> int:
        return states(clinic, dispatch).get(DeliveryState.SENDING, 0)

    answered = asyncio.Event()
    forms = Held(clock=clinic.clock, templates=clinic.forms.templates)
    clinic = replace(clinic, forms=forms, clock=Patient(clinic.clock.now()))
    everyone = [number.digits for number in (*EVERYONE, TOLVAN)]
    dispatch = (await clinic.start(recipients=everyone)).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.wait_until_due()
    sending = asyncio.create_task(run.send_forms())
    await asyncio.to_thread(until, lambda: sending_now() == 4, "two more are claimed ahead")

    stopped = await asyncio.to_thread(clinic.stop, dispatch)
    answered.set()
    await sending

    assert (stopped.on_their_way, stopped.left) == (2, 18)
    assert len(forms.forms) == 2
    assert states(clinic, dispatch) == {DeliveryState.SENT: 2, DeliveryState.PLANNED: 18}


async def test_an_occasion_that_nobody_takes_is_late_and_reported_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 1)

    await reconciled(clinic)
    before = list(mails(clinic))
    clinic.clock.advance(61)
    await reconciled(clinic)
    await reconciled(clinic)

    (mail,) = mails(clinic)
    assert before == []
    assert "Försenat utskickstillfälle" in mail.subject
    assert "fram till 2027-02-01 15:00" in mail.body
    pass_hours(clinic, 3)
    await reconciled(clinic)
    assert [m.subject.split(":")[0] for m in mails(clinic)] == [
        "Försenat utskickstillfälle",
        "Missat utskickstillfälle",
    ]
    assert clinic.dispatch(dispatch).label == "Klar"


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


async def test_a_form_that_comes_back_after_the_end_keeps_no_message_back(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, forms_concurrency=1)
    dispatch = (await clinic.start(recipients=[TOLVAN.digits], forms=[PHQ.key, GAD.key])).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    with clinic.store.transaction() as records:
        arrived, unknown = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=2)], lease_s=60
        )
        records.deliveries.record(
            [
                Outcome(
                    id=arrived.id,
                    attempt=arrived.attempt,
                    state=DeliveryState.SENT,
                    form_id=FormId(str(uuid4())),
                ),
                Outcome(id=unknown.id, attempt=unknown.attempt, state=DeliveryState.UNKNOWN),
            ]
        )
    clinic.stop(dispatch)
    run.close()
    clinic.by_hand(EndOccasion, clinic.dispatch(dispatch).occasions[0])

    await reconciled(clinic)
    come_back = states(clinic, dispatch)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert come_back == {DeliveryState.SENT: 1, DeliveryState.PLANNED: 1}
    assert len(clinic.inbox.messages) == 1


async def test_a_form_archived_before_the_rest_is_sent_leaves_its_way_on(store: SqlStore) -> None:
    afternoon = await stopped_after(store, 3)
    clinic = afternoon.clinic
    clinic.by_hand(SendMissedOccasion, afternoon.occasion)
    with store.transaction() as records:
        records.forms.archive(PHQ.id, archived_at=clinic.clock.now())

    blocked = await clinic.run(afternoon.occasion)
    await clinic.run(afternoon.occasion)

    assert isinstance(blocked, StartBlocked)
    opened = open_dispatch(afternoon.dispatch.id, actor=STAFF, store=store, now=clinic.clock.now())
    assert opened.dispatch.label == "Avbruten"
    assert opened.blocked is not None
    assert opened.blocked.archived == blocked.archived
    assert "Det som redan är skickat" in mails(clinic)[-1].body
    ways = afternoon.ways
    assert ways is not None
    assert (ways.may_send, ways.may_notify, ways.may_end) == (False, True, True)
    await afternoon.goes_on(EndOccasion)
    assert afternoon.notified == 2


async def test_a_run_that_goes_on_after_a_death_notifies_though_a_form_was_archived(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    dead = clinic.run_of(dispatch.occasions[0])
    dead.claim()
    await dead.validate_recipients()
    dead.render_message()
    await dead.wait_until_due()
    await dead.send_forms()
    with store.transaction() as records:
        records.occasions.renew({dead.token: dead.occasion_id}, lease_s=-1)
        records.forms.archive(PHQ.id, archived_at=clinic.clock.now())

    await clinic.run(dispatch.occasions[0])
    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert len(clinic.inbox.messages) == 2


async def test_those_whom_a_silent_inbox_has_left_without_message_can_be_notified(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    await run.send_forms()
    pass_hours(clinic, 3)
    run.close()
    (occasion,) = clinic.dispatch(dispatch).occasions

    (way,) = open_dispatch(dispatch.id, actor=STAFF, store=store, now=clinic.clock.now()).ways
    clinic.by_hand(NotifyRecipients, occasion)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert (occasion.state, way.left, way.may_notify) == (OccasionState.MISSED, 0, True)
    assert len(clinic.inbox.messages) == 2
    assert clinic.dispatch(dispatch).occasions[0].state is OccasionState.DONE
