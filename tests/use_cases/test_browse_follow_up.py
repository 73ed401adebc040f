"""Uppföljning, page by page: shown at once, brought up to date when asked, exported."""

from dataclasses import replace
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import GAD, PHQ, STAFF, Clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import AWAY, run_to_its_end
from utskick.domain.answers import AnswerCount, AnswerKnown
from utskick.domain.deliveries import FormStatus
from utskick.domain.tables import Cell
from utskick.ports import Answer
from utskick.records import FollowUpQuery
from utskick.records.follow_up import COUNTED
from utskick.use_cases.browse_follow_up import FollowUpPage


@pytest.fixture
async def sent(clinic: Clinic) -> None:
    """PHQ-9 and GAD-7 to Anna and Bo, and PHQ-9 once more to Anna."""
    both = (await clinic.start(forms=[PHQ.key, GAD.key])).dispatch
    await run_to_its_end(clinic, both.occasions[0])
    once_more = (await clinic.send(recipients=[ANNA.digits])).dispatch
    await clinic.run(once_more.occasions[0])


def answered(clinic: Clinic, number: int) -> None:
    for kept in clinic.forms.forms[:number]:
        clinic.forms.answers[kept.id] = Answer(
            form_id=kept.id, status=FormStatus.COMPLETED, answers=()
        )


async def browse(
    clinic: Clinic,
    *,
    query: FollowUpQuery | None = None,
    ask: bool = False,
    rate: bool = False,
) -> FollowUpPage:
    return await clinic.browse_follow_up(
        query or FollowUpQuery(), page=1, ask=ask, rate=rate, actor=STAFF, now=clinic.clock.now()
    )


def export(clinic: Clinic, **options: Any) -> list[list[Cell]]:
    return clinic.browse_follow_up.export_follow_up(
        FollowUpQuery(), actor=STAFF, now=clinic.clock.now(), **options
    )


@pytest.mark.usefixtures("sent")
async def test_a_page_does_not_wait_for_the_form_service(clinic: Clinic) -> None:
    answered(clinic, 5)
    clinic.forms.fails_reading.append(AWAY)

    page = await browse(clinic)

    assert {form.form_status for form in page.found} == {FormStatus.ONGOING}
    assert list(clinic.forms.fails_reading) == [AWAY]


@pytest.mark.usefixtures("sent")
async def test_the_statuses_are_fetched_when_asked_for_and_the_moment_is_kept(
    clinic: Clinic,
) -> None:
    answered(clinic, 5)
    clinic.clock.advance(60)

    page = await browse(clinic, ask=True)

    assert {form.form_status for form in page.found} == {FormStatus.COMPLETED}
    assert {form.form_status_at for form in page.found} == {clinic.clock.now()}


@pytest.mark.usefixtures("sent")
async def test_the_last_known_statuses_are_shown_while_the_form_service_is_away(
    clinic: Clinic,
) -> None:
    answered(clinic, 5)
    clinic.forms.fails_reading.extend([AWAY] * 2)

    page = await browse(clinic, ask=True)

    assert {form.form_status for form in page.found} == {FormStatus.ONGOING}


@pytest.mark.usefixtures("sent")
async def test_a_person_with_several_forms_on_the_page_is_logged_once(
    clinic: Clinic, log: Log
) -> None:
    before = len(log())

    await browse(clinic)

    assert log()[before:] == ["Läsa: visat i Uppföljning (person)"] * 2


@pytest.mark.usefixtures("sent")
async def test_answers_are_counted_for_each_package_and_for_each_form_in_all(
    clinic: Clinic,
) -> None:
    answered(clinic, 1)

    page = await browse(clinic, ask=True, rate=True)

    assert page.rates is not None
    assert [(each.form_name, each.answers.sent) for each in page.rates] == [
        (GAD.name, 2),
        (PHQ.name, 2),
        (PHQ.name, 1),
    ]
    assert page.rates_by_form == {PHQ.name: AnswerCount(sent=3, known=3, answered=1)}


@pytest.mark.usefixtures("sent")
async def test_what_was_never_asked_is_neither_answered_nor_not(clinic: Clinic) -> None:
    answered(clinic, 5)

    answer_shares = [each.answers.share for each in (await browse(clinic, rate=True)).rates or ()]
    found = {
        sought: await browse(clinic, query=FollowUpQuery(answer=sought)) for sought in AnswerKnown
    }

    assert answer_shares == ["känd för 0 av 2", "känd för 0 av 2", "känd för 0 av 1"]
    assert {sought: (page.total, page.not_checked) for sought, page in found.items()} == {
        AnswerKnown.ANSWERED: (0, 5),
        AnswerKnown.UNANSWERED: (0, 5),
        AnswerKnown.NOT_CHECKED: (5, 0),
    }


@pytest.mark.usefixtures("sent")
async def test_what_has_been_asked_is_one_or_the_other(clinic: Clinic) -> None:
    answered(clinic, 2)
    await browse(clinic, ask=True)

    found = {
        sought: await browse(clinic, query=FollowUpQuery(answer=sought)) for sought in AnswerKnown
    }

    assert {sought: (page.total, page.not_checked) for sought, page in found.items()} == {
        AnswerKnown.ANSWERED: (2, 0),
        AnswerKnown.UNANSWERED: (3, 0),
        AnswerKnown.NOT_CHECKED: (0, 0),
    }


@pytest.mark.usefixtures("sent")
async def test_an_export_shows_what_has_not_been_checked_and_when_the_rest_was(
    clinic: Clinic,
) -> None:
    before = [row[8:10] for row in export(clinic)[1:]]
    answered(clinic, 5)
    clinic.clock.advance(60)
    await browse(clinic, ask=True)
    after = [row[8:10] for row in export(clinic)[1:]]

    at = f"{clinic.clock.now().astimezone(clinic.rules.zone):%Y-%m-%d %H:%M}"
    assert before == [["Ej kontrollerat", ""]] * 5
    assert after == [["Besvarat", at]] * 5


@pytest.mark.usefixtures("sent")
async def test_no_further_than_a_thousand_are_counted(clinic: Clinic) -> None:
    few = await browse(clinic)

    many = replace(few, total=COUNTED + 1)

    assert (few.total, few.more, few.pages) == (5, False, 1)
    assert (many.more, many.pages) == (True, 20)


@pytest.mark.usefixtures("sent")
async def test_each_person_exported_is_logged(clinic: Clinic, log: Log) -> None:
    rows = export(clinic)

    assert len(rows) == 1 + 5
    assert {row[4] for row in rows[1:]} == {ANNA.formatted, BO.formatted}
    assert log()[-2:] == ["Läsa: exporterat från Uppföljning (person)"] * 2


@pytest.mark.usefixtures("sent")
async def test_an_export_says_if_it_was_cut(clinic: Clinic, log: Log) -> None:
    before = len(log())

    *_heading_and_form, last = export(clinic, most=1)

    assert last == ["Bara de första 1 är med. Begränsa sökningen."]
    assert len(log()) == before + 1
