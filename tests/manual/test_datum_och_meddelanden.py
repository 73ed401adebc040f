"""Skicka ett formulär i Utskick: dates, the inbox message, the form's banner, and who answers."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape

from tests.clinic import OWN, PACKAGE, PHQ, Clinic
from tests.local_1177.conftest import Local, Resident, ref_of
from tests.manual.psychiatry import Psychiatry
from tests.people import ANNA, BO
from utskick.domain.deliveries import FormId

FRANS, GUARDIAN_OF_FRANS = "201404022392", "199112292397"
STELLA, GUARDIAN_OF_STELLA = "201403012386", "199108152399"


async def test_a_form_cannot_be_answered_after_its_last_day(
    psychiatry: Psychiatry, local: Local, resident: Resident, someone: str
) -> None:
    """Besvaras senast. Mottagaren kan inte besvara formuläret efter detta datum."""
    await psychiatry.send([someone], answer_by="2026-03-10")
    address = f"/formular/{local.forms_of(someone)[0]['formId']}"

    local.now = datetime(2026, 3, 10, 22, 59, tzinfo=UTC)
    in_time = resident.get(address)
    local.now = datetime(2026, 3, 10, 23, tzinfo=UTC)
    too_late = resident.get(address)

    assert "Granska svaren" in in_time.text
    assert "Granska svaren" not in too_late.text
    assert "gick att besvara till och med 2026-03-10" in too_late.text


async def test_a_form_can_be_answered_for_a_year_unless_staff_choose_another_date(
    clinic: Clinic,
) -> None:
    """Det förvalda datumet är ett år fram i tiden."""
    await _send(clinic, recipients=[ANNA.digits])
    await _send(clinic, recipients=[BO.digits], answer_by="2027-02-15")

    assert [form.order.answer_by for form in clinic.forms.forms] == [
        date(2028, 2, 1),
        date(2027, 2, 15),
    ]


async def test_uppfoljning_filters_on_the_purge_date(clinic: Clinic) -> None:
    """Gallras efter. I vyn Uppföljning kan det gå att filtrera på detta datum."""
    await _send(clinic, recipients=[ANNA.digits], purge_after="2028-02-29")
    await _send(clinic, recipients=[BO.digits], purge_after="2028-03-31")

    found = await clinic.followed_up(purge_after_to=date(2028, 2, 29))

    assert [each.personnummer for each in found] == [ANNA]


async def test_the_purge_date_is_a_year_and_a_month_ahead_unless_staff_choose_another(
    clinic: Clinic,
) -> None:
    """Det förvalda datumet är ett år och en månad framåt i tiden."""
    await _send(clinic)

    assert {form.order.purge_after for form in clinic.forms.forms} == {date(2028, 3, 1)}


async def test_nothing_is_purged_by_itself_on_the_purge_date(
    psychiatry: Psychiatry, local: Local, someone: str
) -> None:
    """Notera att formulärsvar inte tas bort/gallras automatiskt vid detta datum."""
    await psychiatry.send([someone], answer_by="2026-03-10", purge_after="2026-03-11")
    form_id = FormId(local.forms_of(someone)[0]["formId"])
    local.control("answer", {"formId": form_id})

    local.now += timedelta(days=60)
    psychiatry.clean_up(now=local.now)

    assert (await psychiatry.forms.read_answer(form_id)).answers


async def test_what_is_found_by_its_purge_date_is_still_there_after_that_date(
    clinic: Clinic,
) -> None:
    """Ändra detta datum om enheten har en gallringsrutin där datumet används för att filtrera fram
    formulärsvar som ska gallras.
    """
    await _send(clinic, answer_by="2027-03-01", purge_after="2027-03-31")

    clinic.clock.moment += timedelta(days=90)
    clinic.cleaned_up()

    found = await clinic.followed_up(purge_after_to=date(2027, 4, 30))
    assert {each.personnummer for each in found} == {ANNA, BO}


async def test_an_inbox_message_is_made_unless_staff_say_otherwise(clinic: Clinic) -> None:
    """Skapa Inkorgsmeddelande. Låt denna vara iklickad."""
    await _send(clinic)

    assert sorted(number for number, _ in clinic.inbox.messages) == [ANNA, BO]


async def test_without_an_inbox_message_the_form_is_sent_all_the_same(clinic: Clinic) -> None:
    """Om du klickar ur den så behöver du meddela mottagaren på annat sätt att hen fått ett
    formulär.
    """
    await _send(clinic, creates_inbox_message=False)

    assert clinic.inbox.messages == []
    assert clinic.sent_to(ANNA) == clinic.sent_to(BO) == [PHQ]


async def test_the_message_in_the_inbox_has_a_link_to_the_form(
    psychiatry: Psychiatry, resident: Resident, someone: str
) -> None:
    """Ett meddelande i inkorgen med en länk till formuläret."""
    await psychiatry.send([someone])

    inbox = resident.get("/inkorg").text
    link = re.search(r'href="(/oppna[^"]+)">Till formuläret<', inbox)

    assert "Vuxenpsykiatriska mottagningen Björkängen ber dig att svara på" in inbox
    assert link is not None
    assert "<h1>Frågor om nedstämdhet</h1>" in resident.get(link[1]).text


async def test_the_message_of_a_package_leads_to_its_forms_in_their_order(
    psychiatry: Psychiatry, resident: Resident, someone: str
) -> None:
    """Ett meddelande i inkorgen med en länk till formuläret."""
    dispatch = await psychiatry.start([someone])
    await psychiatry.send([someone])

    (address,) = re.findall(r'href="(/oppna[^"]+)">Till formulären<', resident.get("/inkorg").text)
    page = resident.get(unescape(address)).text

    listed = re.findall(r'href="/formular/[^"]+">([^<]+)<', page)
    assert listed[:-1] == [form.resident_name for form in dispatch.forms]


async def test_the_preset_inbox_message_can_be_changed(clinic: Clinic) -> None:
    """Vid behov, ändra det förvalda inkorgsmeddelandet."""
    await _send(clinic, recipients=[ANNA.digits])
    await _send(clinic, recipients=[BO.digits], inbox_message="Hej! Svara före torsdag.")

    (_, preset), (_, changed) = clinic.inbox.messages
    assert "Frågor: PHQ-9" in preset.text
    assert changed.text == "Hej! Svara före torsdag."


async def test_a_package_of_one_form_has_a_message_of_its_own(clinic: Clinic) -> None:
    """Om det behövs ett skräddarsytt inkorgsmeddelande för ett formulär så kan detta göras med
    Paketutskick (regionala förvaltningen kan hjälpa till att konfigurera detta).
    """
    tailored = replace(
        PACKAGE,
        key="skraddarsytt",
        template_ids=(OWN.id,),
        inbox_message="Välkommen till gruppen!",
    )
    with clinic.store.transaction() as records:
        records.packages.save(tailored)

    started = await clinic.start(package="skraddarsytt", recipients=[ANNA.digits])
    await clinic.run(started.dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message.text == "Välkommen till gruppen!"


async def test_the_banner_stands_at_the_top_of_the_form(
    psychiatry: Psychiatry, local: Local, resident: Resident, someone: str
) -> None:
    """Text som du skriver här hamnar i en gul banderoll överst i formuläret."""
    await psychiatry.send([someone], form_banner="Kom fastande till provtagningen.")

    page = resident.get(f"/formular/{local.forms_of(someone)[0]['formId']}").text

    banner = page.index('<p class="banner">Kom fastande till provtagningen.</p>')
    assert banner < page.index("<h1>Frågor om nedstämdhet</h1>")


async def test_a_guardian_answers_for_a_child_until_it_is_thirteen(
    psychiatry: Psychiatry, local: Local
) -> None:
    """Notera att vårdnadshavare kan besvara formulär för sitt barn fram till dess att barnet har
    fyllt 13 år.
    """
    for _ in range(2):
        await psychiatry.send([FRANS], answer_by="2027-12-31")
    first, second = (form["formId"] for form in local.forms_of(FRANS))

    local.now = datetime(2027, 4, 1, 21, 59, tzinfo=UTC)
    local.control("answer", {"formId": first, "by": GUARDIAN_OF_FRANS})
    local.now = datetime(2027, 4, 1, 22, tzinfo=UTC)
    too_late = local.post("/control/answer", {"formId": second, "by": GUARDIAN_OF_FRANS})

    assert too_late.status_code == 409
    assert "child under 13" in too_late.text
    statuses = [form["formStatus"] for form in local.forms_of(FRANS)]
    assert statuses == ["COMPLETED", "ONGOING"]


async def test_1177_shows_that_a_proxy_has_answered(psychiatry: Psychiatry, local: Local) -> None:
    """I formulärsvaret syns att det är ett ombud som har besvarat formuläret."""
    await psychiatry.send([STELLA])
    form_id = FormId(local.forms_of(STELLA)[0]["formId"])
    browser = Resident(local)
    browser.sign_in(ref_of(local, GUARDIAN_OF_STELLA))
    browser.post("/ombud", ref=str(ref_of(local, STELLA)))

    local.control("answer", {"formId": form_id, "by": GUARDIAN_OF_STELLA})

    assert "Besvarat av ombud: " in browser.get(f"/formular/{form_id}").text
    browser.close()


async def _send(clinic: Clinic, **changes: object) -> None:
    started = await clinic.send(**changes)
    await clinic.run(started.dispatch.occasions[0])
