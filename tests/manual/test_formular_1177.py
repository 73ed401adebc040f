"""Hänvisa till sidan formular.1177.se."""

import re

import httpx

from tests.clinic import Clinic
from tests.local_1177.conftest import Local, Resident, ref_of
from tests.manual.psychiatry import Psychiatry
from utskick.local_1177.answers import SENT_IN_IS_SHOWN_FOR

PHQ_9 = "Frågor om nedstämdhet"
HEADINGS = (
    "Dina pågående frågeformulär",
    "Fler tillgängliga frågeformulär",
    "Inskickade frågeformulär",
)


async def test_a_resident_always_finds_the_ongoing_forms(
    psychiatry: Psychiatry, resident: Resident, someone: str
) -> None:
    """Invånaren kan alltid gå till tjänstens sida formular.1177.se och där se sina pågående …
    formulär.
    """
    await psychiatry.send([someone])

    ongoing, _, sent = _sections(resident)

    assert PHQ_9 in ongoing
    assert PHQ_9 not in sent


async def test_a_resident_finds_the_forms_that_have_been_sent_in(
    psychiatry: Psychiatry, local: Local, resident: Resident, someone: str
) -> None:
    """Och inskickade (under en begränsad tid, tills de gallrats) formulär."""
    await psychiatry.send([someone])
    local.control("answer", {"formId": local.forms_of(someone)[0]["formId"]})

    ongoing, _, sent = _sections(resident)
    local.now += SENT_IN_IS_SHOWN_FOR
    _, _, purged = _sections(resident)

    assert PHQ_9 in sent
    assert PHQ_9 not in ongoing
    assert PHQ_9 not in purged


async def test_a_resident_finds_other_forms_that_are_offered(
    psychiatry: Psychiatry, resident: Resident, someone: str
) -> None:
    """Där finns även andra eventuella formulär som kan vara tillgängliga för invånaren."""
    await psychiatry.send([someone])

    _, available, _ = _sections(resident)

    assert "/etjanst/" in available


async def test_forms_sent_without_an_inbox_message_are_found_on_the_page(
    psychiatry: Psychiatry, local: Local, resident: Resident, someone: str
) -> None:
    """Det går också att hänvisa till denna sida i de fall där det inte är lämpligt att skapa ett
    inkorgsmeddelande.
    """
    await psychiatry.send([someone], creates_inbox_message=False)

    ongoing, _, _ = _sections(resident)

    assert PHQ_9 in ongoing
    assert "Till formulär" not in resident.get("/inkorg").text


async def test_several_forms_can_be_sent_by_personnummer_without_an_inbox_message(
    psychiatry: Psychiatry, resident: Resident, someone: str
) -> None:
    """Då kan du först göra ett utskick på personnummer, och se till att klicka ur "Skapa
    inkorgsmeddelande" så att det inte skapas ett sådant.
    """
    dispatch = await psychiatry.start([someone], creates_inbox_message=False)

    ongoing, _, _ = _sections(resident)

    assert all(form.resident_name in ongoing for form in dispatch.forms)
    assert "Till formulär" not in resident.get("/inkorg").text


async def test_someone_without_an_account_can_be_sent_forms_when_no_message_is_made(
    psychiatry: Psychiatry, local: Local, someone: str
) -> None:
    """Det är till exempel inte tillåtet att använda 1177 inkorg för att kontakta mottagare och
    fråga om de vill delta i forskningsprojekt.
    """
    local.add_person(someone, account=False)

    await psychiatry.send([someone], creates_inbox_message=False)

    assert len(local.forms_of(someone)) == 1


def test_the_sms_asks_for_answers_to_the_ongoing_forms(clinic: Clinic) -> None:
    """Sedan skickar du ett sms till mottagaren och ber hen att besvara sina pågående formulär på
    tjänstens sida formular.1177.se.
    """
    text = _sms(clinic, forms=2)

    assert "svara på två formulär" in text
    assert "öppna dina pågående formulär här:\nhttps://formular.1177.se\n" in text


