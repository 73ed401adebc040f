"""formular.1177.se, page by page, as residents meet it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from tests.local_1177.conftest import Local, Resident, ref_of
from tests.local_1177.region import ARCHIVED, NAFS, OTHER_UNIT, OWN, UNIT, a_personnummer
from tests.people import COORDINATION_NUMBERS

GOOD_ANSWERS = {"svar-sover": "ja", "svar-ork": "1", "svar-timmar": "8", "svar-mer": "<b>Nej</b>"}
HEADINGS = [
    "Dina pågående frågeformulär",
    "Fler tillgängliga frågeformulär",
    "Inskickade frågeformulär",
]


@pytest.fixture
def child(local: Local, anna: str) -> str:
    """Anna's child, twelve years old on the clock's day."""
    return local.add_person(
        a_personnummer(date(2013, 6, 1)), given_name="Lillan", guardians=anna, account=False
    )


@pytest.fixture
def stranger(local: Local) -> Iterator[Resident]:
    browser = Resident(local)
    browser.sign_in(ref_of(local, local.add_person(given_name="Bo", surname="Ek")))
    yield browser
    browser.close()


def leave_message(local: Local, to: str, *, heading: str, link: dict[str, str]) -> None:
    message = {
        "organisationUnit": {"unitId": UNIT, "unitName": "Mottagningen"},
        "messageDescription": heading,
        "messageText": "Hej <script>",
        "ssoLink": link,
    }
    call = {"subjectOfCareId": to, "message": message, "notify": True, "sourceSystem": "X"}
    local.call("AddMessageToPatientPortalInbox", call)


def test_a_visitor_is_shown_that_this_is_not_1177(resident: Resident) -> None:
    page = resident.get("/")

    assert "Lokal testmiljö. Det här är inte 1177" in page.text
    assert "Logga in som testperson" in page.text


def test_a_test_person_is_found_by_name_and_signed_in(resident: Resident) -> None:
    resident.get("/")
    found = resident.post("/sok", namn="tolvan", till="/")
    ref = re.search(r'name="ref" value="(\d+)">Tolvan Tolvansson', found.text)
    assert ref is not None

    page = resident.post("/logga-in", ref=ref[1], till="/inkorg")

    assert page.url.path == "/inkorg"
    assert "Tolvan Tolvansson" in page.text
    assert "191212121212" not in found.text + page.text


def test_a_page_that_needs_a_person_comes_back_after_sign_in(
    local: Local, resident: Resident, anna: str
) -> None:
    asked = resident.get(f"/etjanst/{NAFS}?externalApplication=UTSKICK_{UNIT}")
    then = re.search(r'name="till" value="([^"]+)"', asked.text)
    assert then is not None

    page = resident.post("/logga-in", ref=str(ref_of(local, anna)), till=then[1])

    assert page.url.path == f"/etjanst/{NAFS}"
    assert "Öppna formuläret" in page.text


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "/\\example.org"])
def test_sign_in_leads_nowhere_else(
    local: Local, resident: Resident, anna: str, elsewhere: str
) -> None:
    page = resident.sign_in(ref_of(local, anna), then=elsewhere)

    assert page.url.path == "/"


def test_the_start_page_has_the_manuals_headings_in_its_order(
    local: Local, resident: Resident, anna: str
) -> None:
    """Manual: "Överst på sidan visas Dina pågående frågeformulär, sedan Fler tillgängliga …"."""
    page = resident.sign_in(ref_of(local, anna))

    assert re.findall(r"<summary><h2>(.+?)</h2>", page.text) == HEADINGS


def test_each_heading_has_a_plus_sign_and_says_how_many_forms_it_has(
    local: Local, resident: Resident, anna: str
) -> None:
    """Manual: "Genom att klicka på respektive rubrik eller på plustecknet visas formulären"."""
    for _ in range(3):
        form_id = local.create(anna)
    local.control("answer", {"formId": form_id})

    page = resident.sign_in(ref_of(local, anna))

    summaries = re.findall(r"<summary>(.*?)</summary>", page.text, re.DOTALL)
    assert all('class="plus"' in summary for summary in summaries)
    assert re.findall(r"(\d+)<span", "".join(summaries)) == ["2", "1", "1"]


def test_a_form_is_answered_reviewed_and_confirmed(
    local: Local, resident: Resident, anna: str
) -> None:
    form_id = local.create(anna, formText="Kom <i>fastande</i>.")
    start = resident.sign_in(ref_of(local, anna))
    assert "Frågor nationell" in start.text

    opened = resident.get(f"/formular/{form_id}")
    assert "Kom &lt;i&gt;fastande&lt;/i&gt;." in opened.text
    assert opened.text.index("fastande") < opened.text.index("<h1>")

    review = resident.post(f"/formular/{form_id}", steg="granska", **GOOD_ANSWERS)
    assert "Glöm inte att bekräfta" in review.text
    assert "Allt" in review.text
    assert "&lt;b&gt;Nej&lt;/b&gt;" in review.text
    assert local.forms_of(anna)[0]["formStatus"] == "PENDING_COMPLETION"

    receipt = resident.submit(review, f"/formular/{form_id}/bekrafta")
    assert receipt.url.path == f"/formular/{form_id}/kvitto"
    assert "Tack för dina svar" in receipt.text
    assert local.forms_of(anna)[0]["formStatus"] == "COMPLETED"
    assert "Inskickat 2 mars 2026 kl. 12.00" in resident.get("/").text
    assert "Allt" in resident.get(f"/formular/{form_id}").text


def test_a_paused_form_can_be_continued(local: Local, resident: Resident, anna: str) -> None:
    """Manual: "kan du pausa och spara dina svar och fortsätta senare"."""
    form_id = local.create(anna)
    resident.sign_in(ref_of(local, anna))
    resident.get(f"/formular/{form_id}")

    start = resident.post(f"/formular/{form_id}", **{"steg": "pausa", "svar-timmar": "23"})
    again = resident.get(f"/formular/{form_id}")

    assert "Dina svar är sparade." in start.text
    assert local.call("GetForm", {"formId": form_id})["form"]["answeredPages"] == []
    assert 'value="23"' in again.text
    assert local.forms_of(anna)[0]["formStatus"] == "PENDING_COMPLETION"


def test_missing_and_wrong_answers_are_all_pointed_out_at_once(
    local: Local, resident: Resident, anna: str
) -> None:
    form_id = local.create(anna)
    resident.sign_in(ref_of(local, anna))
    wrong = {"svar-ork": "7", "svar-timmar": "25", "svar-mer": "ordrik" * 9}

    page = resident.post(f"/formular/{form_id}", steg="granska", **wrong)

    assert page.status_code == 422
    assert "Du behöver svara på frågan." in page.text
    assert "Välj ett av svaren i listan." in page.text
    assert "Skriv ett helt tal från 0 till 24." in page.text
    assert "Svaret får ha högst 20 tecken." in page.text


def test_a_long_scale_is_a_list_that_keeps_its_answer(
    local: Local, resident: Resident, anna: str
) -> None:
    form_id = local.create(anna)
    resident.sign_in(ref_of(local, anna))
    opened = resident.get(f"/formular/{form_id}")
    resident.submit(opened, f"/formular/{form_id}", **{"steg": "pausa", "svar-halsa": "73"})

    again = resident.get(f"/formular/{form_id}").text

    assert "0 är sämst" in again
    assert re.findall(r'<option value="(\d+)" selected>', again) == ["73"]


def test_a_form_cannot_be_confirmed_before_it_is_answered(
    local: Local, resident: Resident, anna: str
) -> None:
    form_id = local.create(anna)
    resident.sign_in(ref_of(local, anna))

    assert resident.post(f"/formular/{form_id}/bekrafta").status_code == 422
    assert local.forms_of(anna)[0]["formStatus"] == "ONGOING"


def test_the_last_day_is_included_and_the_next_is_too_late(
    local: Local, resident: Resident, anna: str
) -> None:
    """Manual: "Mottagaren kan inte besvara formuläret efter detta datum"."""
    form_id = local.create(anna, expireDate="20260310")
    resident.sign_in(ref_of(local, anna))

    local.now = datetime(2026, 3, 10, 22, 59, tzinfo=UTC)
    assert "Granska svaren" in resident.get(f"/formular/{form_id}").text

    local.now = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
    too_late = resident.post(f"/formular/{form_id}", steg="granska", **GOOD_ANSWERS)
    assert too_late.status_code == 409
    assert "gick att besvara till och med 2026-03-10" in too_late.text
    assert "031-390 06 01" in too_late.text
    assert "Gick att besvara till och med 10 mars 2026" in resident.get("/").text


def test_a_guardian_answers_for_a_child_and_is_marked_as_proxy(
    local: Local, resident: Resident, anna: str, child: str
) -> None:
    """Manual: "I formulärsvaret syns att det är ett ombud som har besvarat formuläret"."""
    form_id = local.create(child)
    resident.sign_in(ref_of(local, anna))
    start = resident.post("/ombud", ref=str(ref_of(local, child)))
    assert "Formulär för Lillan" in start.text

    review = resident.post(f"/formular/{form_id}", steg="granska", **GOOD_ANSWERS)
    resident.submit(review, f"/formular/{form_id}/bekrafta")

    assert local.forms_of(child)[0]["answeredBy"] == ref_of(local, anna)
    assert "Besvarat av ombud: Anna Testsson" in resident.get(f"/formular/{form_id}").text


def test_a_guardian_cannot_confirm_on_the_thirteenth_birthday(
    local: Local, resident: Resident, anna: str, child: str
) -> None:
    """Manual: "fram till dess att barnet har fyllt 13 år"."""
    form_id = local.create(child)
    resident.sign_in(ref_of(local, anna))
    resident.post("/ombud", ref=str(ref_of(local, child)))
    review = resident.post(f"/formular/{form_id}", steg="granska", **GOOD_ANSWERS)

    local.now = datetime(2026, 5, 31, 22, 0, tzinfo=UTC)
    page = resident.submit(review, f"/formular/{form_id}/bekrafta")

    assert page.status_code == 409
    assert "barnet har fyllt 13 år" in page.text
    assert "<dd>Allt</dd>" in page.text
    assert "Formulär för" not in resident.get("/").text


@pytest.mark.parametrize("part", ["", "/granska"])
def test_a_guardian_reads_no_answers_from_the_thirteenth_birthday_on(
    local: Local, resident: Resident, anna: str, child: str, part: str
) -> None:
    local.now = datetime(2026, 5, 30, 12, tzinfo=UTC)
    form_id = local.create(child)
    resident.sign_in(ref_of(local, anna))
    resident.post("/ombud", ref=str(ref_of(local, child)))
    local.control("answer", {"formId": form_id, "by": anna})
    assert "Ett svar" in resident.get(f"/formular/{form_id}").text

    local.now = datetime(2026, 5, 31, 22, 0, tzinfo=UTC)
    closed = resident.get(f"/formular/{form_id}{part}")

    assert "barnet har fyllt 13 år" in closed.text
    assert "Ett svar" not in closed.text


def test_a_child_born_on_leap_day_turns_thirteen_on_the_first_of_march(
    local: Local, anna: str
) -> None:
    child = local.add_person(a_personnummer(date(2012, 2, 29)), guardians=anna)

    local.now = datetime(2025, 2, 28, 12, tzinfo=UTC)
    first, second = local.create(child), local.create(child)
    local.control("answer", {"formId": first, "by": anna})

    local.now = datetime(2025, 3, 1, 12, tzinfo=UTC)
    assert local.post("/control/answer", {"formId": second, "by": anna}).status_code == 409


def test_nobody_acts_for_whoever_has_no_known_date_of_birth(local: Local, anna: str) -> None:
    holder = local.add_person(COORDINATION_NUMBERS[0], guardians=anna)
    form_id = local.create(holder)

    refused = local.post("/control/answer", {"formId": form_id, "by": anna})
    answered = local.post("/control/answer", {"formId": form_id, "by": holder})

    assert (refused.status_code, answered.status_code) == (409, 204)


def test_nobody_acts_for_a_stranger(local: Local, stranger: Resident, child: str) -> None:
    assert stranger.post("/ombud", ref=str(ref_of(local, child))).status_code == 403


def test_another_persons_form_is_not_found(local: Local, stranger: Resident, anna: str) -> None:
    page = stranger.get(f"/formular/{local.create(anna)}")

    assert page.status_code == 404
    assert "Sidan finns inte" in page.text


def test_a_form_link_makes_a_form_for_the_person_and_the_unit(
    local: Local, resident: Resident, anna: str
) -> None:
    resident.sign_in(ref_of(local, anna))
    link = resident.get(f"/etjanst/{OWN}?externalApplication=MITT_SYSTEM_{UNIT}")
    assert local.forms_of(anna) == []

    opened = resident.submit(link, f"/etjanst/{OWN}")

    (form,) = local.forms_of(anna)
    assert opened.url.path == f"/formular/{form['formId']}"
    assert (form["unit"], form["templateId"]) == (UNIT, OWN)
    assert (form["expireDate"], form["keepUntil"]) == ("20270302", "20270402")


@pytest.mark.parametrize(
    ("template", "unit"), [(OWN, OTHER_UNIT), (ARCHIVED, UNIT), (OWN, ""), ("none", UNIT)]
)
def test_a_form_link_to_what_the_unit_cannot_send_leads_nowhere(
    local: Local, resident: Resident, anna: str, template: str, unit: str
) -> None:
    resident.sign_in(ref_of(local, anna))

    page = resident.get(f"/etjanst/{template}?externalApplication=UTSKICK_{unit}")

    assert page.status_code == 404


def test_units_that_have_sent_something_offer_their_own_forms(
    local: Local, resident: Resident, anna: str
) -> None:
    local.create(anna)

    page = resident.sign_in(ref_of(local, anna))

    available = page.text.split(HEADINGS[1])[1].split(HEADINGS[2])[0]
    assert f"/etjanst/{OWN}?externalApplication=START_{UNIT}" in available
    assert ARCHIVED not in available


def test_the_inbox_shows_messages_with_their_link_and_escapes_them(
    local: Local, resident: Resident, anna: str
) -> None:
    for heading, system in (("Första", "OKÄNT"), ("Andra", "FORMULAR")):
        link = {"systemId": system, "text": "Till <b>", "type": "NewTarget"}
        leave_message(local, anna, heading=heading, link={**link, "queryString": 'formular="1"'})
    resident.sign_in(ref_of(local, anna))

    page = resident.get("/inkorg").text

    assert page.index("Andra") < page.index("Första")
    assert "Hej &lt;script&gt;" in page
    assert page.count("Till &lt;b&gt;") == 1
    assert 'href="/oppna?formular=&#34;1&#34;"' in page


def test_a_message_about_one_form_leads_to_it_through_the_sign_in(
    local: Local, resident: Resident, anna: str
) -> None:
    """Manual: "ett meddelande i inkorgen med en länk till formuläret"."""
    local.create(anna)
    form_id = local.create(anna, templateId=OWN)
    asked = resident.get(f"/oppna?formular={form_id}")
    then = re.search(r'name="till" value="([^"]+)"', asked.text)
    assert then is not None

    page = resident.post("/logga-in", ref=str(ref_of(local, anna)), till=then[1])

    assert page.url.path == f"/formular/{form_id}"
    assert "<h1>Frågor egen</h1>" in page.text


def test_a_message_about_several_forms_leads_to_the_page_with_them_first_in_their_order(
    local: Local, resident: Resident, anna: str
) -> None:
    others = [local.create(anna), local.create(anna)]
    second, first = local.create(anna), local.create(anna)
    others.append(local.create(anna))
    resident.sign_in(ref_of(local, anna))

    page = resident.get(f"/oppna?formular={first}&formular={second}&formular=purged")

    listed = re.findall(r'href="/formular/([^"]+)"', page.text)
    assert listed == [first, second, *reversed(others)]
    assert "Formulären i meddelandet står först" in page.text


def test_a_message_about_a_child_leads_the_guardian_to_the_childs_forms(
    local: Local, resident: Resident, anna: str, child: str
) -> None:
    one, other = local.create(child), local.create(child)
    resident.sign_in(ref_of(local, anna))

    several = resident.get(f"/oppna?formular={one}&formular={other}")
    resident.post("/ombud", ref=str(ref_of(local, anna)))
    single = resident.get(f"/oppna?formular={one}")

    assert "Formulär för Lillan" in several.text
    assert single.url.path == f"/formular/{one}"
    assert single.status_code == 200


def test_a_message_leads_nobody_else_to_its_forms(
    local: Local, stranger: Resident, anna: str
) -> None:
    one, other = local.create(anna), local.create(anna)

    assert stranger.get(f"/oppna?formular={one}").status_code == 404
    assert stranger.get(f"/oppna?formular={one}&formular={other}").status_code == 404


def test_a_message_that_names_no_form_leads_to_the_page(
    local: Local, resident: Resident, anna: str
) -> None:
    resident.sign_in(ref_of(local, anna))

    page = resident.get("/oppna?")

    assert "<h1>Mina formulär</h1>" in page.text


def test_whose_form_it_is_decides_for_whom_one_answers_whatever_another_tab_chose(
    local: Local, resident: Resident, anna: str, child: str
) -> None:
    form_id = local.create(child)
    resident.sign_in(ref_of(local, anna))
    resident.post("/ombud", ref=str(ref_of(local, child)))
    resident.get(f"/formular/{form_id}")
    resident.post("/ombud", ref=str(ref_of(local, anna)))

    start = resident.post(f"/formular/{form_id}", steg="pausa", **GOOD_ANSWERS)

    assert "Dina svar är sparade." in start.text
    assert "Formulär för Lillan" in start.text


def test_a_post_without_the_pages_token_is_refused(
    local: Local, resident: Resident, anna: str
) -> None:
    form_id = local.create(anna)
    resident.sign_in(ref_of(local, anna))
    resident.csrf = "forged"

    page = resident.post(f"/formular/{form_id}", steg="pausa", **GOOD_ANSWERS)

    assert page.status_code == 403
    assert "försök igen" in page.text
    assert local.forms_of(anna)[0]["formStatus"] == "ONGOING"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://example.org"}]
)
def test_what_another_site_posts_is_refused_and_carried_nowhere(
    local: Local, resident: Resident, anna: str, headers: dict[str, str]
) -> None:
    form_id = local.create(anna)
    resident.sign_in(ref_of(local, anna))
    opened = resident.get(f"/formular/{form_id}")
    resident.client.headers.update(headers)

    page = resident.submit(opened, f"/formular/{form_id}", steg="pausa", **GOOD_ANSWERS)

    assert page.status_code == 403
    assert local.forms_of(anna)[0]["answers"] == {}


def test_signing_out_ends_the_visit(local: Local, resident: Resident, anna: str) -> None:
    resident.sign_in(ref_of(local, anna))
    resident.get("/")

    page = resident.post("/logga-ut")

    assert "Logga in som testperson" in page.text
    assert resident.get("/inkorg").url.path == "/"


def test_an_unknown_address_gets_a_swedish_page(resident: Resident) -> None:
    page = resident.get("/finns-inte")

    assert page.status_code == 404
    assert "Sidan finns inte" in page.text
