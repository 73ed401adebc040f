"""Öppna ett formulär i Uppföljning: its answer, who answered, and its history; and Gallra."""

from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, PHQ, STAFF, Clinic
from tests.people import ANNA
from tests.use_cases.clinic_days import AWAY, run_to_its_end
from utskick.domain.deliveries import FormStatus
from utskick.domain.errors import NotFound
from utskick.domain.units import Activity
from utskick.ports import Answer
from utskick.records import FollowedUp
from utskick.use_cases.open_answer import OpenedForm


@pytest.fixture
async def annas(clinic: Clinic) -> FollowedUp:
    dispatch = (await clinic.start(forms=[PHQ.key], recipients=[ANNA.digits])).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    (form,) = await clinic.followed_up()
    return form


async def opened(clinic: Clinic, form: FollowedUp, **changes: Any) -> OpenedForm:
    return await clinic.open_answer(
        form.delivery_id, **{"actor": STAFF} | changes, now=clinic.clock.now()
    )


def purge(clinic: Clinic, *forms: FollowedUp, **changes: Any) -> int:
    return clinic.mark_purged(
        [form.delivery_id for form in forms], **{"actor": STAFF} | changes, now=clinic.clock.now()
    )


def answered(clinic: Clinic, status: FormStatus = FormStatus.COMPLETED) -> Answer:
    """Something has been written."""
    (kept,) = clinic.forms.forms
    answer = Answer(
        form_id=kept.id,
        status=status,
        answers=(("Hur mår du?", "Bättre"),),
    )
    clinic.forms.answers[kept.id] = answer
    return answer


async def test_an_answer_is_shown(clinic: Clinic, annas: FollowedUp) -> None:
    answer = answered(clinic)

    shown = await opened(clinic, annas)

    assert shown.answer == answer
    assert shown.form.form_status is FormStatus.COMPLETED
    (remembered,) = await clinic.followed_up(form_status=FormStatus.COMPLETED)
    assert remembered.delivery_id == annas.delivery_id


async def test_what_has_not_been_confirmed_is_not_shown(clinic: Clinic, annas: FollowedUp) -> None:
    answered(clinic, FormStatus.PENDING_COMPLETION)

    shown = await opened(clinic, annas)

    assert shown.answer is None
    assert shown.form.form_status is FormStatus.PENDING_COMPLETION


async def test_the_form_service_being_away_is_said_and_the_rest_is_shown(
    clinic: Clinic, annas: FollowedUp
) -> None:
    clinic.forms.fails_reading.append(AWAY)

    shown = await opened(clinic, annas)

    assert (shown.away, shown.answer) == (True, None)
    assert shown.form.personnummer == ANNA


async def test_opening_and_printing_are_logged_each_as_itself(
    clinic: Clinic, annas: FollowedUp, log: Log
) -> None:
    await opened(clinic, annas)
    await opened(clinic, annas, for_printing=True)

    assert log()[-2:] == [
        "Läsa: öppnat formulär i Uppföljning (person)",
        "Utskrift: skrivit ut formulär i Uppföljning (person)",
    ]


async def test_the_history_says_who_has_seen_and_done_what(
    clinic: Clinic, annas: FollowedUp
) -> None:
    purge(clinic, annas)

    shown = await opened(clinic, annas)

    newest, purged, *_earlier, first = shown.logged
    assert (newest.activity, purged.activity) == (Activity.READ, Activity.DELETE)
    assert first.activity is Activity.WRITE
    assert {entry.personnummer for entry in shown.logged} == {ANNA}


async def test_what_is_marked_as_purged_is_not_fetched(clinic: Clinic, annas: FollowedUp) -> None:
    answered(clinic)
    assert purge(clinic, annas) == 1
    clinic.forms.fails_reading.append(AWAY)

    shown = await opened(clinic, annas)

    assert (shown.answer, shown.away) == (None, False)
    assert shown.form.purged_by == STAFF.name
    assert await clinic.followed_up() == []
    assert len(await clinic.followed_up(with_purged=True)) == 1


async def test_each_form_is_marked_and_logged_once(
    clinic: Clinic, annas: FollowedUp, log: Log
) -> None:
    before = len(log())

    assert [purge(clinic, annas, annas), purge(clinic, annas)] == [1, 0]
    assert log()[before:] == ["Radera: markerat formulär som gallrat (person)"]


async def test_another_unit_can_neither_open_nor_purge(clinic: Clinic, annas: FollowedUp) -> None:
    assert purge(clinic, annas, actor=OTHER_STAFF) == 0
    with pytest.raises(NotFound):
        await opened(clinic, annas, actor=OTHER_STAFF)
