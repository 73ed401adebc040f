"""What may change is checked at the send: whoever may get nothing any more gets nothing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.access_log import Log
from tests.chaos.virtual import Worker
from tests.clinic import GAD, OTHER_UNIT, PHQ, STAFF, UNIT, Clinic, a_clinic
from tests.people import ANNA, BO
from tests.sending.worlds import in_a_world, let_pass
from tests.use_cases.clinic_days import (
    AWAY,
    Meanwhile,
    let_leases_run_out,
    mails,
    order_of,
    pass_hours,
)
from utskick.adapters.in_memory import InMemoryPersons
from utskick.domain.deliveries import ClaimedDelivery, DeliveryState, Outcome, Refusal
from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionState
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser, PersonRecord
from utskick.records import DeliveryClaim
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.sending.run_occasion import OccasionRun
from utskick.store import SqlStore
from utskick.use_cases.administer_units import UnitSpec

Change = Callable[[Clinic], object]

PHQ_ONLY: dict[str, Any] = {"forms": [PHQ.key]}


def _becomes(record: PersonRecord | None) -> Change:
    def change(clinic: Clinic) -> None:
        if record is None:
            del clinic.persons.records[ANNA]
        else:
            clinic.persons.records[ANNA] = record

    return change


def _leaves_1177(clinic: Clinic) -> None:
    clinic.inbox.users[ANNA] = InboxUser(active=False, notified_by=())


PROTECTED = _becomes(PersonRecord(protected=True))
CHANGES = [
    pytest.param(PROTECTED, Refusal.PROTECTED, id="protected"),
    pytest.param(_becomes(PersonRecord(deceased=True)), Refusal.DECEASED, id="dead"),
    pytest.param(_becomes(PersonRecord(emigrated=True)), Refusal.EMIGRATED, id="emigrated"),
    pytest.param(
        _becomes(PersonRecord(changed_number=True)), Refusal.CHANGED_NUMBER, id="new number"
    ),
    pytest.param(
        _becomes(PersonRecord(deregistered=True)), Refusal.DEREGISTERED, id="deregistered"
    ),
    pytest.param(_becomes(None), Refusal.UNKNOWN_PERSON, id="unknown"),
    pytest.param(_leaves_1177, Refusal.NO_ACCOUNT, id="without an account"),
]


class Counting(InMemoryPersons):
    """Notes whom it is asked about; is silent for ever about those in `unanswered`."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__(clinic.persons.records)
        self.asked: list[Sequence[Personnummer]] = []
        self.unanswered: set[Personnummer] = set()

    async def look_up(self, numbers: Sequence[Personnummer]) -> Any:
        self.asked.append(numbers)
        if self.unanswered & set(numbers):
            await asyncio.Event().wait()
        return await super().look_up(numbers)


async def prepared(clinic: Clinic, **changes: Any) -> OccasionRun:
    """All that comes before the second look."""
    run = clinic.run_of((await clinic.start(**changes)).dispatch.occasions[0])
    await _prepare(run)
    return run


async def _prepare(run: OccasionRun) -> None:
    assert run.claim().result is ClaimResult.CLAIMED
    assert await run.check_templates() is None
    await run.validate_recipients()
    run.render_message()


async def sent(run: OccasionRun) -> Closed:
    """All that comes after it."""
    await run.wait_until_due()
    await asyncio.gather(run.send_forms(), run.send_inbox_messages())
    return run.close()


def occasion_of(clinic: Clinic, run: OccasionRun) -> Occasion:
    with clinic.store.transaction() as records:
        return records.dispatches.of_occasion(run.occasion_id)[1]