def test_the_sms_says_how_many_forms_there_are_and_that_answers_must_be_confirmed(
    clinic: Clinic,
) -> None:
    """Vi vill be dig att besvara tre formulär. … Glöm inte att bekräfta dina svar när du är
    klar.
    """
    text = _sms(clinic, forms=3)

    assert "tre formulär" in text
    assert "i lugn och ro" in text
    assert "Glöm inte att bekräfta" in text


def test_the_sms_says_where_to_ask_and_who_writes(clinic: Clinic) -> None:
    """Om du har frågor är du välkommen att kontakta oss på [enhet], [kontaktuppgift]."""
    text = _sms(clinic, forms=1)

    assert "Frågor? Kontakta oss: 031-390 06 11" in text
    assert text.endswith("Hälsningar Mottagningen")


def test_the_link_in_the_sms_begins_with_https(clinic: Clinic) -> None:
    """Inkludera "https://" i början av länken enligt ovan."""
    links = re.findall(r"\S*formular\.1177\.se\S*", _sms(clinic, forms=1))

    assert links == ["https://formular.1177.se"]


async def test_a_resident_can_pause_and_go_on_later(
    psychiatry: Psychiatry, local: Local, resident: Resident, someone: str
) -> None:
    """Om vill så kan du pausa och spara dina svar och fortsätta senare genom att klicka på länken
    igen.
    """
    await psychiatry.send([someone])
    address = f"/formular/{local.forms_of(someone)[0]['formId']}"
    resident.get(address)

    paused = resident.post(address, **{"steg": "pausa", "svar-gladje": "2"})

    assert "Dina svar är sparade." in paused.text
    assert 'name="svar-gladje" value="2" checked' in resident.get(address).text


async def test_answers_are_not_sent_in_before_they_are_confirmed(
    psychiatry: Psychiatry, local: Local, resident: Resident, someone: str
) -> None:
    """Glöm inte att bekräfta dina svar när du är klar."""
    await psychiatry.send([someone])
    address = f"/formular/{local.forms_of(someone)[0]['formId']}"
    page = resident.get(address)
    names = set(re.findall(r'name="(svar-[a-z]+)"', page.text))

    review = resident.post(address, **{"steg": "granska"} | dict.fromkeys(names, "1"))
    assert local.forms_of(someone)[0]["formStatus"] == "PENDING_COMPLETION"
    resident.submit(review, f"{address}/bekrafta")

    assert local.forms_of(someone)[0]["formStatus"] == "COMPLETED"


async def test_the_link_leads_by_the_sign_in_to_the_page(
    psychiatry: Psychiatry, local: Local, someone: str
) -> None:
    """När mottagaren klickar på länken får hen logga in i 1177, och därefter visas tjänstens
    sida.
    """
    await psychiatry.send([someone])
    browser = Resident(local)

    asked = browser.get("/")
    page = browser.post("/logga-in", ref=str(ref_of(local, someone)), till="/")
    browser.close()

    assert "Logga in" in asked.text
    assert PHQ_9 not in asked.text
    assert PHQ_9 in page.text


def test_the_headings_stand_in_the_manuals_order(resident: Resident) -> None:
    """Överst visas Dina pågående frågeformulär, sedan Fler tillgängliga frågeformulär och underst
    Inskickade frågeformulär.
    """
    page = resident.get("/").text

    assert tuple(re.findall(r"<summary><h2>(.+?)</h2>", page)) == HEADINGS


def test_each_heading_opens_its_list(resident: Resident) -> None:
    """Genom att klicka på respektive rubrik eller på plustecknet visas formulären."""
    page = resident.get("/").text

    opened = re.findall(r"<details[^>]*>\s*<summary>(.*?)</summary>\s*<ul", page, re.DOTALL)
    assert ['class="plus"' in summary for summary in opened] == [True] * len(HEADINGS)


def _sections(resident: Resident) -> tuple[str, str, str]:
    """What the page lists under each heading."""
    page: httpx.Response = resident.get("/")
    ongoing, available, sent = re.findall(r"<details.*?</details>", page.text, re.DOTALL)
    return ongoing, available, sent


def _sms(clinic: Clinic, *, forms: int) -> str:
    return clinic.send_sms.write_ongoing_forms(
        forms, sender="Mottagningen", contact="031-390 06 11"
    ).text
