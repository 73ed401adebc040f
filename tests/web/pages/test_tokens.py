"""Nycklar: the unit's manager confirms a system's key, or takes it away."""

from tests.clinic import OTHER_UNIT, UNIT
from tests.use_cases.test_administer_units import ADMINISTRATOR
from tests.web.pages.conftest import Browser, words_of
from tests.web.pages.test_administration import done, post
from utskick.domain.tokens import TokenState
from utskick.domain.units import Unit


def make(browser: Browser, unit: Unit = UNIT) -> None:
    clinic = browser.clinic
    clinic.administer_units.make_token(
        unit.id, "journalsystemet", actor=ADMINISTRATOR, now=clinic.clock.now()
    )


def state_of(browser: Browser, unit: Unit = UNIT) -> TokenState:
    with browser.clinic.store.transaction() as records:
        (token,) = records.tokens.list_for(unit.id)
    return token.state(now=browser.clinic.clock.now())


async def test_the_manager_reads_what_a_key_may_do_and_confirms_it(manager: Browser) -> None:
    make(manager)
    words = words_of(await manager.open("/nycklar"))

    answer = await done(manager, "/nycklar/bekrafta", nyckel="journalsystemet")

    assert "journalsystemet Starta och styra, Läsa 2027-02-01 2028-02-01 –" in words
    assert "Väntar på bekräftelse" in words
    assert "Nyckeln är bekräftad." in answer
    assert state_of(manager) is TokenState.VALID


async def test_the_manager_takes_a_key_away_before_it_was_ever_good(manager: Browser) -> None:
    make(manager)

    answer = await done(manager, "/nycklar/aterkalla", nyckel="journalsystemet")
    again = await post(manager, "/nycklar/bekrafta", nyckel="journalsystemet")

    assert "Nyckeln är återkallad." in answer
    assert again.status_code == 404
    assert state_of(manager) is TokenState.REVOKED


async def test_nobody_confirms_another_units_key(manager: Browser) -> None:
    make(manager, OTHER_UNIT)

    answer = await post(manager, "/nycklar/bekrafta", nyckel="journalsystemet")

    assert answer.status_code == 404
    assert state_of(manager, OTHER_UNIT) is TokenState.AWAITED


async def test_the_administration_confirms_none(administrator: Browser) -> None:
    make(administrator)

    answer = await post(administrator, "/nycklar/bekrafta", nyckel="journalsystemet")

    assert answer.status_code in (303, 403)
    assert state_of(administrator) is TokenState.AWAITED