@pytest.mark.parametrize(("change", "why"), CHANGES)
async def test_whoever_may_get_nothing_any_more_gets_neither_form_nor_message(
    clinic: Clinic, change: Change, why: Refusal
) -> None:
    run = await prepared(clinic)
    change(clinic)

    await run.check_again()
    closed = await sent(run)

    assert clinic.sent_to(ANNA) == []
    assert [number for number, _ in clinic.inbox.messages] == [BO]
    assert closed.sent == 4
    assert {reason for form in closed.forms for reason in form.refused_because} == {why}
    assert not closed.occasion.late


async def test_staff_see_who_got_nothing_after_all_and_are_mailed(clinic: Clinic) -> None:
    run = await prepared(clinic)
    PROTECTED(clinic)

    await run.check_again()
    closed = await sent(run)

    opened = clinic.open_dispatch.open_occasion(
        closed.dispatch.id, run.occasion_id, actor=STAFF, now=clinic.clock.now()
    )
    (anna,) = [each for each in opened.listed.rows if each.personnummer == ANNA]
    assert {cell.refusal for cell in opened.forms[anna.id]} == {Refusal.PROTECTED}
    assert opened.messages[anna.id] is DeliveryState.REFUSED
    (mail,) = mails(clinic)
    assert "- Skyddad identitet: 4" in mail.body


async def test_the_access_log_says_that_it_was_not_sent_after_all(
    clinic: Clinic, log: Log
) -> None:
    run = await prepared(clinic)
    PROTECTED(clinic)

    await run.check_again()

    assert log()[-1] == "Skriva: skickar inte formulär, tillfälle 1 (person)"


async def test_whoever_needs_no_account_is_not_asked_about_it(clinic: Clinic) -> None:
    run = await prepared(clinic, creates_inbox_message=False)
    _leaves_1177(clinic)

    await run.check_again()

    assert (await sent(run)).sent == 8


@pytest.mark.parametrize("minutes", [30, 6])
@pytest.mark.parametrize("ended", ["protected", "dead", "removed"])
async def test_an_early_quick_run_sends_nothing_to_whom_that_ends_after_it(
    clinic: Clinic, minutes: float, ended: str
) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    clinic.clock.moment = dispatch.occasions[0].sends_at - timedelta(minutes=minutes)
    assert await run.run() is ClaimResult.TOO_EARLY

    if ended == "removed":
        clinic.remove(dispatch, ANNA)
    else:
        clinic.persons.records[ANNA] = PersonRecord(
            protected=ended == "protected", deceased=ended == "dead"
        )
    closed = await clinic.run(dispatch.occasions[0])

    assert isinstance(closed, Closed)
    assert clinic.sent_to(ANNA) == []
    assert [number for number, _ in clinic.inbox.messages] == [BO]


@pytest.mark.parametrize("ended", ["protected", "dead", "removed"])
async def test_a_quick_run_ten_seconds_early_sends_nothing_to_whom_it_had_ended_by_then(
    clinic: Clinic, ended: str
) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    clinic.clock.moment = dispatch.occasions[0].sends_at - timedelta(seconds=10)
    if ended != "removed":
        clinic.persons.records[ANNA] = PersonRecord(
            protected=ended == "protected", deceased=ended == "dead"
        )
    await _prepare(run)
    if ended == "removed":
        clinic.remove(dispatch, ANNA)

    await run.check_again()
    closed = await sent(run)

    assert (clinic.sent_to(ANNA), closed.sent) == ([], 4)
    assert [number for number, _ in clinic.inbox.messages] == [BO]


@pytest.mark.parametrize("register", ["persons", "inbox"])
async def test_a_register_that_is_silent_until_the_moment_delays_nothing_and_is_counted(
    store: SqlStore, register: str
) -> None:
    clinic = a_clinic(store, retry_delays_s=(20,))
    run = await prepared(clinic)
    getattr(clinic, register).fails_reading.extend([AWAY] * 10)

    await run.check_again()
    closed = await sent(run)

    assert (closed.sent, closed.occasion.late) == (8, False)
    counted = closed.occasion.unchecked_persons, closed.occasion.unchecked_accounts
    assert counted == ((2, 0) if register == "persons" else (0, 2))


