"""Skicka påminnelse: by hand, at most once a day, and never again after an unknown outcome."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, PHQ, STAFF, UNIT, Clinic, a_clinic
from tests.people import ANNA
from tests.use_cases.clinic_days import AWAY, Meanwhile, run_to_its_end
from utskick.adapters.in_memory import FakeClock
from utskick.domain.deliveries import DeliveryId, DeliveryState, FormStatus
from utskick.domain.errors import NotFound
from utskick.domain.notices import AnsweredForm
from utskick.domain.units import Actor
from utskick.ports import (
    Answer,
    FoundForm,
    InboxUser,
    PermanentFailure,
    PersonRecord,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.records import FollowedUp, Reminder
from utskick.store import SqlStore
from utskick.use_cases.may_remind import CannotRemind


@pytest.fixture
async def annas(clinic: Clinic) -> FollowedUp:
    """PHQ-9, sent to Anna a while ago; no message but reminders is in the inbox."""
    dispatch = (await clinic.start(forms=[PHQ.key], recipients=[ANNA.digits])).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    clinic.inbox.messages.clear()
    (form,) = await clinic.followed_up()
    return form


async def remind(
    clinic: Clinic, delivery_id: DeliveryId, *, actor: Actor = STAFF
) -> DeliveryState:
    return await clinic.send_reminder(delivery_id, actor=actor)


def reminders(clinic: Clinic, form: FollowedUp) -> Sequence[Reminder]:
    with clinic.store.transaction() as records:
        return records.follow_up.reminders_of(form.delivery_id)


async def test_the_recipient_gets_a_message_and_that_is_logged(
    clinic: Clinic, annas: FollowedUp, log: Log
) -> None:
    state = await remind(clinic, annas.delivery_id)

    ((recipient, message),) = clinic.inbox.messages
    (reminder,) = reminders(clinic, annas)
    assert state is DeliveryState.SENT
    assert recipient == ANNA
    assert "Sista dag att svara är 1 februari 2028." in message.text
    assert message.forms == (annas.form_id,)
    assert (reminder.state, reminder.created_by) == (DeliveryState.SENT, STAFF.name)
    assert log()[-1] == "Skriva: skickat påminnelse (person)"


async def test_a_second_one_waits_till_tomorrow(clinic: Clinic, annas: FollowedUp) -> None:
    await remind(clinic, annas.delivery_id)
    with pytest.raises(CannotRemind, match="already today"):
        await remind(clinic, annas.delivery_id)
    clinic.clock.advance(timedelta(days=1).total_seconds())

    await remind(clinic, annas.delivery_id)

    assert len(clinic.inbox.messages) == len(reminders(clinic, annas)) == 2


async def test_two_colleagues_at_once_remind_only_once(clinic: Clinic, annas: FollowedUp) -> None:
    outcomes = await asyncio.gather(
        *(remind(clinic, annas.delivery_id) for _ in range(4)), return_exceptions=True
    )

    assert sum(outcome is DeliveryState.SENT for outcome in outcomes) == 1
    assert sum(isinstance(outcome, CannotRemind) for outcome in outcomes) == 3
    assert len(clinic.inbox.messages) == 1


async def test_the_intent_is_kept_as_uncertain_before_the_call(
    clinic: Clinic, annas: FollowedUp
) -> None:
    seen: list[DeliveryState] = []
    clinic.inbox.fails_before = Meanwhile(
        lambda: seen.extend(each.state for each in reminders(clinic, annas))
    )

    await remind(clinic, annas.delivery_id)

    assert seen == [DeliveryState.MANUAL]


async def test_what_died_in_the_call_stands_as_uncertain_and_is_not_repeated(
    clinic: Clinic, annas: FollowedUp
) -> None:
    def die() -> None:
        raise asyncio.CancelledError

    clinic.inbox.fails_after = Meanwhile(die)
    with pytest.raises(asyncio.CancelledError):
        await remind(clinic, annas.delivery_id)

    with pytest.raises(CannotRemind, match="already today"):
        await remind(clinic, annas.delivery_id)

    assert [each.state for each in reminders(clinic, annas)] == [DeliveryState.MANUAL]
    assert len(clinic.inbox.messages) == 1


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (UnknownOutcome("cut off"), DeliveryState.MANUAL),
        (PermanentFailure("no account"), DeliveryState.REFUSED),
    ],
)
async def test_the_outcome_is_kept(
    clinic: Clinic, annas: FollowedUp, failure: Exception, state: DeliveryState
) -> None:
    clinic.inbox.fails_before.append(failure)

    assert await remind(clinic, annas.delivery_id) is state
    assert [each.state for each in reminders(clinic, annas)] == [state]


async def test_what_the_inbox_did_not_take_can_be_tried_again_the_same_day(
    clinic: Clinic, annas: FollowedUp
) -> None:
    clinic.inbox.fails_before.append(AWAY)
    with pytest.raises(TemporaryFailure):
        await remind(clinic, annas.delivery_id)

    assert await remind(clinic, annas.delivery_id) is DeliveryState.SENT


async def test_who_has_answered_a_moment_ago_is_not_reminded(
    clinic: Clinic, annas: FollowedUp
) -> None:
    (kept,) = clinic.forms.forms
    clinic.forms.answers[kept.id] = Answer(
        form_id=kept.id, status=FormStatus.COMPLETED, answers=()
    )

    for _first_and_once_it_is_known in range(2):
        with pytest.raises(CannotRemind, match="answered"):
            await remind(clinic, annas.delivery_id)

    assert clinic.inbox.messages == []


async def test_who_answers_while_the_form_service_is_asked_is_not_reminded(
    clinic: Clinic, annas: FollowedUp
) -> None:
    def shown_before_it_was_answered(form: FoundForm) -> FoundForm:
        assert form.id
        later = clinic.clock.now() + timedelta(seconds=1)
        clinic.note_answered([AnsweredForm(form.id, UNIT.id)], now=later)
        return form

    clinic.forms.shows = shown_before_it_was_answered

    with pytest.raises(CannotRemind, match="answered"):
        await remind(clinic, annas.delivery_id)

    assert clinic.inbox.messages == []


async def test_no_reminder_is_left_before_the_inbox_has_answered_whatever_is_remembered(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, inbox_fresh=timedelta(hours=1))
    dispatch = (await clinic.start(forms=[PHQ.key], recipients=[ANNA.digits])).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    (form,) = await clinic.followed_up()
    clinic.inbox.messages.clear()
    clinic.accounts.doubt()
    clinic.inbox.fails_reading.append(AWAY)

    with pytest.raises(CannotRemind, match="a register is silent"):
        await remind(clinic, form.delivery_id)

    assert clinic.inbox.messages == []
    assert await remind(clinic, form.delivery_id) is DeliveryState.SENT


async def test_nobody_is_reminded_while_nobody_knows_whether_they_have_answered(
    clinic: Clinic, annas: FollowedUp
) -> None:
    clinic.forms.fails_reading.append(AWAY)

    with pytest.raises(CannotRemind, match="not known") as refused:
        await remind(clinic, annas.delivery_id)

    assert "Försök igen" in refused.value.staff_message
    assert clinic.inbox.messages == []


def becomes(record: PersonRecord) -> Callable[[Clinic], None]:
    def change(clinic: Clinic) -> None:
        clinic.persons.records[ANNA] = record

    return change


class Waiting(FakeClock):
    """Something happens to the clinic while a place in a queue is waited for."""

    def __init__(self, clinic: Clinic, change: Callable[[Clinic], None]) -> None:
        super().__init__(clinic.clock.now())
        self._clinic = clinic
        self._change = change

    async def sleep(self, seconds: float) -> None:
        if seconds > 1:
            self._change(self._clinic)
        await super().sleep(seconds)


def is_not_in_the_register(clinic: Clinic) -> None:
    del clinic.persons.records[ANNA]


def leaves_1177(clinic: Clinic) -> None:
    clinic.inbox.users[ANNA] = InboxUser(active=False, notified_by=())


@pytest.mark.parametrize(
    ("change", "reason", "remedy"),
    [
        pytest.param(
            becomes(PersonRecord(protected=True)),
            "Skyddad identitet",
            "Använd en formulärlänk i stället.",
            id="protected",
        ),
        pytest.param(
            becomes(PersonRecord(deceased=True)),
            "Avliden",
            "Du behöver inte göra något mer med formuläret.",
            id="dead",
        ),
        pytest.param(
            becomes(PersonRecord(emigrated=True)),
            "Utvandrad",
            "Kontakta personen på annat sätt om svaret behövs.",
            id="emigrated",
        ),
        pytest.param(
            becomes(PersonRecord(changed_number=True)),
            "Har fått ett nytt personnummer",
            "Kontakta personen på annat sätt om svaret behövs.",
            id="another number",
        ),
        pytest.param(
            becomes(PersonRecord(deregistered=True)),
            "Avregistrerad ur folkbokföringen",
            "Kontrollera personens uppgifter i journalsystemet.",
            id="deregistered",
        ),
        pytest.param(
            is_not_in_the_register,
            "Finns inte i befolkningsregistret",
            "Kontrollera personnumret.",
            id="unknown",
        ),
        pytest.param(
            leaves_1177,
            "Har inget konto på 1177",
            "Be personen logga in på 1177.se och skapa ett konto, eller kontakta personen på annat"
            " sätt.",
            id="without an account",
        ),
    ],
)
async def test_who_may_get_nothing_since_the_form_was_sent_is_not_reminded(
    clinic: Clinic,
    annas: FollowedUp,
    log: Log,
    change: Callable[[Clinic], None],
    reason: str,
    remedy: str,
) -> None:
    before = log()
    change(clinic)

    with pytest.raises(CannotRemind) as refused:
        await remind(clinic, annas.delivery_id)

    assert refused.value.staff_message == f"{reason}, så ingen påminnelse skickades. {remedy}"
    # Logs do not say which.
    assert str(refused.value) == "cannot remind: the person can get nothing now"
    assert clinic.inbox.messages == []
    assert reminders(clinic, annas) == []
    assert log() == [*before, "Läsa: kontrollerat mottagare (person)"]


@pytest.mark.parametrize("register", ["persons", "inbox"])
async def test_nobody_is_reminded_while_a_register_is_silent_but_again_the_same_day(
    clinic: Clinic, annas: FollowedUp, register: str
) -> None:
    getattr(clinic, register).fails_reading.append(AWAY)

    with pytest.raises(CannotRemind, match="a register is silent") as refused:
        await remind(clinic, annas.delivery_id)
    unsent = list(clinic.inbox.messages)

    assert "Det gick inte att kontrollera" in refused.value.staff_message
    assert "Försök igen om en stund." in refused.value.staff_message
    assert unsent == []
    assert await remind(clinic, annas.delivery_id) is DeliveryState.SENT


async def test_a_withdrawn_unit_reminds_nobody_until_it_is_back(
    clinic: Clinic, annas: FollowedUp
) -> None:
    clinic.administer_units.withdraw_unit(UNIT.id, actor=STAFF, now=clinic.clock.now())

    with pytest.raises(CannotRemind, match="the unit has been withdrawn") as refused:
        await remind(clinic, annas.delivery_id)
    unsent = list(clinic.inbox.messages)
    clinic.administer_units.bring_back_unit(UNIT.id, actor=STAFF, now=clinic.clock.now())

    assert "Kontakta den regionala förvaltningen" in refused.value.staff_message
    assert unsent == []
    assert await remind(clinic, annas.delivery_id) is DeliveryState.SENT


async def test_a_unit_that_is_withdrawn_while_the_registers_are_asked_reminds_nobody(
    clinic: Clinic, annas: FollowedUp
) -> None:
    clinic.inbox.fails_reading = Meanwhile(
        lambda: clinic.administer_units.withdraw_unit(UNIT.id, actor=STAFF, now=clinic.clock.now())
    )

    with pytest.raises(CannotRemind, match="the unit has been withdrawn"):
        await remind(clinic, annas.delivery_id)

    assert clinic.inbox.messages == []
    assert reminders(clinic, annas) == []


async def test_who_becomes_protected_while_the_inbox_is_full_is_not_reminded(
    clinic: Clinic, annas: FollowedUp
) -> None:
    """The registers are asked when the place in the inbox's queue has come."""
    with clinic.store.transaction() as records:
        records.budgets.reserve("inbox", calls=60, per_s=1)
    clinic.clock = Waiting(clinic, becomes(PersonRecord(protected=True)))

    with pytest.raises(CannotRemind, match="can get nothing"):
        await remind(clinic, annas.delivery_id)

    assert clinic.inbox.messages == []


