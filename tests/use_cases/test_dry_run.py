"""Prova: everything that would be started, and nothing of it."""

from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import GAD, STAFF, UNIT, WEEKLY, Clinic, a_spec
from tests.people import ANNA, PROTECTED
from tests.use_cases.clinic_days import mails, nothing_has_happened
from utskick.domain.calendar import day_in_words
from utskick.domain.errors import SpecRefused, StartBlocked
from utskick.domain.specs import DispatchSpec
from utskick.use_cases.dry_run import DryRun


async def tried(clinic: Clinic, **changes: Any) -> DryRun:
    now = clinic.clock.now()
    spec = DispatchSpec.model_validate(a_spec(now) | changes)
    return await clinic.start_dispatch.dry_run(spec, actor=STAFF, now=now)


async def test_each_date_and_text_is_shown_as_residents_would_get_it(clinic: Clinic) -> None:
    message = "{{ enhet }}, {{ tillfalle }} av {{ antal_tillfallen }}, {{ besvaras_senast }}"

    dry_run = await tried(clinic, package=WEEKLY.key, inbox_message=message)

    assert len(dry_run.occasions) == WEEKLY.occasions
    for number, each in enumerate(dry_run.occasions, start=1):
        last_day = day_in_words(each.answer_by.day)
        assert each.message == f"{UNIT.name}, {number} av {WEEKLY.occasions}, {last_day}"
    assert (dry_run.recipients, dry_run.left_out) == (2, 0)


async def test_nothing_is_kept_and_nothing_is_sent(clinic: Clinic) -> None:
    await tried(clinic)

    assert nothing_has_happened(clinic)


async def test_what_is_tried_is_what_is_then_started(clinic: Clinic) -> None:
    dry_run = await tried(clinic)

    dispatch = (await clinic.start()).dispatch

    assert [each.occasion.sends_at for each in dry_run.occasions] == [
        occasion.sends_at for occasion in dispatch.occasions
    ]
    assert dry_run.dispatch.heading == dispatch.heading


async def test_everything_that_would_be_refused_is_said_at_once(clinic: Clinic) -> None:
    with pytest.raises(SpecRefused) as refused:
        await tried(clinic, recipients=["1212"], start={"date": "2020-01-01", "time": "25:00"})

    assert len(refused.value.problems) == 2
    assert nothing_has_happened(clinic)


async def test_whoever_cannot_be_reached_is_counted(clinic: Clinic) -> None:
    dry_run = await tried(
        clinic, recipients=[ANNA.digits, PROTECTED.digits], leave_out_unreachable=True
    )

    assert (dry_run.recipients, dry_run.left_out) == (1, 1)


async def test_a_blocked_start_is_said_and_mailed_to_nobody(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)

    with pytest.raises(StartBlocked):
        await tried(clinic)

    assert mails(clinic) == []


async def test_that_the_registers_were_asked_is_logged(clinic: Clinic, log: Log) -> None:
    await tried(clinic)

    assert sum("(person)" in line for line in log()) == 2


async def test_without_an_inbox_message_there_is_none_to_show(clinic: Clinic) -> None:
    dry_run = await tried(clinic, creates_inbox_message=False)

    assert [each.message for each in dry_run.occasions] == [""]
