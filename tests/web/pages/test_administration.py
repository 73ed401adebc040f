"""Förvaltning: units, form templates and sign-ins, by the regional administration."""

import re
from datetime import timedelta
from html import unescape

import pytest
from httpx import Response

from tests.clinic import OTHER_UNIT, OWN, PHQ, SHARED, UNIT, UNSUBSCRIBED, WEEKLY, Clinic
from tests.people import ANNA
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from utskick.domain.certificates import Certificate
from utskick.domain.forms import FormTemplate
from utskick.domain.units import Unit
from utskick.web.pages.visitors import COOKIE, csrf_of

NEW = {"hsa_id": "SE2321000131-E000000000103", "name": "Rehab", "phone": "031-390 06 13"}


def unit_page(unit: Unit = UNIT) -> str:
    return f"/forvaltning/enheter/{unit.id}"


def form_page(form: FormTemplate) -> str:
    return f"/forvaltning/formularmallar/{form.id}"


async def post(browser: Browser, address: str, **fields: str | list[str]) -> Response:
    """As one of the page's forms does; the page that it leads to, if it leads on."""
    csrf = csrf_of(browser.cookies[COOKIE])
    return await browser.post(address, data={"csrf": csrf} | fields, follow_redirects=True)


async def done(browser: Browser, address: str, **fields: str | list[str]) -> str:
    answer = await post(browser, address, **fields)
    assert answer.status_code == 200, answer.text
    return words_of(answer.text)


# The first page


async def test_the_first_page_leads_on_and_shows_what_has_been_changed(
    administrator: Browser,
) -> None:
    before = words_of(await administrator.open("/forvaltning"))
    await done(administrator, "/forvaltning/enheter", **NEW)
    after = words_of(await administrator.open("/forvaltning"))

    for part in ("Enheter", "Formulärmallar", "Grundplåtar", "Inloggningar"):
        assert part in before
    assert "Inga ändringar än." in before
    assert f"Karin Exempel Lagt till enhet {NEW['name']}" in after


async def test_the_first_page_says_which_certificates_are_to_be_changed(
    administrator: Browser, clinic: Clinic
) -> None:
    now, held = clinic.clock.now(), clinic.certificates.held
    ends = {
        "UTSKICK_PLATFORM": timedelta(days=2, hours=1),
        "UTSKICK_SMTP": -timedelta(days=1),
        "LASTS": timedelta(90),
    }
    for name, left in ends.items():
        held.append(Certificate(setting=name, path="x", mark=name, ends_at=now + left))
    held.append(Certificate(setting="UTSKICK_SIGN_IN", path="x", mark="x", ends_at=None))

    words = words_of(await administrator.open("/forvaltning"))

    assert (
        "Certifikatet för tjänsteplattformen går ut 2027-02-03 kl. 13:00, om 2 dagar (UTSKICK_PL"
        in words
    )
    assert "Certifikatet för mejlservern gick ut 2027-01-31 kl. 12:00" in words
    assert "certifikatet för inloggningen går inte att läsa" in words
    assert "LASTS" not in words


# Units


async def test_units_are_found_by_part_of_their_name_or_hsa_id(administrator: Browser) -> None:
    for sought in ("psykiatriska", "e000000000101"):
        words = words_of(await administrator.search("/forvaltning/enheter", sok=sought))
        assert UNIT.name in words
        assert OTHER_UNIT.name not in words
    assert "1 enhet " in words
    nobody = words_of(await administrator.search("/forvaltning/enheter", sok="zzz"))
    assert "Ingen enhet stämmer" in nobody


async def test_many_units_come_fifty_at_a_time(administrator: Browser) -> None:
    with administrator.clinic.store.transaction() as records:
        records.units.save(
            Unit(type(UNIT.id)(f"SE2321000131-E{n:012}"), f"Enhet {n:03}", "") for n in range(200)
        )

    last = words_of(await administrator.search("/forvaltning/enheter", sok="Enhet ", sida="4"))
    beyond = words_of(await administrator.search("/forvaltning/enheter", sok="Enhet ", sida="9"))

    assert "200 enheter" in last
    assert "Enhet 199" in last
    assert "Enhet 100" not in last
    assert "Sida 4 av 4" in last
    assert "Enhet 1" not in beyond


