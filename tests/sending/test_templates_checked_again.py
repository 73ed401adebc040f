"""Templates are checked when a run prepares, and again shortly before the moment."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.clinic import PHQ, SHARED, UNIT, Clinic, a_clinic
from tests.use_cases.clinic_days import AWAY, Meanwhile, mails
from utskick.adapters.in_memory import InMemoryFormService
from utskick.domain.errors import StartBlocked
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import OccasionState
from utskick.domain.units import HsaId
from utskick.ports import TemporaryFailure
from utskick.sending.check_again import CheckedAgain
from utskick.sending.close_occasion import Closed
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.shared_template_lists import SharedTemplateLists
from utskick.store import SqlStore

HALF_AN_HOUR = timedelta(minutes=30)


class Counting(InMemoryFormService):
    """Counts the questions, and takes its time to answer."""

    asked = 0

    async def form_templates(self, unit_id: HsaId) -> Mapping[FormTemplateId, bool]:
        self.asked += 1
        await asyncio.sleep(0)
        return await super().form_templates(unit_id)


def counting(clinic: Clinic) -> Counting:
    return Counting(clock=clinic.clock, templates=clinic.forms.templates)


async def early_run(clinic: Clinic) -> OccasionRun:
    """As when hundreds have the same minute: it prepares long before."""
    prepares_early = replace(clinic, rules=replace(clinic.rules, lead=HALF_AN_HOUR))
    return prepares_early.run_of((await clinic.start()).dispatch.occasions[0])


def when_recipients_are_checked(clinic: Clinic, deed: Callable[[], None]) -> None:
    clinic.persons.fails_reading = Meanwhile(deed)


@pytest.mark.parametrize("ended", ["archived", "unsubscribed"])
async def test_what_ends_between_preparation_and_moment_is_not_sent(
    clinic: Clinic, ended: str
) -> None:
    run = await early_run(clinic)

    def end() -> None:
        if ended == "archived":
            clinic.forms.archived.add(SHARED.id)
        else:
            with clinic.store.transaction() as records:
                records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)

    when_recipients_are_checked(clinic, end)

    blocked = await run.run()

    assert isinstance(blocked, StartBlocked)
    assert clinic.forms.forms == []
    assert clinic.inbox.messages == []
    assert run.occasion.sends_at > clinic.clock.now()
    (mail,) = mails(clinic)
    assert mail.subject.startswith("Paketutskick avbrutet")
    with clinic.store.transaction() as records:
        dispatch, occasion = records.dispatches.of_occasion(run.occasion_id)
    assert (dispatch.label, occasion.state) == ("Avbruten", OccasionState.BLOCKED)


async def test_the_second_look_comes_within_the_last_minute_but_not_in_its_last_moments(
    clinic: Clinic,
) -> None:
    run = await early_run(clinic)
    run.claim()
    await run.check_templates()

    await run.check_again()

    left = run.occasion.sends_at - clinic.clock.now()
    assert timedelta(seconds=20) <= left <= timedelta(seconds=60)


async def test_a_run_that_prepares_just_before_its_moment_asks_once(clinic: Clinic) -> None:
    occasion = (await clinic.start()).dispatch.occasions[0]
    clinic.clock.moment = occasion.sends_at - timedelta(seconds=10)
    asked = replace(clinic, forms=(forms := counting(clinic)))

    await asked.run(occasion)

    assert forms.asked == 1
    assert len(forms.forms) == 8


async def test_a_form_service_that_is_silent_until_the_moment_delays_nothing(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, retry_delays_s=(20,))
    run = await early_run(clinic)
    when_recipients_are_checked(clinic, lambda: clinic.forms.fails_reading.extend([AWAY] * 5))

    closed = await run.run()

    assert isinstance(closed, Closed)
    assert (closed.sent, closed.occasion.late) == (8, False)


async def test_our_own_register_blocks_though_the_form_service_is_silent(store: SqlStore) -> None:
    clinic = a_clinic(store, retry_delays_s=(20,))
    run = await early_run(clinic)

    def archive() -> None:
        clinic.forms.fails_reading.extend([AWAY] * 20)
        with clinic.store.transaction() as records:
            records.forms.save([replace(PHQ, archived_at=clinic.clock.now())])

    when_recipients_are_checked(clinic, archive)

    assert isinstance(await run.run(), StartBlocked)
    assert clinic.forms.forms == []


async def test_a_dispatch_that_was_stopped_meanwhile_can_be_restarted(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    def stop_and_archive() -> None:
        clinic.stop(dispatch)
        clinic.forms.archived.add(PHQ.id)

    when_recipients_are_checked(clinic, stop_and_archive)

    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.check_templates()
    await run.validate_recipients()
    assert await run.check_again() == CheckedAgain()
    run.close()

    assert clinic.dispatch(dispatch).occasions[0].state is OccasionState.PLANNED
    assert mails(clinic) == []


async def test_runs_that_ask_for_the_same_unit_at_the_same_time_share_the_answer(
    clinic: Clinic,
) -> None:
    forms = counting(clinic)
    shared = SharedTemplateLists(forms, clinic.clock)

    answers = await asyncio.gather(*(shared.form_templates(UNIT.id) for _ in range(100)))

    assert forms.asked == 1
    assert all(PHQ.id in answer for answer in answers)


async def test_an_answer_is_shared_for_some_seconds_only(clinic: Clinic) -> None:
    forms = counting(clinic)
    shared = SharedTemplateLists(forms, clinic.clock)
    await shared.form_templates(UNIT.id)
    forms.archived.add(PHQ.id)

    assert (await shared.form_templates(UNIT.id))[PHQ.id]
    clinic.clock.advance(6)
    assert not (await shared.form_templates(UNIT.id))[PHQ.id]


async def test_a_failure_is_asked_about_again(clinic: Clinic) -> None:
    clinic.forms.fails_reading.append(AWAY)
    shared = SharedTemplateLists(clinic.forms, clinic.clock)
    with pytest.raises(TemporaryFailure):
        await shared.form_templates(UNIT.id)

    assert PHQ.id in await shared.form_templates(UNIT.id)


async def test_a_cancelled_run_takes_no_answer_from_the_others(clinic: Clinic) -> None:
    shared = SharedTemplateLists(counting(clinic), clinic.clock)
    first = asyncio.create_task(shared.form_templates(UNIT.id))
    second = asyncio.create_task(shared.form_templates(UNIT.id))
    await asyncio.sleep(0)
    first.cancel()

    assert PHQ.id in await second