def test_a_register_that_never_answers_delays_nothing_and_what_it_did_say_counts(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, persons_batch=1, lease_s=1e6)
    persons = Counting(clinic)
    occasion = asyncio.run(clinic.start()).dispatch.occasions[0]
    run, world = in_a_world(replace(clinic, persons=persons), occasion)
    worker = Worker(world, run.run())
    worker.step()
    PROTECTED(clinic)
    persons.records, persons.unanswered = clinic.persons.records, {BO}

    let_pass(world, worker, until=occasion.sends_at + timedelta(seconds=2))

    assert (clinic.sent_to(ANNA), len(clinic.sent_to(BO))) == ([], 4)
    assert [number for number, _ in clinic.inbox.messages] == [BO]
    stored = occasion_of(clinic, run)
    assert (stored.late, stored.unchecked_persons) == (False, 1)


async def test_a_unit_withdrawn_since_sends_nothing(clinic: Clinic) -> None:
    run = await prepared(clinic)
    clinic.administer_units.withdraw_unit(UNIT.id, actor=STAFF, now=clinic.clock.now())

    blocked = await run.check_again()

    assert isinstance(blocked, StartBlocked)
    assert "indragen" in blocked.staff_message
    assert occasion_of(clinic, run).state is OccasionState.BLOCKED
    (mail,) = mails(clinic)
    assert mail.subject.startswith("Paketutskick avbrutet")
    assert "Enheten är indragen." in mail.body
    assert "byt ut" not in mail.body


async def test_a_unit_withdrawn_since_sends_nothing_though_the_form_service_is_silent(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, retry_delays_s=(20,))
    run = await prepared(clinic)
    clinic.forms.fails_reading.extend([AWAY] * 10)
    clinic.administer_units.withdraw_unit(UNIT.id, actor=STAFF, now=clinic.clock.now())

    assert isinstance(await run.check_again(), StartBlocked)


async def test_another_unit_that_is_withdrawn_changes_nothing(clinic: Clinic) -> None:
    run = await prepared(clinic, forms=[PHQ.key, GAD.key])
    clinic.administer_units.withdraw_unit(OTHER_UNIT.id, actor=STAFF, now=clinic.clock.now())

    await run.check_again()

    assert (await sent(run)).sent == 4


async def test_the_message_shows_what_the_unit_is_called_now(clinic: Clinic) -> None:
    run = await prepared(clinic)
    spec = UnitSpec(name="Mottagningen vid ån", phone=UNIT.phone)
    clinic.administer_units.change_unit(UNIT.id, spec, actor=STAFF, now=clinic.clock.now())

    await run.check_again()
    await sent(run)

    for _, message in clinic.inbox.messages:
        assert message.text.startswith("Hej! Mottagningen vid ån vill")
        assert message.unit_name == "Mottagningen vid ån"


async def test_a_run_that_begins_late_asks_once(clinic: Clinic) -> None:
    counting = replace(clinic, persons=(persons := Counting(clinic)))
    dispatch = (await counting.start()).dispatch
    pass_hours(counting, 2)
    persons.asked.clear()

    run = counting.run_of(dispatch.occasions[0])
    run.claim()
    await run.check_templates()
    await run.validate_recipients()
    await run.check_again()

    assert len(persons.asked) == 1


async def test_a_late_run_whose_answers_have_grown_old_asks_again(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 2)
    run = clinic.run_of(dispatch.occasions[0])
    await _prepare(run)
    clinic.clock.advance(61)
    PROTECTED(clinic)

    await run.check_again()
    await sent(run)

    assert (clinic.sent_to(ANNA), len(clinic.sent_to(BO))) == ([], 4)


