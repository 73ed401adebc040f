"""Kalender: what is sent when, and how many."""

from datetime import timedelta

from tests.clinic import OTHER_UNIT, UNIT
from tests.people import ANNA
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from utskick.domain.rights import Right


async def test_each_occasion_stands_on_its_day_with_its_recipients(staff: Browser) -> None:
    dispatch = (await staff.clinic.start()).dispatch
    first, *_ = dispatch.occasions

    page = await staff.open(f"/kalender?dag={first.local_date}")

    assert f"{first.local_time:%H:%M} {dispatch.name} 2 mottagare" in words_of(page)
    assert f'href="/paketutskick/{dispatch.id}/tillfalle/{first.id}"' in page
    assert ANNA.formatted not in page


async def test_a_stopped_dispatch_is_said_to_be(staff: Browser) -> None:
    dispatch = (await staff.clinic.start()).dispatch
    staff.clinic.stop(dispatch)

    page = words_of(await staff.open(f"/kalender?dag={dispatch.occasions[0].local_date}"))

    assert "2 mottagare Stoppat" in page


async def test_a_week_shows_its_days_alone_and_leads_to_the_next(staff: Browser) -> None:
    dispatch = (await staff.clinic.start()).dispatch
    day = dispatch.occasions[0].local_date

    page = await staff.open(f"/kalender?visa=vecka&dag={day}")
    following = await staff.open(f"/kalender?visa=vecka&dag={day + timedelta(days=7)}")

    assert f"Vecka {day.isocalendar().week}, " in words_of(page)
    assert f"visa=vecka&amp;dag={day + timedelta(days=7)}" in page
    assert f"{dispatch.occasions[0].id}" not in following


async def test_red_days_are_named(staff: Browser) -> None:
    page = words_of(await staff.open("/kalender?dag=2027-12"))

    assert "Julafton" in page
    assert "Inget skickas de här dagarna." in page


async def test_another_units_occasions_are_not_in_it(staff: Browser) -> None:
    dispatch = (await staff.clinic.start()).dispatch
    sign_in(staff, session(OTHER_UNIT))

    page = await staff.open(f"/kalender?dag={dispatch.occasions[0].local_date}")

    assert f"{dispatch.id}" not in page


async def test_the_administration_sees_how_much_each_unit_sends(administrator: Browser) -> None:
    dispatch = (await administrator.clinic.start()).dispatch
    day = dispatch.occasions[0].local_date
    sign_in(administrator, session(rights=[Right.REGIONAL_ADMINISTRATION]))

    page = await administrator.open(f"/forvaltning/kalender?dag={day}")

    assert f"{UNIT.name} 1 tillfälle, 2 mottagare" in words_of(page)
    assert words_of(page).count("2 mottagare") == 1, "the day's total is the unit's"
    assert dispatch.name not in page


async def test_what_is_stopped_is_not_in_the_regions_numbers(administrator: Browser) -> None:
    dispatch = (await administrator.clinic.start()).dispatch
    administrator.clinic.stop(dispatch)
    sign_in(administrator, session(rights=[Right.REGIONAL_ADMINISTRATION]))

    day = dispatch.occasions[0].local_date
    page = words_of(await administrator.open(f"/forvaltning/kalender?dag={day}"))

    assert UNIT.name not in page