async def test_the_last_day_to_answer_is_also_the_last_to_remind(
    clinic: Clinic, annas: FollowedUp
) -> None:
    day = timedelta(days=1).total_seconds()
    today = clinic.clock.now().astimezone(clinic.rules.zone).date()
    clinic.clock.advance((annas.answer_by - today).days * day)
    await remind(clinic, annas.delivery_id)

    clinic.clock.advance(day)

    with pytest.raises(CannotRemind, match="answer-by has passed"):
        await remind(clinic, annas.delivery_id)


async def test_what_has_been_purged_is_not_reminded_of(clinic: Clinic, annas: FollowedUp) -> None:
    clinic.mark_purged([annas.delivery_id], actor=STAFF, now=clinic.clock.now())

    with pytest.raises(CannotRemind, match="purged"):
        await remind(clinic, annas.delivery_id)


async def test_what_was_sent_without_an_inbox_message_is_not_reminded_of_in_the_inbox(
    clinic: Clinic,
) -> None:
    """Det är till exempel inte tillåtet att använda 1177 inkorg för att kontakta mottagare."""
    started = await clinic.send(recipients=[ANNA.digits], creates_inbox_message=False)
    await clinic.run(started.dispatch.occasions[0])
    (form,) = await clinic.followed_up()

    with pytest.raises(CannotRemind, match="without an inbox message"):
        await remind(clinic, form.delivery_id)


async def test_another_unit_cannot_remind(clinic: Clinic, annas: FollowedUp) -> None:
    with pytest.raises(NotFound):
        await remind(clinic, annas.delivery_id, actor=OTHER_STAFF)
