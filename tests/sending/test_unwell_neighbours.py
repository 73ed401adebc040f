"""An occasion while its neighbours fail: tried again, read back, or missed and reported."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.clinic import GAD, OWN, PACKAGE, PHQ, SHARED, STAFF, UNIT, Clinic, a_clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import (
    AWAY,
    Meanwhile,
    mails,
    order_of,
    pass_hours,
    run_to_its_end,
    states,
)
from utskick.adapters.in_memory import InMemoryInbox
from utskick.domain.deliveries import DeliveryState, FormId, Outcome, Refusal
from utskick.domain.occasions import OccasionState
from utskick.domain.personnummer import Personnummer
from utskick.ports import (
    InboxMessage,
    PermanentFailure,
    RefusedFurtherOn,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.records import DeliveryClaim
from utskick.store import SqlStore

SHORT_GRACE = timedelta(seconds=5)
_FOR_ALL_THE_RUN = timedelta(days=1)
"""How long the inbox's answers hold: older ones would be asked for again before any message."""

PHQ_ONLY: dict[str, Any] = {"forms": [PHQ.key]}

ANNA_ONLY: dict[str, Any] = {"recipients": [ANNA.digits]}


class SlowToConnect(InMemoryInbox):
    """The connections of the first `calls` open when half a lease has passed."""

    def __init__(self, clinic: Clinic, *, calls: int) -> None:
        super().__init__(clinic.inbox.users)
        self.withheld = 0
        self._clinic = clinic
        self._slow = calls

    async def add_message(
        self,
        personnummer: Personnummer,
        message: InboxMessage,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        if self._slow:
            self._slow -= 1
            self._clinic.clock.advance(self._clinic.rules.lease_s / 2)
            self.withheld += not may_leave()
        await super().add_message(personnummer, message, may_leave=may_leave)


@pytest.mark.parametrize("failures", [1, 5, 12])
async def test_a_temporary_failure_is_tried_again(clinic: Clinic, failures: int) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.forms.fails_before.extend([AWAY] * failures)
    clinic.inbox.fails_before.extend([AWAY] * failures)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)
    assert len(clinic.inbox.messages) == 2
    assert mails(clinic) == []


