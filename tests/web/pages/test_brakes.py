"""Nödbroms on the pages: what it hits, pull, what staff see, release."""

import re

from tests.clinic import OTHER_UNIT, OWN, PHQ, UNIT, Clinic
from tests.people import ANNA
from tests.use_cases.clinic_days import reconciled
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import forms_of
from utskick.domain.rights import Right
from utskick.web.pages.visitors import COOKIE, csrf_of

HERE = "/forvaltning/nodbroms"
CAUSE = "Fel fråga i formuläret"
BAND = "Nödbromsen är dragen för enheten Vuxenpsykiatriska mottagningen sedan 2027-02-01 kl. 12:00"


async def post(browser: Browser, address: str, **fields: str) -> str:
    csrf = csrf_of(browser.cookies[COOKIE])
    answer = await browser.post(address, data={"csrf": csrf} | fields, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


async def pull(administrator: Browser, what: str = f"enhet:{UNIT.id}") -> str:
    return await post(administrator, f"{HERE}/dra", vad=what, skal=CAUSE)


async def test_who_pulled_it_is_named(administrator: Browser) -> None:
    page = await pull(administrator)

    assert "Sedan 2027-02-01 kl. 12:00, av Karin Exempel" in words_of(page)


async def test_it_is_seen_what_is_hit_before_it_is_pulled(
    administrator: Browser, clinic: Clinic
) -> None:
    dispatch = (await clinic.start()).dispatch

    page = await post(administrator, f"{HERE}/berors", vad=f"mall:{PHQ.id}")

    words = words_of(page)
    assert "Bromsen gäller formuläret PHQ-9 1 pågående utskick berörs" in words
    assert f"{dispatch.name} {UNIT.name} 2027-02-01 kl. 13:00 2 0 Väntar" in words
    assert "Nödbromsen är dragen" not in words
    assert clinic.pull_brake.list_pulled() == []


async def test_a_cause_is_required(administrator: Browser, clinic: Clinic) -> None:
    csrf = csrf_of(administrator.cookies[COOKIE])
    for cause in ("", f"Fel för {ANNA.formatted}"):
        answer = await administrator.post(
            f"{HERE}/dra", data={"csrf": csrf, "vad": "allt", "skal": cause}
        )

        assert answer.status_code == 422
        assert 'href="#skal"' in answer.text
    assert clinic.pull_brake.list_pulled() == []


async def test_every_page_of_a_unit_that_is_hit_says_what_and_since_when(
    administrator: Browser, staff: Browser, other_staff: Browser
) -> None:
    dispatch = (await staff.clinic.start()).dispatch
    await pull(administrator)

    for address in (
        "/skicka-formular",
        "/starta-paketutskick",
        "/paketutskick",
        f"/paketutskick/{dispatch.id}",
        "/uppfoljning",
        "/formularlank",
    ):
        words = words_of(await staff.open(address))
        assert f"{BAND} . Skäl: {CAUSE}." in words.replace("kl. 12:00.", "kl. 12:00 ."), address
    assert "Nödbromsen" not in words_of(await other_staff.open("/skicka-formular"))


async def test_a_brake_on_a_form_is_shown_to_the_units_that_may_send_it(
    administrator: Browser, staff: Browser, other_staff: Browser, clinic: Clinic
) -> None:
    with clinic.store.transaction() as records:
        own = records.forms.find("inför besök")
    assert own is not None
    await pull(administrator, f"mall:{own.id}")

    assert "dragen för formuläret Inför besök" in words_of(await staff.open("/paketutskick"))
    assert "Nödbromsen" not in words_of(await other_staff.open("/paketutskick"))


async def test_what_has_passed_says_why_and_can_be_sent_when_it_is_released(
    administrator: Browser, staff: Browser, clinic: Clinic
) -> None:
    dispatch = (await clinic.start()).dispatch
    page = await pull(administrator)
    clinic.clock.moment = dispatch.occasions[0].sends_at
    await reconciled(clinic)
    # Half an hour ends a session, and more has passed.
    sign_in(staff, session(UNIT))
    sign_in(administrator, session(rights=[Right.REGIONAL_ADMINISTRATION]))

    during = words_of(await staff.open(f"/paketutskick/{dispatch.id}"))
    (address,) = re.findall(rf'action="({HERE}/[^/]+/slapp)"', page)
    released = words_of(await post(administrator, address))
    after = await staff.open(f"/paketutskick/{dispatch.id}")

    assert "Tillfälle 1 blev missat" in during
    assert f"Nödbromsen drogs 2027-02-01 kl. 12:00. Skäl: {CAUSE}." in during
    assert "kan skickas när den har släppts" in during
    assert "Nödbromsen är släppt" in released
    assert f"Enheten {UNIT.name} 2027-02-01 kl. 12:00" in released
    assert any(form.action.endswith("/skicka-nu") for form in forms_of(after))


async def test_the_administration_sees_it_first_of_all(administrator: Browser) -> None:
    await pull(administrator, "allt")

    words = words_of(await administrator.open("/forvaltning"))

    assert words.index("Nödbromsen är dragen för alla utskick") < words.index("Enheter Lägg")
    assert f"Dragit nödbromsen för alla utskick: {CAUSE}" in words


async def test_what_is_none_of_the_choices_is_not_found(administrator: Browser) -> None:
    csrf = csrf_of(administrator.cookies[COOKIE])
    for what in ("mall:1", "enhet:", f"enhet:{OTHER_UNIT.id}0", "annat"):
        answer = await administrator.post(f"{HERE}/berors", data={"csrf": csrf, "vad": what})

        assert answer.status_code == 404, what


async def test_a_start_that_a_brake_holds_is_refused_on_the_page(
    administrator: Browser, staff: Browser
) -> None:
    await pull(administrator, "allt")
    page = await staff.open("/skicka-formular")
    listed = await staff.press(page, "lagg-till", nytt_personnummer=ANNA.digits)

    answer = await staff.press(listed.text, "skicka", form=OWN.name)

    assert answer.status_code == 409
    assert f"Skäl: {CAUSE}" in words_of(answer.text)
    kept = [field for form in forms_of(answer.text) for field in form.fields]
    assert ("form", OWN.name) in kept, "typed for nothing"
