import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, STAFF, Clinic
from tests.people import ANNA, WITHOUT_ACCOUNT
from utskick.domain.errors import NotFound


async def test_a_started_package_is_shown_in_counts_and_nobody_is_read_about(
    clinic: Clinic, log: Log
) -> None:
    started = await clinic.start(
        recipients=[ANNA.digits, WITHOUT_ACCOUNT.digits], leave_out_unreachable=True
    )
    before = log()

    shown = clinic.show_started(started.dispatch.id, actor=STAFF)

    assert shown.recipients == 1
    assert [each.warnings for each in shown.occasions] == [[]]
    assert log() == before


async def test_an_early_occasion_is_warned_of(clinic: Clinic) -> None:
    started = await clinic.start(occasions=[{"date": "2027-02-08", "time": "05:00"}])

    [occasion] = clinic.show_started(started.dispatch.id, actor=STAFF).occasions

    [warning] = occasion.warnings
    assert "tidigt på dagen" in warning


async def test_a_red_day_is_warned_of_and_each_last_day_is_shown(clinic: Clinic) -> None:
    started = await clinic.start(
        occasions=[{"date": "2027-03-26", "time": "08:00", "answer_by": "2027-04-02"}]
    )

    [occasion] = clinic.show_started(started.dispatch.id, actor=STAFF).occasions

    [warning] = occasion.warnings
    assert "2027-03-26 är långfredagen. Nästa arbetsdag är tisdag 2027-03-30." in warning
    assert str(occasion.answer_by) == "2027-04-02"


async def test_another_unit_finds_nothing(clinic: Clinic) -> None:
    started = await clinic.start()

    with pytest.raises(NotFound):
        clinic.show_started(started.dispatch.id, actor=OTHER_STAFF)