async def test_a_unit_that_joins_can_be_signed_in_to(administrator: Browser) -> None:
    words = await done(administrator, "/forvaltning/enheter", **NEW)

    assert "Enheten är tillagd." in words
    assert "Rehab" in words_of(await administrator.open("/forvaltning/enheter"))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("hsa_id", "123", "HSA-id är fel skrivet"),
        ("hsa_id", UNIT.id, "enheten finns redan."),
        ("name", "", "texten är tom."),
        ("phone", " ", "texten är tom."),
        ("name", f"Rehab {ANNA.digits}", "liknar ett personnummer"),
    ],
)
async def test_a_unit_that_cannot_join_is_shown_beside_the_field_and_what_was_typed_is_kept(
    administrator: Browser, field: str, typed: str, said: str
) -> None:
    answer = await post(administrator, "/forvaltning/enheter", **NEW | {field: typed})

    assert answer.status_code == 422
    beside = answer.text.split(f'id="{field}-problem"', 1)[1].split("</p>", 1)[0]
    assert said.casefold() in beside.casefold()
    assert f'href="#{field}"' in answer.text
    kept = NEW | {field: typed}
    assert all(f'value="{each}"' in answer.text for each in kept.values() if each)
    with administrator.clinic.store.transaction() as records:
        assert {unit.id for unit in records.units.all()} == {UNIT.id, OTHER_UNIT.id}


async def test_a_unit_is_renamed(administrator: Browser) -> None:
    words = await done(administrator, unit_page(), name="Mottagningen", phone="031-390 06 19")
    empty = await post(administrator, unit_page(), name="", phone="031")

    assert "Ändringarna är sparade." in words
    assert empty.status_code == 422
    with administrator.clinic.store.transaction() as records:
        assert records.units.get(UNIT.id).name == "Mottagningen"


async def test_withdrawing_a_unit_closes_it_to_its_staff_until_it_is_back(
    administrator: Browser, staff: Browser
) -> None:
    await staff.clinic.start()
    before = words_of(await administrator.open(unit_page()))

    withdrawn = await done(administrator, f"{unit_page()}/dra-in")
    shut = await staff.get("/skicka-formular")
    back = await done(administrator, f"{unit_page()}/ta-tillbaka")
    sign_in(staff, session(UNIT))

    assert "Enheten har 1 pågående paketutskick" in before
    assert "Enheten är indragen." in withdrawn
    assert "1 paketutskick är pågående och avbryts vid sitt nästa tillfälle" in withdrawn
    assert shut.status_code == 403
    assert "Enheten är tagen tillbaka." in back
    assert (await staff.get("/skicka-formular")).status_code == 200


async def test_a_unit_gets_sending_hours_of_its_own_and_gives_them_back(
    administrator: Browser, staff: Browser
) -> None:
    words = await done(administrator, f"{unit_page()}/tider", opens="09:00", closes="16:00")
    page = await administrator.open(unit_page())
    chosen = await staff.press(await staff.open("/starta-paketutskick"), f"valj {WEEKLY.key}")
    await done(administrator, f"{unit_page()}/tider", opens="", closes="")

    assert "Sändningstiderna är sparade." in words
    assert 'value="16:00"' in page
    assert "Mellan 09:00 och 16:00 är lämpligt." in words_of(chosen.text)
    assert 'value="16:00"' not in await administrator.open(unit_page())


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ({"opens": "16:00", "closes": "09:00"}, "Tiden slutar innan den börjar."),
        ({"opens": "9", "closes": "16:00"}, "Klockslaget går inte att tolka."),
        ({"opens": "09:00", "closes": ""}, "Klockslaget saknas. Fyll i båda, eller töm båda."),
    ],
)
async def test_hours_that_cannot_be_are_kept_in_their_fields(
    administrator: Browser, hours: dict[str, str], said: str
) -> None:
    answer = await post(administrator, f"{unit_page()}/tider", **hours)

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert f'value="{hours["opens"]}"' in answer.text


async def test_subscriptions_are_those_that_are_ticked(administrator: Browser) -> None:
    page = await administrator.open(unit_page())
    assert f'value="{SHARED.id}" checked' in page
    assert f'value="{UNSUBSCRIBED.id}">' in page

    words = await done(
        administrator, f"{unit_page()}/prenumerationer", prenumeration=[str(UNSUBSCRIBED.id)]
    )

    assert "Prenumerationerna är sparade." in words
    with administrator.clinic.store.transaction() as records:
        assert records.forms.subscriptions([UNIT.id]) == {(UNIT.id, UNSUBSCRIBED.id)}


@pytest.mark.parametrize("form", ["inte-ett-id", str(OWN.id)])
async def test_what_cannot_be_subscribed_to_is_not_found(
    administrator: Browser, form: str
) -> None:
    answer = await post(administrator, f"{unit_page()}/prenumerationer", prenumeration=[form])

    assert answer.status_code == 404