async def test_the_neighbours_own_delay_is_waited_for(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    clinic.forms.fails_before.append(TemporaryFailure("busy", retry_after_s=0.3))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 1


async def test_an_unknown_outcome_of_a_form_that_was_made_is_found_again(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.forms.fails_after.extend([UnknownOutcome("timed out")] * 3)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)
    assert clinic.sent_to(ANNA) == [PHQ, GAD, OWN, SHARED]


async def test_an_unknown_outcome_of_a_form_that_was_not_made_is_sent_once_more(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.forms.fails_before.extend([UnknownOutcome("reset")] * 3)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)
    assert len(clinic.sent_to(ANNA)) == len(clinic.sent_to(BO)) == 4


async def test_nothing_is_sent_again_before_the_form_service_has_been_asked(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, grace=SHORT_GRACE)
    dispatch = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    clinic.forms.fails_after.append(UnknownOutcome("timed out"))
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.check_templates()
    await run.validate_recipients()
    await run.wait_until_due()
    clinic.forms.fails_reading.extend([AWAY] * 10_000)

    async with run.held():
        await run.send_forms()
    closed = run.close()

    assert len(clinic.forms.forms) == 1
    assert closed.occasion.state is OccasionState.MISSED
    assert states(clinic, dispatch) == {DeliveryState.UNKNOWN: 1}


async def test_no_call_that_changes_anything_is_made_before_a_reading_one_was_answered(
    store: SqlStore,
) -> None:
    # As when our certificate is refused: with TLS 1.3 a changing call would look unknown.
    clinic = a_clinic(store, grace=SHORT_GRACE, retry_delays_s=(600,))
    dispatch = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    changing: list[None] = []
    clinic.forms.fails_before = Meanwhile(lambda: changing.append(None))
    clinic.forms.fails_reading.extend([AWAY] * 10_000)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.occasion.state is OccasionState.MISSED
    assert (changing, clinic.inbox.messages) == ([], [])


async def test_of_several_candidates_staff_must_choose(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch

    def another_hand_makes_the_same() -> None:
        (ours,) = clinic.forms.forms
        clinic.forms.forms.append(replace(ours, id=FormId("another")))
        raise UnknownOutcome("timed out")

    clinic.forms.fails_after = Meanwhile(another_hand_makes_the_same)
    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert states(clinic, dispatch) == {DeliveryState.MANUAL: 1}
    assert (closed.sent, clinic.inbox.messages) == (0, [])
    assert any(mail.subject.startswith("Osäkra utskick") for mail in mails(clinic))


async def test_a_form_that_the_person_already_had_is_not_taken_for_ours(clinic: Clinic) -> None:
    earlier = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    await run_to_its_end(clinic, earlier.occasions[0])
    dispatch = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    clinic.forms.fails_before.append(UnknownOutcome("reset"))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert (closed.sent, clinic.sent_to(ANNA)) == (1, [PHQ, PHQ])


async def test_an_unknown_message_is_left_to_staff_and_never_repeated(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.inbox.fails_after.append(UnknownOutcome("timed out"))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.messages == {DeliveryState.SENT: 1, DeliveryState.MANUAL: 1}
    assert len(clinic.inbox.messages) == 2
    assert closed.occasion.state is OccasionState.DONE
    assert any("Inkorgsmeddelanden: 1" in mail.body for mail in mails(clinic))


async def test_what_goes_wrong_unforeseen_with_a_message_is_left_to_staff_alone(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.inbox.fails_after.append(ValueError("a fault of ours"))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.messages == {DeliveryState.SENT: 1, DeliveryState.MANUAL: 1}


async def test_no_message_is_left_before_the_inbox_has_answered_whatever_is_remembered(
    store: SqlStore,
) -> None:
    # As when our certificate is refused: with TLS 1.3 each message would look unknown.
    clinic = a_clinic(store, inbox_fresh=_FOR_ALL_THE_RUN)
    dispatch = (await clinic.start()).dispatch
    answers = {each: clinic.inbox.users[each] for each in (ANNA, BO)}
    with clinic.store.transaction() as records:
        records.inbox_answers.keep(answers, now=clinic.clock.now())
    # The run is in a process of its own.
    clinic.accounts.doubt()
    clinic.inbox.asked.clear()
    clinic.inbox.fails_reading.extend([AWAY] * 2)
    asked_before: list[int] = []
    clinic.inbox.fails_before = Meanwhile(lambda: asked_before.append(len(clinic.inbox.asked)))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.messages == {DeliveryState.SENT: 2}
    assert asked_before == [3, 3]


async def test_no_message_is_left_to_one_who_turns_out_to_have_no_account_any_more(
    store: SqlStore,
) -> None:
    """Whether her forms had been sent before that is as it happens."""
    clinic = a_clinic(store, inbox_fresh=_FOR_ALL_THE_RUN)
    dispatch = (await clinic.start(**ANNA_ONLY)).dispatch
    with clinic.store.transaction() as records:
        known = {ANNA: clinic.inbox.users.pop(ANNA)}
        records.inbox_answers.keep(known, now=clinic.clock.now())
    clinic.accounts.doubt()
    left: list[None] = []
    clinic.inbox.fails_before = Meanwhile(lambda: left.append(None))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert left == []
    assert DeliveryState.SENT not in closed.messages


async def test_a_message_that_is_unclear_for_all_keeps_the_others_back_until_it_is_over(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, inbox_per_s=1)
    dispatch = (await clinic.start()).dispatch
    refused = RefusedFurtherOn("VP007", contract="AddMessageToPatientPortalInbox")
    asked_before: list[int] = []

    def the_first_is_refused_further_on() -> None:
        asked_before.append(len(clinic.inbox.asked))
        if len(asked_before) == 1:
            raise refused

    clinic.inbox.fails_before = Meanwhile(the_first_is_refused_further_on)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.messages == {DeliveryState.SENT: 1, DeliveryState.MANUAL: 1}
    first, second = asked_before
    assert second == first + 1


async def test_a_message_whose_connection_opens_too_late_is_withheld_and_left_once(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    slow = SlowToConnect(clinic, calls=2)

    closed = await run_to_its_end(replace(clinic, inbox=slow), dispatch.occasions[0])

    assert slow.withheld == 2
    assert closed.messages == {DeliveryState.SENT: 2}
    assert len(slow.messages) == 2


async def test_a_refused_message_does_not_undo_the_forms(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    clinic.inbox.fails_before.append(PermanentFailure("no account", reason=Refusal.NO_ACCOUNT))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 2
    assert closed.messages == {DeliveryState.SENT: 1, DeliveryState.REFUSED: 1}


@pytest.mark.parametrize("register", ["persons", "inbox"])
async def test_a_register_that_is_away_for_a_while_is_waited_for(
    clinic: Clinic, register: str
) -> None:
    dispatch = (await clinic.start()).dispatch
    getattr(clinic, register).fails_reading.extend([AWAY] * 3)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 8


async def test_a_form_service_that_stays_away_misses_the_occasion_and_reports_it(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, grace=SHORT_GRACE)
    dispatch = (await clinic.start()).dispatch
    clinic.forms.fails_before.extend([AWAY] * 100_000)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.occasion.state is OccasionState.MISSED
    assert clinic.dispatch(dispatch).label == "Klar"
    (mail,) = mails(clinic)
    assert mail.subject == f"Missat utskickstillfälle: {PACKAGE.name}, {UNIT.name}"


async def test_a_form_service_that_answers_no_question_misses_the_occasion_too(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, retry_delays_s=(60,))
    dispatch = (await clinic.start()).dispatch
    clinic.forms.fails_reading.extend([AWAY] * 1000)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.occasion.state is OccasionState.MISSED
    assert [mail.subject for mail in mails(clinic)] == [
        f"Missat utskickstillfälle: {PACKAGE.name}, {UNIT.name}"
    ]


async def test_what_was_missed_can_be_sent_by_hand_and_only_that(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    with clinic.store.transaction() as records:
        (annas,) = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=9
        )
    form_id = await clinic.forms.create_form(order_of(annas))
    with clinic.store.transaction() as records:
        records.deliveries.record(
            [
                Outcome(
                    id=annas.id,
                    attempt=annas.attempt,
                    state=DeliveryState.SENT,
                    form_id=form_id,
                )
            ]
        )
    missed = run.close()
    pass_hours(clinic, 20)

    clinic.send_missed_occasion(dispatch.occasions[0].id, actor=STAFF, now=clinic.clock.now())
    closed = await run_to_its_end(clinic, clinic.dispatch(dispatch).occasions[0])

    assert (missed.occasion.state, missed.sent) == (OccasionState.MISSED, 1)
    assert (closed.occasion.state, closed.sent) == (OccasionState.DONE, 2)
    assert (clinic.sent_to(ANNA), clinic.sent_to(BO)) == ([PHQ], [PHQ])
    assert clinic.dispatch(dispatch).label == "Klar"
