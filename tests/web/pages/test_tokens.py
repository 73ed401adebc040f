"""Nycklar: the unit's manager confirms a system's key, or takes it away."""

from collections.abc import Collection

import pytest

from tests.clinic import OTHER_UNIT, STAFF, UNIT
from tests.use_cases.test_administer_units import ADMINISTRATOR
from tests.web.pages.conftest import Browser, words_of
from tests.web.pages.test_administration import done, post
from utskick.domain.tokens import SCOPE_LABELS, Scope, TokenState
from utskick.domain.units import Actor, Unit


def make(
    browser: Browser,
    unit: Unit = UNIT,
    *,
    scopes: Collection[Scope] = tuple(Scope),
    actor: Actor = ADMINISTRATOR,
) -> str:
    """Its id, which stands on the page."""
    clinic = browser.clinic
    clinic.administer_units.make_token(
        unit.id, "journalsystemet", scopes=scopes, actor=actor, now=clinic.clock.now()
    )
    with clinic.store.transaction() as records:
        return next(each.id for each in records.tokens.list_for(unit.id) if not each.revoked_at)


def revoke(browser: Browser) -> None:
    clinic = browser.clinic
    clinic.administer_units.revoke_token(
        UNIT.id, "journalsystemet", actor=ADMINISTRATOR, now=clinic.clock.now()
    )


def state_of(browser: Browser, unit: Unit = UNIT) -> TokenState:
    with browser.clinic.store.transaction() as records:
        (token,) = records.tokens.list_for(unit.id)
    return token.state(now=browser.clinic.clock.now())


async def test_the_manager_reads_what_a_key_may_do_and_confirms_it(manager: Browser) -> None:
    key = make(manager)
    shown = await manager.open("/nycklar")
    words = words_of(shown)

    answer = await done(manager, "/nycklar/bekrafta", nyckel=key)

    assert f'value="{key}"' in shown
    assert "journalsystemet Starta och styra, Läsa, Besök 2027-02-01 2028-02-01 –" in words
    assert "Väntar på bekräftelse" in words
    assert "Nyckeln är bekräftad." in answer
    assert state_of(manager) is TokenState.VALID


async def test_the_manager_takes_a_key_away_before_it_was_ever_good(manager: Browser) -> None:
    key = make(manager)

    answer = await done(manager, "/nycklar/aterkalla", nyckel="journalsystemet")
    again = await post(manager, "/nycklar/bekrafta", nyckel=key)

    assert "Nyckeln är återkallad." in answer
    assert again.status_code == 409
    assert state_of(manager) is TokenState.REVOKED


@pytest.mark.parametrize("scopes", [{Scope.START}, {Scope.READ}])
async def test_a_key_that_has_got_the_name_of_the_one_shown_is_not_confirmed(
    manager: Browser, scopes: set[Scope]
) -> None:
    shown = make(manager, scopes={Scope.READ})
    revoke(manager)
    make(manager, scopes=scopes)

    by_id = await post(manager, "/nycklar/bekrafta", nyckel=shown)
    by_name = await post(manager, "/nycklar/bekrafta", nyckel="journalsystemet")

    words = words_of(by_id.text)
    assert (by_id.status_code, by_name.status_code) == (409, 404)
    assert "Nyckeln som du såg väntar inte längre på att bekräftas" in words
    assert f"journalsystemet {SCOPE_LABELS[next(iter(scopes))]} 2027-02-01" in words
    with manager.clinic.store.transaction() as records:
        assert [each.confirmed_at for each in records.tokens.list_for(UNIT.id)] == [None, None]


async def test_a_key_is_confirmed_once(manager: Browser) -> None:
    key = make(manager)
    await done(manager, "/nycklar/bekrafta", nyckel=key)

    again = await post(manager, "/nycklar/bekrafta", nyckel=key)

    assert again.status_code == 409
    assert state_of(manager) is TokenState.VALID


async def test_nobody_confirms_a_key_that_they_have_made(manager: Browser) -> None:
    key = make(manager, actor=STAFF)
    words = words_of(await manager.open("/nycklar"))

    answer = await post(manager, "/nycklar/bekrafta", nyckel=key)

    assert "Du har skapat den, så någon annan bekräftar den." in words
    assert "Ja, bekräfta" not in words
    assert answer.status_code == 409
    assert "Be en annan chef för enheten att göra det." in words_of(answer.text)
    assert state_of(manager) is TokenState.AWAITED


async def test_nobody_confirms_another_units_key(manager: Browser) -> None:
    key = make(manager, OTHER_UNIT)

    answer = await post(manager, "/nycklar/bekrafta", nyckel=key)

    assert answer.status_code == 404
    assert state_of(manager, OTHER_UNIT) is TokenState.AWAITED


async def test_the_administration_confirms_none(administrator: Browser) -> None:
    key = make(administrator)

    answer = await post(administrator, "/nycklar/bekrafta", nyckel=key)

    assert answer.status_code in (303, 403)
    assert state_of(administrator) is TokenState.AWAITED