@pytest.mark.parametrize("unit_id", ["SE2321000131-E000000000999", "vad-som-helst"])
async def test_a_unit_that_is_not_there_is_not_found(administrator: Browser, unit_id: str) -> None:
    address = f"/forvaltning/enheter/{unit_id}"

    assert (await administrator.get(address)).status_code == 404
    for act in ("", "/dra-in", "/ta-tillbaka", "/prenumerationer", "/nycklar/aterkalla"):
        answer = await post(administrator, address + act, name="Namn", phone="031")
        assert answer.status_code == 404, act
    answer = await post(
        administrator, f"{address}/nycklar", nyckelns_namn="system", nyckelns_ratt="start"
    )
    assert answer.status_code == 404


# Tokens


async def test_a_token_is_shown_once_and_opens_the_unit(administrator: Browser) -> None:
    answer = await post(
        administrator,
        f"{unit_page()}/nycklar",
        nyckelns_namn="journalsystemet",
        nyckelns_ratt="start",
    )
    found = re.search(r'id="nyckeln"[^>]*value="([^"]+)"', answer.text)
    assert found

    with administrator.clinic.store.transaction() as records:
        assert records.tokens.find(found[1]).unit_id == UNIT.id
    later = await administrator.open(unit_page())
    assert found[1] not in later
    assert "journalsystemet" in words_of(later)


async def test_a_page_that_is_posted_again_makes_no_second_token(administrator: Browser) -> None:
    for status_code in (200, 422):
        answer = await post(
            administrator,
            f"{unit_page()}/nycklar",
            nyckelns_namn="journalsystemet",
            nyckelns_ratt="start",
        )
        assert answer.status_code == status_code

    assert "Enheten har redan en nyckel med det namnet." in unescape(answer.text)
    with administrator.clinic.store.transaction() as records:
        assert len(records.tokens.list_for(UNIT.id)) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Skriv vilket system nyckeln är till."),
        ("  ", "Skriv vilket system nyckeln är till."),
        ("x" * 101, "Skriv högst 100 tecken."),
        ("en\x07", "Skriv det på nytt."),
        ("en\u202e", "Skriv det på nytt."),
    ],
)
async def test_a_token_needs_a_name_that_can_be_read(
    administrator: Browser, name: str, said: str
) -> None:
    answer = await post(
        administrator, f"{unit_page()}/nycklar", nyckelns_namn=name, nyckelns_ratt="start"
    )

    assert answer.status_code == 422
    assert 'id="nyckelns_namn-problem"' in answer.text
    assert said in unescape(answer.text)


async def test_a_token_is_for_something(administrator: Browser) -> None:
    answer = await post(administrator, f"{unit_page()}/nycklar", nyckelns_namn="journalsystemet")

    assert answer.status_code == 422
    assert "Kryssa för vad systemet ska göra." in answer.text


async def test_a_revoked_token_is_shown_as_such(administrator: Browser) -> None:
    await post(
        administrator,
        f"{unit_page()}/nycklar",
        nyckelns_namn="journalsystemet",
        nyckelns_ratt="start",
    )

    words = await done(administrator, f"{unit_page()}/nycklar/aterkalla", nyckel="journalsystemet")
    again = await post(administrator, f"{unit_page()}/nycklar/aterkalla", nyckel="journalsystemet")

    assert "Nyckeln är återkallad." in words
    assert "Återkallad 2027-02-01" in words
    assert again.status_code == 404


# Form templates


@pytest.mark.parametrize(
    ("query", "found", "not_found"),
    [
        ({"sok": "phq"}, PHQ, OWN),
        ({"sok": "vårdcentralen"}, SHARED, OWN),
        ({"samling": "nafs"}, PHQ, SHARED),
        ({"samling": "shared"}, SHARED, PHQ),
        ({"visa": "aktiva"}, SHARED, PHQ),
        ({"visa": "arkiverade"}, PHQ, SHARED),
        ({"visa": "nonsens", "samling": ""}, PHQ, None),
    ],
)
async def test_form_templates_are_found_by_what_they_are(
    administrator: Browser,
    query: dict[str, str],
    found: FormTemplate,
    not_found: FormTemplate | None,
) -> None:
    await done(administrator, f"{form_page(PHQ)}/arkivera")

    page = await administrator.search("/forvaltning/formularmallar", **query)

    assert form_page(found) in page
    assert not_found is None or form_page(not_found) not in page


