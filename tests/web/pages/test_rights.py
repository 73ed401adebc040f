"""Behörigheter on the pages: from the next click, each with its source."""

from tests.clinic import OTHER_STAFF, OTHER_UNIT, OWN, PACKAGE, STAFF, UNIT
from tests.use_cases.test_administer_packages import NEW, save
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import main_form
from tests.web.pages.test_administration import done, post
from utskick.domain.rights import Right
from utskick.web.pages.visitors import COOKIE, csrf_of

RIGHTS = f"/forvaltning/behorigheter/{UNIT.id}"
PACKAGES = "/forvaltning/grundplatar"
LINKS = "/forvaltning/formularlankar"
COLLEAGUE = OTHER_STAFF.name


async def give(browser: Browser, right: Right, *, to: str = COLLEAGUE) -> str:
    return await done(browser, f"{RIGHTS}/ge", staff_id=to, right=right.value, until="")


def the_grant(browser: Browser) -> str:
    with browser.clinic.store.transaction() as records:
        return str(records.grants.of_unit(UNIT.id)[0].id)


async def test_a_right_holds_from_the_next_click_and_ends_with_it(
    local_administrator: Browser, other_staff: Browser
) -> None:
    before = await other_staff.get(PACKAGES)

    given = await give(local_administrator, Right.FORM_DESIGN)
    during = words_of(await other_staff.open(PACKAGES))
    await done(local_administrator, f"{RIGHTS}/ta-bort", behorighet=the_grant(local_administrator))
    after = await other_staff.get(PACKAGES)

    assert "Behörigheten är given. Den gäller från personens nästa klick." in given
    assert PACKAGE.name in during
    assert (before.status_code, after.status_code) == (403, 403)
    assert "Du saknar behörigheten Formulärdesign." in words_of(after.text)


async def test_each_right_is_shown_with_where_it_comes_from(
    local_administrator: Browser, other_staff: Browser
) -> None:
    sign_in(other_staff, session(OTHER_UNIT))
    await give(local_administrator, Right.FORM_DESIGN)

    page = words_of(await local_administrator.open(RIGHTS))
    theirs = words_of(await other_staff.open("/inloggningar"))

    assert "Alla med ett medarbetaruppdrag för enheten har Utskick och Uppföljning." in page
    assert f"{STAFF.name} Lokal förvaltning Systemroll i HSA" in page
    assert f"{COLLEAGUE} Formulärdesign Tills vidare Karin Exempel" in page
    assert f"Formulärdesign {UNIT.name} Given här av Karin Exempel" in theirs
    assert f"Utskick {OTHER_UNIT.name} Medarbetaruppdraget i HSA" in theirs


async def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(
    local_administrator: Browser,
) -> None:
    answer = await post(
        local_administrator, f"{RIGHTS}/ge", staff_id="Karin", right="log", until="igår"
    )

    assert answer.status_code == 422
    assert 'value="Karin"' in answer.text
    assert "Datumet är inte giltigt." in words_of(answer.text)


async def test_what_is_not_filled_in_is_asked_for(local_administrator: Browser) -> None:
    answer = await post(local_administrator, f"{RIGHTS}/ge", staff_id="", right="", until="")

    words = words_of(answer.text)
    assert "Fyll i personens HSA-id." in words
    assert "Välj en behörighet." in words
    assert "fel skrivet" not in words
    assert "du kan inte ge" not in words.casefold()


async def test_the_last_of_the_local_administration_is_asked_once_more(
    administrator: Browser, staff: Browser
) -> None:
    await give(administrator, Right.LOCAL_ADMINISTRATION, to=STAFF.name)

    asked = await post(staff, f"{RIGHTS}/ta-bort", behorighet=the_grant(staff))
    gone = await post(staff, f"{RIGHTS}/ta-bort", behorighet=the_grant(staff), saker="ja")

    assert asked.status_code == 409
    assert "Du är den sista som har fått Lokal förvaltning" in words_of(asked.text)
    assert "Dina behörigheter" in gone.text
    assert (await staff.get("/forvaltning/behorigheter")).status_code == 403


