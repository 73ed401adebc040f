"""Punktlighet, for the regional administration."""

from datetime import UTC, datetime

from tests.clinic import UNIT
from tests.use_cases.clinic_days import reconciled
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from utskick.domain.rights import Right


async def shown(browser: Browser) -> str:
    sign_in(browser, session(rights=[Right.REGIONAL_ADMINISTRATION]))
    return words_of(await browser.open("/punktlighet"))


async def test_before_anything_has_been_sent_it_says_so(administrator: Browser) -> None:
    words = await shown(administrator)

    assert "Inget har skickats de senaste 30 dagarna" in words
    assert "Prefect" in words


async def test_what_is_handed_over_in_time_is_counted_by_day_and_unit(
    administrator: Browser,
) -> None:
    clinic = administrator.clinic
    # The database's own clock says when a form was handed over.
    clinic.clock.moment = datetime.now(UTC)
    dispatch = (await clinic.send()).dispatch
    await clinic.run(dispatch.occasions[0])

    words = await shown(administrator)

    assert f"{dispatch.occasions[0].local_date} 1 2 100,0 % 0 0 0 0 0" in words
    assert f"{UNIT.name} 1 2 100,0 % 0 0 0 0 0" in words


async def test_a_missed_occasion_counts_every_form_that_nobody_got(
    administrator: Browser,
) -> None:
    clinic = administrator.clinic
    dispatch = (await clinic.start()).dispatch
    clinic.clock.moment = clinic.rules.send_until(dispatch.occasions[0])
    await reconciled(clinic)

    words = await shown(administrator)

    assert f"{UNIT.name} 1 0 – 0 0 8 0 0" in words