async def test_a_form_shows_its_owner_subscribers_packages_and_ongoing_dispatches(
    administrator: Browser,
) -> None:
    await administrator.clinic.start()

    shared = words_of(await administrator.open(form_page(SHARED)))
    phq = words_of(await administrator.open(form_page(PHQ)))

    assert f"Ägare {OTHER_UNIT.name}" in shared
    assert "1 enhet prenumererar" in shared
    assert f"{UNIT.name}: 1" in shared
    assert WEEKLY.name in phq
    assert "Mallen ingår i 1 pågående utskick." in phq
    assert "Tillgänglig för andra enheter" not in phq


async def test_a_form_is_archived_and_taken_back(administrator: Browser) -> None:
    archived = await done(administrator, f"{form_page(PHQ)}/arkivera")
    back = await done(administrator, f"{form_page(PHQ)}/ta-tillbaka")

    assert "Formulärmallen är arkiverad. Den kan inte skickas." in archived
    assert "varje start och varje tillfälle frågar tjänsten" in back
    with administrator.clinic.store.transaction() as records:
        assert records.forms.get(PHQ.id) == PHQ


async def test_a_form_is_made_available_to_others_and_not(administrator: Browser) -> None:
    shared = await done(administrator, f"{form_page(OWN)}/dela")
    offered = words_of(await administrator.open(unit_page(OTHER_UNIT)))
    taken_back = await done(administrator, f"{form_page(OWN)}/sluta-dela")

    assert "Formulärmallen är tillgänglig för andra enheter." in shared
    assert OWN.name in offered
    assert "Formulärmallen är bara tillgänglig för ägaren." in taken_back


async def test_a_national_form_cannot_be_shared_or_not(administrator: Browser) -> None:
    answer = await post(administrator, f"{form_page(PHQ)}/sluta-dela")

    assert answer.status_code == 409
    assert "redan fria för alla enheter" in words_of(answer.text)


async def test_a_link_is_made_for_a_unit_that_may_send_the_form(administrator: Browser) -> None:
    answer = await post(administrator, f"{form_page(OWN)}/lank", enhet=UNIT.id)
    changes = words_of(await administrator.open("/forvaltning"))

    assert f"/etjanst/{OWN.id}?externalApplication=UTSKICK_{UNIT.id}" in unescape(answer.text)
    assert f"Skapat formulärlänk till {OWN.key} för {UNIT.name}" in changes


@pytest.mark.parametrize("unit_id", ["", "finns-inte", OTHER_UNIT.id])
async def test_no_link_is_made_for_another_unit(administrator: Browser, unit_id: str) -> None:
    answer = await post(administrator, f"{form_page(OWN)}/lank", enhet=unit_id)

    assert answer.status_code == 422
    assert "Välj en enhet som får skicka mallen." in words_of(answer.text)
    assert "Inga ändringar än." in words_of(await administrator.open("/forvaltning"))


async def test_a_form_that_was_archived_meanwhile_gets_no_link(administrator: Browser) -> None:
    await done(administrator, f"{form_page(OWN)}/arkivera")

    answer = await post(administrator, f"{form_page(OWN)}/lank", enhet=UNIT.id)

    assert answer.status_code == 422
    words = words_of(answer.text)
    assert "Formulärmallen är arkiverad. Ta tillbaka den först." in words
    assert "Välj en enhet" not in words


# Sign-ins


async def test_somebody_is_signed_out_everywhere(
    administrator: Browser, other_staff: Browser
) -> None:
    nurse = session(OTHER_UNIT).staff_id
    assert nurse in await administrator.search("/forvaltning/inloggningar", sok="karin")

    words = await done(administrator, "/forvaltning/inloggningar/logga-ut", person=nurse)

    assert "Personen är utloggad överallt." in words
    answer = await other_staff.get("/skicka-formular")
    assert answer.headers["location"].startswith("/logga-in")


async def test_whoever_is_not_signed_in_cannot_be_signed_out(administrator: Browser) -> None:
    words = await done(administrator, "/forvaltning/inloggningar/logga-ut", person="SE1-NOBODY")
    nobody = words_of(await administrator.search("/forvaltning/inloggningar", sok="zzz"))

    assert "Personen var inte inloggad." in words
    assert "Ingen inloggad stämmer" in nobody


async def test_what_people_have_written_is_shown_as_text(administrator: Browser) -> None:
    await done(administrator, unit_page(), name="<b>Enhet</b>", phone="031")
    await post(
        administrator, f"{unit_page()}/nycklar", nyckelns_namn="<i>x</i>", nyckelns_ratt="start"
    )

    for address in ("/forvaltning/enheter", unit_page(), "/forvaltning", form_page(OWN)):
        page = await administrator.open(address)
        assert "<b>Enhet" not in page
        assert "<i>x" not in page