async def test_the_regional_administration_chooses_among_all_units(
    administrator: Browser, local_administrator: Browser
) -> None:
    everybodys = words_of(await administrator.open("/forvaltning/behorigheter"))
    own = await local_administrator.get("/forvaltning/behorigheter")

    assert UNIT.name in everybodys
    assert OTHER_UNIT.name in everybodys
    assert own.headers["location"] == RIGHTS
    other = await local_administrator.get(f"/forvaltning/behorigheter/{OTHER_UNIT.id}")
    assert other.status_code == 404


# Grundplåtar and links of the own units


async def test_the_local_administration_sees_its_own_parts_of_the_administration(
    local_administrator: Browser,
) -> None:
    page = await local_administrator.open("/forvaltning")

    assert "/forvaltning/grundplatar" in page
    assert "/forvaltning/behorigheter" in page
    for hidden in ("/forvaltning/enheter", "/forvaltning/logg", "Senaste ändringar"):
        assert hidden not in page


async def test_it_makes_and_edits_packages_of_its_own_units_only(
    local_administrator: Browser,
) -> None:
    clinic = local_administrator.clinic
    save(clinic, NEW | {"key": "deras", "name": "Deras", "units": [OTHER_UNIT.id]})

    listed = words_of(await local_administrator.open(PACKAGES))
    page = await local_administrator.open(f"{PACKAGES}/{PACKAGE.key}")
    saved = await local_administrator.press(page, "spara", name="Inför första besöket")
    refused = await local_administrator.press(page, "spara", enhet=[UNIT.id, OTHER_UNIT.id])

    assert "Deras" not in listed
    assert (await local_administrator.get(f"{PACKAGES}/deras")).status_code == 404
    assert saved.status_code == 303
    assert refused.status_code == 422
    assert "är inte en enhet som du förvaltar" in words_of(refused.text)


async def test_one_that_names_units_of_others_is_only_read(
    local_administrator: Browser, administrator: Browser
) -> None:
    clinic = local_administrator.clinic
    save(clinic, NEW | {"key": "bada", "units": [UNIT.id, OTHER_UNIT.id]})

    page = await local_administrator.open(f"{PACKAGES}/bada")
    whole = await administrator.open(f"{PACKAGES}/bada")
    # The button that is not there, pressed all the same.
    fields = dict(main_form(whole).filled(csrf=csrf_of(local_administrator.cookies[COOKIE])))
    fields |= {"gor": "spara", "enhet": UNIT.id, "name": "Vårt"}
    refused = await local_administrator.post(f"{PACKAGES}/bada", data=fields)

    assert "Den regionala förvaltningen kan ändra den" in page
    assert 'value="spara"' in whole
    assert 'value="spara"' not in page
    assert refused.status_code == 409
    assert "kan den bara ändras av" in words_of(refused.text)
    with clinic.store.transaction() as records:
        assert len(records.packages.versions("bada")) == 1


async def test_a_new_package_begins_with_the_only_own_unit(local_administrator: Browser) -> None:
    page = await local_administrator.open("/forvaltning/ny-grundplat")

    assert f'name="enhet" value="{UNIT.id}"' in page
    assert f'<option value="{OTHER_UNIT.name}"' not in page


async def test_a_form_link_is_made_for_an_own_unit(local_administrator: Browser) -> None:
    page = await local_administrator.open(LINKS)
    made = await local_administrator.press(page, "lank", formular=OWN.name)
    foreign = await local_administrator.press(page, "lank", formular=OWN.name, enhet=OTHER_UNIT.id)

    assert f"/etjanst/{OWN.id}?externalApplication=UTSKICK_{UNIT.id}" in made.text
    assert foreign.status_code == 422
    assert "/etjanst/" not in foreign.text


async def test_the_regional_administration_makes_a_link_for_any_unit(
    administrator: Browser,
) -> None:
    page = await administrator.open(LINKS)
    chosen = await administrator.press(page, "enhet", enhet=UNIT.id)
    made = await administrator.press(chosen.text, "lank", formular=OWN.name)
    changes = words_of(await administrator.open("/forvaltning"))

    assert f"externalApplication=UTSKICK_{UNIT.id}" in made.text
    assert f"Skapat formulärlänk till {OWN.key} för {UNIT.name}" in changes
