"""Uppföljning: found, brought up to date, and logged as read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.access_log import Log
from tests.clinic import GAD, OTHER_STAFF, PHQ, STAFF, Clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import AWAY, run_to_its_end
from utskick.domain.answers import AnswerKnown
from utskick.domain.deliveries import FormId, FormStatus
from utskick.domain.notices import AnsweredForm
from utskick.ports import Answer, FoundForm
from utskick.records import FollowUpQuery


async def phq_to_both(clinic: Clinic) -> None:
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])


def answered(clinic: Clinic, form_id: FormId) -> None:
    clinic.forms.answers[form_id] = Answer(
        form_id=form_id, status=FormStatus.COMPLETED, answers=()
    )


async def test_the_form_service_is_asked_how_far_the_residents_have_come(clinic: Clinic) -> None:
    await phq_to_both(clinic)
    annas = next(kept for kept in clinic.forms.forms if kept.order.personnummer == ANNA)
    answered(clinic, annas.id)

    found = await clinic.followed_up()

    assert {f.personnummer: f.form_status for f in found} == {
        ANNA: FormStatus.COMPLETED,
        BO: FormStatus.ONGOING,
    }


async def test_an_odd_form_keeps_no_other_from_being_brought_up_to_date(clinic: Clinic) -> None:
    dispatch = (await clinic.start(forms=[PHQ.key, GAD.key], recipients=[ANNA.digits])).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    phq, gad = clinic.forms.forms
    answered(clinic, gad.id)
    unreadable = {"status": None, "answer_by": None, "created_at": None}
    clinic.forms.shows = lambda form: replace(form, **unreadable) if form.id == phq.id else form

    found = await clinic.followed_up()

    assert {f.form_id: f.form_status for f in found} == {
        phq.id: FormStatus.ONGOING,
        gad.id: FormStatus.COMPLETED,
    }


async def test_a_notice_that_comes_while_the_form_service_is_asked_stands(clinic: Clinic) -> None:
    await phq_to_both(clinic)
    later = clinic.clock.now() + timedelta(seconds=1)

    def shown_before_it_was_answered(form: FoundForm) -> FoundForm:
        assert form.id
        clinic.note_answered([AnsweredForm(form.id, STAFF.unit_id)], now=later)
        return form

    clinic.forms.shows = shown_before_it_was_answered

    found = await clinic.followed_up()

    assert {(f.form_status, f.form_status_at) for f in found} == {(FormStatus.COMPLETED, later)}


async def test_without_the_form_service_the_last_known_status_is_shown(clinic: Clinic) -> None:
    await phq_to_both(clinic)
    answered(clinic, clinic.forms.forms[0].id)
    await clinic.followed_up()
    clinic.forms.fails_reading.extend([AWAY] * 2)

    found = await clinic.followed_up()

    assert {f.form_status for f in found} == {FormStatus.ONGOING, FormStatus.COMPLETED}


async def test_an_answered_form_is_not_asked_about_again(clinic: Clinic) -> None:
    await phq_to_both(clinic)
    for kept in clinic.forms.forms:
        answered(clinic, kept.id)
    await clinic.followed_up()
    clinic.forms.fails_reading.append(AWAY)

    await clinic.followed_up()

    assert len(clinic.forms.fails_reading) == 1


async def test_a_form_answered_since_is_no_longer_among_the_ongoing(clinic: Clinic) -> None:
    await phq_to_both(clinic)
    answered(clinic, clinic.forms.forms[0].id)

    found = await clinic.followed_up(form_status=FormStatus.ONGOING)

    assert len(found) == 1


@pytest.mark.parametrize("answer", [AnswerKnown.ANSWERED, AnswerKnown.UNANSWERED])
async def test_answers_are_asked_for_before_they_are_sought(
    clinic: Clinic, answer: AnswerKnown
) -> None:
    await phq_to_both(clinic)
    answered(clinic, clinic.forms.forms[0].id)

    (found,) = await clinic.followed_up(answer=answer)

    assert found.answer is answer


async def test_a_form_that_nobody_could_ask_about_is_not_among_the_unanswered(
    clinic: Clinic,
) -> None:
    await phq_to_both(clinic)
    clinic.forms.fails_reading.extend([AWAY] * 4)
    query = FollowUpQuery(answer=AnswerKnown.UNANSWERED)

    found = await clinic.followed_up(answer=AnswerKnown.UNANSWERED)
    unasked = await clinic.followed_up(answer=AnswerKnown.NOT_CHECKED)

    assert (len(found), len(unasked)) == (0, 2)
    assert clinic.follow_up.passed_over(query, actor=STAFF) == 2


async def test_a_form_opened_by_a_link_is_not_shown(clinic: Clinic) -> None:
    await phq_to_both(clinic)
    await clinic.forms.create_form(replace(clinic.forms.forms[0].order))

    assert len(await clinic.followed_up()) == 2


async def test_everyone_shown_is_logged_as_read(clinic: Clinic, log: Log) -> None:
    await phq_to_both(clinic)
    before = len(log())

    await clinic.followed_up(personnummer=ANNA)

    assert log()[before:] == ["Läsa: visat i Uppföljning (person)"]


async def test_another_unit_finds_nothing(clinic: Clinic) -> None:
    await phq_to_both(clinic)

    found = await clinic.follow_up(
        FollowUpQuery(personnummer=ANNA), actor=OTHER_STAFF, now=clinic.clock.now()
    )

    assert found == []