async def test_what_is_sent_by_hand_is_checked_then(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 24)
    assert await clinic.run(dispatch.occasions[0]) is ClaimResult.TOO_LATE
    PROTECTED(clinic)
    clinic.send_missed_occasion(dispatch.occasions[0].id, actor=STAFF, now=clinic.clock.now())

    closed = await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert isinstance(closed, Closed)
    assert (clinic.sent_to(ANNA), closed.sent) == ([], 4)


async def test_when_sending_lasts_the_registers_are_asked_again(clinic: Clinic) -> None:
    run = await prepared(clinic, **PHQ_ONLY)
    clinic.forms.fails_before = away_for_minutes_each(clinic, times=2)

    await run.check_again()
    closed = await sent(run)

    assert (clinic.sent_to(ANNA), clinic.sent_to(BO)) == ([], [PHQ])
    assert closed.forms[0].refused_because == {Refusal.PROTECTED: 1}


async def test_when_messages_wait_for_the_inbox_the_registers_are_asked_again(
    clinic: Clinic,
) -> None:
    run = await prepared(clinic, **PHQ_ONLY)
    clinic.inbox.fails_before = away_for_minutes_each(clinic, times=2)

    await run.check_again()
    await sent(run)

    assert (clinic.sent_to(ANNA), clinic.sent_to(BO)) == ([PHQ], [PHQ])
    assert [number for number, _ in clinic.inbox.messages] == [BO]


def away_for_minutes_each(clinic: Clinic, *, times: int) -> Meanwhile:
    """A neighbour that is away so often, and so long that Anna becomes protected meanwhile."""
    left = iter(range(times))

    def away() -> None:
        if next(left, None) is not None:
            PROTECTED(clinic)
            clinic.clock.advance(180)
            raise AWAY

    return Meanwhile(away)


async def test_whoever_got_some_forms_before_a_death_is_not_notified_of_them_once_protected(
    clinic: Clinic,
) -> None:
    run = await prepared(clinic)
    await _dies(clinic, run, when_sent=2)
    PROTECTED(clinic)

    closed = await clinic.run(run.occasion)

    assert isinstance(closed, Closed)
    assert (len(clinic.sent_to(ANNA)), len(clinic.sent_to(BO))) == (2, 4)
    assert [number for number, _ in clinic.inbox.messages] == [BO]


async def test_what_a_dead_run_was_sending_to_somebody_protected_since_is_not_sent_again(
    clinic: Clinic, tmp_path: Path
) -> None:
    run = await prepared(clinic)
    await _dies(clinic, run, while_sending=3)
    PROTECTED(clinic)
    again = clinic.run_of(run.occasion)
    await _prepare(again)
    let_leases_run_out(tmp_path, "delivery")

    closed = await sent(again)

    assert (clinic.sent_to(ANNA), len(clinic.sent_to(BO))) == ([], 4)
    assert closed.occasion.state is OccasionState.DONE
    assert [form.refused_because for form in closed.forms] == [{Refusal.PROTECTED: 1}] * 4


async def _dies(
    clinic: Clinic, run: OccasionRun, *, when_sent: int = 0, while_sending: int = 0
) -> None:
    """It has sent some forms, and of others only the intent is known."""
    await run.wait_until_due()
    for delivery in _claimed(clinic, run, when_sent):
        form_id = await clinic.forms.create_form(order_of(delivery))
        outcome = Outcome(
            id=delivery.id,
            attempt=delivery.attempt,
            state=DeliveryState.SENT,
            form_id=form_id,
        )
        with clinic.store.transaction() as records:
            records.deliveries.record([outcome])
    _claimed(clinic, run, while_sending)
    with clinic.store.transaction() as records:
        records.occasions.renew({run.token: run.occasion_id}, lease_s=-1)


def _claimed(clinic: Clinic, run: OccasionRun, count: int) -> Sequence[ClaimedDelivery]:
    claim = DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=count)
    with clinic.store.transaction() as records:
        return records.deliveries.claim([claim], lease_s=60) if count else []
