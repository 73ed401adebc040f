"""One occasion from its claim to its end: on time, each form once, and never silently lost."""

from datetime import timedelta
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import GAD, OWN, PACKAGE, PHQ, SHARED, UNIT, WEEKLY, Clinic
from tests.people import ANNA, BO, PROTECTED
from tests.use_cases.clinic_days import mails, pass_hours, run_to_its_end
from utskick.domain.deliveries import Refusal
from utskick.domain.dispatches import DispatchStatus
from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import OccasionState
from utskick.domain.packages import FORMS_DESK
from utskick.ports import InboxMessage, PersonRecord
from utskick.sending.claim_occasion import ClaimResult

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
        f"Hej från {UNIT.name}. Tillfälle 1 av 3. Svaren hjälper oss. Ring {UNIT.phone}.",
        f"Hej från {UNIT.name}. Tillfälle 2 av 3. Svaren hjälper oss. Ring {UNIT.phone}.",
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


async def test_whoever_is_refused_is_counted_with_the_reason_and_reported_by_mail(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    clinic.forms.unknown_persons.add(ANNA)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.forms[0].refused_because == {Refusal.REFUSED_BY_1177: 1}
    assert [number for number, _ in clinic.inbox.messages] == [BO]
    assert closed.occasion.state is OccasionState.DONE
    (mail,) = mails(clinic)
    assert mail.subject == f"Allt kunde inte skickas: {PACKAGE.name}, {UNIT.name}"
    assert "- 1177 tog inte emot formuläret: 1" in mail.body


async def test_no_mail_holds_a_personnummer(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    clinic.forms.unknown_persons.update((ANNA, BO))

    await run_to_its_end(clinic, dispatch.occasions[0])

    (mail,) = mails(clinic)
    everything = mail.subject + mail.body
    assert not any(n.digits in everything or n.formatted in everything for n in (ANNA, BO))


async def test_a_person_protected_since_the_start_gets_nothing(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.persons.records[ANNA] = PersonRecord(protected=True)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert clinic.sent_to(ANNA) == []
    assert clinic.sent_to(BO) == [PHQ, GAD, OWN, SHARED]
    assert {why for form in closed.forms for why in form.refused_because} == {Refusal.PROTECTED}
    assert [number for number, _ in clinic.inbox.messages] == [BO]


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
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)

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


async def test_a_run_that_begins_late_still_sends_within_the_grace(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 2)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.sent == 8
    assert closed.occasion.late


async def test_a_run_that_begins_too_late_misses_the_occasion_and_reports_it(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 4)

    result = await clinic.run(dispatch.occasions[0])

    assert result is ClaimResult.TOO_LATE
    assert clinic.dispatch(dispatch).occasions[0].state is OccasionState.MISSED
    assert clinic.forms.forms == []
    assert len(mails(clinic)) == 1


@pytest.mark.parametrize("minutes", [3, 6, 30, 60 * 24 * 7])
async def test_a_run_before_the_scheduled_one_holds_nothing(
    clinic: Clinic, minutes: float
) -> None:
    dispatch = clinic.dispatch((await clinic.start()).dispatch)
    run = clinic.run_of(dispatch.occasions[0])
    clinic.clock.moment = dispatch.occasions[0].sends_at - timedelta(minutes=minutes)

    early = await run.run()

    assert early is ClaimResult.TOO_EARLY
    assert clinic.dispatch(dispatch) == dispatch
    assert (await run_to_its_end(clinic, dispatch.occasions[0])).sent == 8


async def test_a_scheduler_whose_clock_is_a_little_ahead_starts_no_run_too_early(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    clinic.clock.advance(-10)

    assert run.claim().result is ClaimResult.CLAIMED


async def test_progress_is_shown_on_the_way(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.wait_until_due()
    counts: list[int] = []

    await run.send_forms(counts.append)

    assert sum(counts) == 8


async def test_the_one_who_reads_a_message_learns_which_unit_sent_it(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**ANNA_ONLY)).dispatch

    await run_to_its_end(clinic, dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message == InboxMessage(
        unit_id=UNIT.id,
        unit_name=UNIT.name,
        heading=PACKAGE.resident_title,
        text=f"Hej! {UNIT.name} vill att du svarar på 4 formulär."
        f" Svaren hjälper oss. Ring {UNIT.phone}.",
        forms=tuple(kept.id for kept in clinic.forms.forms),
    )


async def test_sending_is_logged_once_for_each_person_and_occasion(
    clinic: Clinic, log: Log
) -> None:
    dispatch = (await clinic.start()).dispatch
    before = len(log())

    await run_to_its_end(clinic, dispatch.occasions[0])

    assert log()[before:] == ["Skriva: skickar formulär, tillfälle 1 (person)"] * 2
