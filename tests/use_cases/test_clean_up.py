"""Ended dispatches stay listed for seven days; what was sent and what was logged stays longer."""

import pytest

from tests.access_log import Log
from tests.clinic import STAFF, UNIT, WEEKLY, Clinic
from tests.use_cases.clinic_days import AWAY, pass_hours, reconciled, run_to_its_end
from utskick.domain.errors import NotFound
from utskick.domain.staff import StaffSession

SEVEN_DAYS_H = 7 * 24


async def test_a_stopped_dispatch_goes_after_seven_days(clinic: Clinic) -> None:
    clinic.stop((await clinic.start()).dispatch)
    pass_hours(clinic, SEVEN_DAYS_H - 0.01)
    too_early = clinic.cleaned_up()
    pass_hours(clinic, 0.01)

    assert (too_early, clinic.cleaned_up()) == (0, 1)
    assert clinic.listed() == []


async def test_an_ongoing_dispatch_stays(clinic: Clinic) -> None:
    await clinic.start(package=WEEKLY.key, start=None)
    pass_hours(clinic, 10 * SEVEN_DAYS_H)

    assert clinic.cleaned_up() == 0
    assert len(clinic.listed()) == 1


async def test_a_dispatch_restarted_in_time_stays(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    clinic.stop(dispatch)
    clinic.restart(dispatch)
    pass_hours(clinic, 10 * SEVEN_DAYS_H)

    assert clinic.cleaned_up() == 0


async def test_what_was_sent_is_still_found_in_follow_up(clinic: Clinic, log: Log) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    logged = log()
    pass_hours(clinic, SEVEN_DAYS_H)

    clinic.cleaned_up()

    assert len(await clinic.followed_up()) == 8
    assert log()[: len(logged)] == logged
    assert "Radera: raderat avslutat utskick" in log()


async def test_with_the_scheduler_away_it_is_removed_there_later(clinic: Clinic) -> None:
    clinic.scheduler.fails_with.append(AWAY)
    clinic.stop((await clinic.start(package=WEEKLY.key, start=None)).dispatch)
    pass_hours(clinic, SEVEN_DAYS_H)
    clinic.scheduler.fails_with.append(AWAY)

    deleted = clinic.cleaned_up()
    await reconciled(clinic)

    assert deleted == 1
    assert clinic.scheduler.plans == []


async def test_cleaning_up_twice_is_cleaning_up_once(clinic: Clinic) -> None:
    clinic.stop((await clinic.start()).dispatch)
    pass_hours(clinic, SEVEN_DAYS_H)

    assert (clinic.cleaned_up(), clinic.cleaned_up()) == (1, 0)


def test_a_session_is_forgotten_a_day_after_the_last_visit(clinic: Clinic) -> None:
    member = StaffSession(staff_id=STAFF.name, name="Karin", commissions=(), unit_id=UNIT.id)
    with clinic.store.transaction() as records:
        records.sessions.open(member, now=clinic.clock.now())
    pass_hours(clinic, 24.01)

    clinic.cleaned_up()

    with clinic.store.transaction() as records:
        assert records.sessions.end_all(STAFF.name) == 0


def test_an_upload_goes_after_seven_days(clinic: Clinic, log: Log) -> None:
    upload_id = clinic.upload_spec(b"spec", actor=STAFF, now=clinic.clock.now())
    clinic.cleaned_up()
    kept = clinic.upload_spec.read_upload(upload_id)
    pass_hours(clinic, SEVEN_DAYS_H + 1)

    clinic.cleaned_up()

    assert kept == b"spec"
    assert log() == ["Skriva: laddat upp utskick"]
    with pytest.raises(NotFound):
        clinic.upload_spec.read_upload(upload_id)
