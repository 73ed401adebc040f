"""One occasion from its claim to its end: on time, each form once, and never silently lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.clinic import (
    GAD,
    OWN,
    PACKAGE,
    PHQ,
    SHARED,
    STAFF,
    UNIT,
    WEEKLY,
    Clinic,
    a_clinic,
)
from tests.people import ANNA, BO, CILLA, DAVID, PROTECTED
from tests.use_cases.clinic_days import (
    AWAY,
    Meanwhile,
    mails,
    order_of,
    pass_hours,
    reconciled,
    run_to_its_end,
    states,
)
from tests.use_cases.conftest import Log
from utskick.domain.deliveries import DeliveryState, FormId, Outcome, Refusal
from utskick.domain.dispatches import DispatchStatus
from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionState
from utskick.domain.packages import FORMS_DESK
from utskick.ports import (
    InboxMessage,
    PermanentFailure,
    PersonRecord,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.store import SqlStore
from utskick.use_cases.claim_occasion import ClaimResult
from utskick.use_cases.close_occasion import Closed
from utskick.use_cases.send_missed_occasion import send_missed_occasion

SHORT_GRACE = timedelta(seconds=5)
PHQ_ONLY: dict[str, Any] = {"forms": [PHQ.key]}
ANNA_ONLY: dict[str, Any] = {"recipients": [ANNA.digits]}


async def test_every_recipient_gets_every_form_once_and_one_message(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert (closed.planned, closed.sent) == (8, 8)
    assert clinic.sent_to(ANNA) == [PHQ, GAD, OWN, SHARED]
    assert clinic.sent_to(BO) == [PHQ, GAD, OWN, SHARED]
    assert sorted(number for number, _ in clinic.inbox.messages) == [ANNA, BO]
    assert clinic.dispatch(dispatch).status is DispatchStatus.COMPLETED
    assert mails(clinic) == []


async def test_nothing_is_sent_before_the_moment(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    occasion = dispatch.occasions[0]

    closed = await run_to_its_end(clinic, occasion)

    assert min(form.created_at for form in clinic.forms.forms) >= occasion.sends_at
    assert not closed.occasion.late


async def test_the_message_is_filled_in_for_the_occasion(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    for occasion in dispatch.occasions[:2]:
        await run_to_its_end(clinic, occasion)

    texts = [message.text for number, message in clinic.inbox.messages if number == ANNA]
    assert texts == [
        f"Hej från {UNIT.name}. Tillfälle 1 av 3.",
        f"Hej från {UNIT.name}. Tillfälle 2 av 3.",
    ]


async def test_the_heading_is_the_title_or_with_one_form_its_own_name(clinic: Clinic) -> None:
    package = (await clinic.start(**ANNA_ONLY)).dispatch
    single = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    for dispatch in (package, single):
        await run_to_its_end(clinic, dispatch.occasions[0])

    headings = [message.heading for _, message in clinic.inbox.messages]
    assert headings == [PACKAGE.resident_title, PHQ.resident_name]


async def test_the_forms_carry_the_banner_and_the_dates(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY, form_banner="Fråga gärna.")).dispatch

    await run_to_its_end(clinic, dispatch.occasions[0])

    order = clinic.forms.forms[0].order
    assert order.banner == "Fråga gärna."
    assert f"{order.answer_by} {order.purge_after}" == "2028-02-01 2028-03-01"


async def test_no_messages_are_sent_where_staff_wanted_none(clinic: Clinic) -> None:
    dispatch = (await clinic.start(creates_inbox_message=False)).dispatch

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 8
    assert clinic.inbox.messages == []


async def test_a_dispatch_with_occasions_left_goes_on(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch

    await run_to_its_end(clinic, dispatch.occasions[0])

    after = clinic.dispatch(dispatch)
    assert after.status is DispatchStatus.ONGOING
    assert after.occasions[1].state is OccasionState.PLANNED


async def test_whoever_is_refused_is_counted_with_the_reason_and_told_by_mail(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    clinic.forms.unknown_persons.add(ANNA)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.forms[0].refused_because == {Refusal.UNKNOWN_PERSON: 1}
    assert [number for number, _ in clinic.inbox.messages] == [BO]
    assert closed.occasion.state is OccasionState.DONE
    (mail,) = mails(clinic)
    assert mail.subject == f"Allt kunde inte skickas: {PACKAGE.name}, {UNIT.name}"
    assert "- Finns inte i befolkningsregistret: 1" in mail.body


async def test_no_mail_holds_a_personnummer(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    clinic.forms.unknown_persons.update((ANNA, BO))

    await run_to_its_end(clinic, dispatch.occasions[0])

    (mail,) = mails(clinic)
    everything = mail.subject + mail.body
    assert not any(n.digits in everything or n.formatted in everything for n in (ANNA, BO))


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


async def test_a_refused_message_does_not_undo_the_forms(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    clinic.inbox.fails_before.append(PermanentFailure("no account", reason=Refusal.NO_ACCOUNT))

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 2
    assert closed.messages == {DeliveryState.SENT: 1, DeliveryState.REFUSED: 1}


async def test_a_person_protected_since_the_start_gets_nothing(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.persons.records[ANNA] = PersonRecord(protected=True)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert clinic.sent_to(ANNA) == []
    assert clinic.sent_to(BO) == [PHQ, GAD, OWN, SHARED]
    assert {why for form in closed.forms for why in form.refused_because} == {Refusal.PROTECTED}
    assert [number for number, _ in clinic.inbox.messages] == [BO]


@pytest.mark.parametrize("register", ["persons", "inbox"])
async def test_a_register_that_is_away_for_a_while_is_waited_for(
    clinic: Clinic, register: str
) -> None:
    dispatch = (await clinic.start()).dispatch
    getattr(clinic, register).fails_reading.extend([AWAY] * 3)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 8


async def test_whoever_was_left_out_at_the_start_is_counted_as_not_sent(clinic: Clinic) -> None:
    dispatch = (
        await clinic.start(
            recipients=[ANNA.digits, PROTECTED.digits], leave_out_unreachable=True, **PHQ_ONLY
        )
    ).dispatch

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert (closed.planned, closed.sent) == (2, 1)
    assert closed.forms[0].refused_because == {Refusal.PROTECTED: 1}


async def test_an_archived_form_aborts_the_dispatch_and_sends_nothing(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    clinic.forms.archived.add(PHQ.id)

    blocked = await clinic.run(dispatch.occasions[1])

    after = clinic.dispatch(dispatch)
    assert isinstance(blocked, StartBlocked)
    assert (after.label, after.occasions[1].state) == ("Avbruten", OccasionState.BLOCKED)
    assert len(clinic.forms.forms) == 2
    (mail,) = mails(clinic)
    assert mail.to == (FORMS_DESK,)
    assert mail.subject == f"Paketutskick avbrutet: {WEEKLY.name}, {UNIT.name}"
    assert "- PHQ-9" in mail.body


async def test_an_ended_subscription_aborts_the_dispatch(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    with clinic.store.transaction() as records:
        records.forms.set_subscriptions([])

    blocked = await clinic.run(dispatch.occasions[0])

    assert isinstance(blocked, StartBlocked)
    assert clinic.forms.forms == []
    assert SHARED.name in mails(clinic)[0].body


async def test_an_aborted_dispatch_has_nothing_more_to_send(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    clinic.forms.archived.add(PHQ.id)
    await clinic.run(dispatch.occasions[0])
    clinic.forms.archived.clear()

    assert await clinic.run(dispatch.occasions[1]) is ClaimResult.NOT_ONGOING


async def test_a_form_service_that_stays_away_misses_the_occasion_and_tells(
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
        (annas,) = records.deliveries.claim(run.occasion_id, token=run.token, limit=1, lease_s=9)
    form_id = await clinic.forms.create_form(order_of(annas))
    with clinic.store.transaction() as records:
        records.deliveries.record(
            [
                Outcome(
                    id=annas.id,
                    attempt=annas.attempt,
                    state=DeliveryState.SENT,
                    external_id=form_id,
                )
            ]
        )
    missed = run.close()
    pass_hours(clinic, 20)

    send_missed_occasion(
        dispatch.occasions[0].id,
        actor=STAFF,
        store=clinic.store,
        scheduler=clinic.scheduler,
        rules=clinic.rules,
        now=clinic.clock.now(),
    )
    closed = await run_to_its_end(clinic, clinic.dispatch(dispatch).occasions[0])

    assert (missed.occasion.state, missed.sent) == (OccasionState.MISSED, 1)
    assert (closed.occasion.state, closed.sent) == (OccasionState.DONE, 2)
    assert (clinic.sent_to(ANNA), clinic.sent_to(BO)) == ([PHQ], [PHQ])
    assert clinic.dispatch(dispatch).label == "Klar"


async def test_a_run_that_begins_late_still_sends_within_the_grace(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 2)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 8
    assert closed.occasion.late


async def test_a_run_that_begins_too_late_misses_the_occasion_and_tells(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 4)

    result = await clinic.run(dispatch.occasions[0])

    assert result is ClaimResult.TOO_LATE
    assert clinic.dispatch(dispatch).occasions[0].state is OccasionState.MISSED
    assert clinic.forms.forms == []
    assert len(mails(clinic)) == 1


async def test_running_an_occasion_twice_sends_each_form_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    again = await clinic.run(dispatch.occasions[0])

    assert again is ClaimResult.ALREADY_SENT
    assert len(clinic.forms.forms) == 8


async def test_two_runs_at_once_send_each_form_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    occasion = dispatch.occasions[0]

    results = await asyncio.gather(*(clinic.run(occasion) for _ in range(3)))

    (closed,) = [result for result in results if isinstance(result, Closed)]
    others = {result for result in results if isinstance(result, ClaimResult)}
    assert closed.sent == 8
    assert others <= {ClaimResult.TAKEN, ClaimResult.ALREADY_SENT}
    assert len(clinic.forms.forms) == 8


async def test_a_run_of_an_outdated_version_does_nothing(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    with clinic.store.transaction() as records:
        records.occasions.close(run.occasion_id, OccasionState.MISSED, now=clinic.clock.now())
        records.occasions.send_by_hand(run.occasion_id, now=clinic.clock.now())

    result = await run.run()

    assert result is ClaimResult.OUTDATED
    assert clinic.forms.forms == []


async def test_a_stop_in_the_middle_begins_nothing_more(store: SqlStore) -> None:
    clinic = a_clinic(store, forms_concurrency=1)
    everyone = [number.digits for number in (ANNA, BO, CILLA, DAVID)]
    dispatch = (await clinic.start(**PHQ_ONLY, recipients=everyone)).dispatch

    def staff_stop_it() -> None:
        if not clinic.forms.forms:
            clinic.stop(dispatch)

    clinic.forms.fails_before = Meanwhile(staff_stop_it)
    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    begun_before_the_stop = 2
    assert 1 <= len(clinic.forms.forms) <= begun_before_the_stop
    assert closed.sent == len(clinic.forms.forms)
    assert closed.dispatch.label == "Stoppad"
    assert mails(clinic) == []


async def test_a_dispatch_stopped_between_two_occasions_does_not_send_the_second(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    clinic.stop(dispatch)
    result = await clinic.run(dispatch.occasions[1])

    assert result is ClaimResult.NOT_ONGOING
    assert len(clinic.forms.forms) == 2


async def test_a_stop_before_the_moment_leaves_the_occasion_to_a_restart(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()

    clinic.stop(dispatch)
    closed = run.close()
    clinic.restart(dispatch)
    again = await run_to_its_end(clinic, clinic.dispatch(dispatch).occasions[0])

    assert closed.occasion.state is OccasionState.PLANNED
    assert (again.sent, len(clinic.forms.forms)) == (2, 2)


async def test_a_recipient_removed_in_the_middle_gets_no_more(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()

    clinic.remove(dispatch, ANNA)
    await run.wait_until_due()
    await asyncio.gather(run.send_forms(), run.send_inbox_messages())
    closed = run.close()

    assert (clinic.sent_to(ANNA), closed.sent) == ([], 4)
    assert closed.occasion.state is OccasionState.DONE
    assert mails(clinic) == []


async def test_what_a_run_killed_before_its_call_had_claimed_is_sent_by_another(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    await _killed_after_claiming(clinic, dispatch.occasions[0], calls_made=False)

    closed = await _finished_by_another(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)
    assert len(clinic.inbox.messages) == 2


async def test_what_a_run_killed_after_its_call_had_sent_is_not_sent_twice(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    await _killed_after_claiming(clinic, dispatch.occasions[0], calls_made=True)

    closed = await _finished_by_another(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)
    assert len(clinic.inbox.messages) == 2


async def test_a_cancelled_run_is_finished_by_another(store: SqlStore) -> None:
    clinic = a_clinic(store, lease_s=0.2)
    dispatch = (await clinic.start()).dispatch
    running = asyncio.create_task(run_to_its_end(clinic, dispatch.occasions[0]))

    def cancel_at_the_third() -> None:
        if len(clinic.forms.forms) == 3:
            running.cancel()

    clinic.forms.fails_before = Meanwhile(cancel_at_the_third)
    with pytest.raises(asyncio.CancelledError):
        await running

    closed = await _finished_by_another(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)


async def test_a_run_that_is_interrupted_in_its_checks_is_repeated_from_the_start(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.validate_recipients()
    run.render_message()
    run.render_message()
    await run.wait_until_due()

    await asyncio.gather(run.send_forms(), run.send_inbox_messages())
    await asyncio.gather(run.send_forms(), run.send_inbox_messages())
    closed, again = run.close(), run.close()

    assert (closed.sent, again.sent) == (8, 8)
    assert len(clinic.forms.forms) == 8
    assert len(clinic.inbox.messages) == 2


async def test_the_same_form_from_two_dispatches_at_once_is_sent_once_for_each(
    clinic: Clinic,
) -> None:
    first = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    second = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    clinic.forms.fails_after.append(UnknownOutcome("timed out"))

    await asyncio.gather(*(clinic.run(d.occasions[0]) for d in (first, second)))

    assert clinic.sent_to(ANNA) == [PHQ, PHQ]
    assert states(clinic, first) == states(clinic, second) == {DeliveryState.SENT: 1}


async def test_progress_is_told_on_the_way(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.wait_until_due()
    told: list[int] = []

    await run.send_forms(told.append)

    assert sum(told) == 8


async def test_the_one_who_reads_a_message_learns_which_unit_sent_it(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**ANNA_ONLY)).dispatch

    await run_to_its_end(clinic, dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message == InboxMessage(
        unit_id=UNIT.id,
        unit_name=UNIT.name,
        heading=PACKAGE.resident_title,
        text=f"Hej! {UNIT.name} vill att du svarar på 4 formulär.",
        link=clinic.rules.resident_url,
    )


async def test_sending_is_logged_once_for_each_person_and_occasion(
    clinic: Clinic, log: Log
) -> None:
    dispatch = (await clinic.start()).dispatch

    await run_to_its_end(clinic, dispatch.occasions[0])

    assert log()[2:] == ["Skriva: skickar formulär, tillfälle 1 (person)"] * 2


async def _killed_after_claiming(clinic: Clinic, occasion: Occasion, *, calls_made: bool) -> None:
    """A run that dies with three intents committed and no outcome, its leases run out."""
    run = clinic.run_of(occasion)
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    with clinic.store.transaction() as records:
        claimed = records.deliveries.claim(occasion.id, token=run.token, limit=3, lease_s=-1)
        records.occasions.renew(occasion.id, token=run.token, lease_s=-1)
    for delivery in claimed if calls_made else ():
        await clinic.forms.create_form(order_of(delivery))


async def _finished_by_another(clinic: Clinic, occasion: Occasion) -> Closed:
    """As the reconciler would have it: it finds the dead run, and starts another."""
    deadline = asyncio.get_running_loop().time() + 10
    while not (await reconciled(clinic)).resumed:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)
    return await run_to_its_end(clinic, occasion)
