"""The right person: the population register's name wherever staff see somebody."""

import logging
from datetime import date
from io import BytesIO

import pytest
from httpx import Response
from openpyxl import load_workbook

from tests.clinic import OWN, Clinic
from tests.people import ANNA, BO, PROTECTED
from tests.web.pages.conftest import Browser, words_of
from tests.web.pages.forms import main_form
from utskick.domain.personnummer import parse_personnummer
from utskick.ports import PersonRecord

FORM = "/skicka-formular"
CHILD = parse_personnummer("20140615-2387", today=date(2027, 2, 1))
ANNA_IN_WORDS = f"Anna Maria Berg {ANNA.formatted} 35 år"


@pytest.fixture(autouse=True)
def named(clinic: Clinic) -> None:
    """Anna has a name in the register, and Bo has none there."""
    anna = PersonRecord(given_name="Anna Maria", surname="Berg")
    secret = PersonRecord(protected=True, given_name="Hemlig", surname="Person")
    clinic.persons.records |= {ANNA: anna, PROTECTED: secret}


async def gathered(staff: Browser, *people: str, path: str = FORM) -> str:
    page = await staff.open(path)
    for person in people or (ANNA.formatted, BO.formatted):
        page = (await staff.press(page, "lagg-till", nytt_personnummer=person)).text
    return page


async def imported(staff: Browser, page: str, rows: str) -> Response:
    data = dict(main_form(page).filled(gor="importera"))
    address = main_form(page).action
    return await staff.post(address, data=data, files={"fil": ("lista.csv", rows.encode())})


async def sent(staff: Browser) -> str:
    """The dispatch's own address."""
    question = await staff.press(await gathered(staff), "skicka", form=OWN.name)
    await staff.press(question.text, "ja-skicka")
    [dispatch] = staff.clinic.listed()
    return f"/paketutskick/{dispatch.dispatch.id}"


async def test_a_typed_number_is_answered_with_name_and_age(staff: Browser) -> None:
    page = words_of(await gathered(staff, ANNA.formatted))

    assert "Tillagd: Anna Maria Berg, 35 år" in page
    assert f"{ANNA_IN_WORDS} Sms, e-post" in page


async def test_whoever_has_no_name_in_the_register_is_shown_by_a_dash(staff: Browser) -> None:
    page = words_of(await gathered(staff, BO.formatted))

    assert f"– {BO.formatted} 33 år" in page


async def test_the_question_lists_everybody_by_name(staff: Browser) -> None:
    question = await staff.press(await gathered(staff), "skicka", form=OWN.name)

    assert '<details id="alla-mottagare" class="everybody" open>' in question.text
    assert f"{ANNA_IN_WORDS} Sms, e-post" in words_of(question.text)


async def test_the_question_shows_what_the_register_says_by_now(staff: Browser) -> None:
    page = await gathered(staff, ANNA.formatted)
    earlier = [each.replace("Berg", "Annan") for each in staff.gathered(page)]

    question = await staff.press(page, "skicka", form=OWN.name, mottagare=earlier)

    assert ANNA_IN_WORDS in words_of(question.text)


async def test_a_started_dispatch_its_occasion_and_uppfoljning_show_the_name(
    staff: Browser,
) -> None:
    address = await sent(staff)
    [occasion] = staff.clinic.listed()[0].dispatch.occasions

    await staff.clinic.run(occasion)

    for path in (address, f"{address}/tillfalle/{occasion.id}"):
        assert ANNA_IN_WORDS in words_of(await staff.open(path)), path
    followed_up = words_of(await staff.open("/uppfoljning"))
    assert f"Anna Maria Berg, 35 år {ANNA.formatted}" in followed_up
    found = await staff.clinic.followed_up(personnummer=ANNA)
    answer = await staff.open(f"/uppfoljning/{found[0].delivery_id}")
    assert "Namn Anna Maria Berg Personnummer" in words_of(answer)


async def test_exports_have_name_and_age(staff: Browser) -> None:
    await sent(staff)
    await staff.clinic.run(staff.clinic.listed()[0].dispatch.occasions[0])
    page = await staff.open("/uppfoljning")

    export = await staff.press(page, "exportera xlsx", personnummer=ANNA.formatted)

    headings, row = load_workbook(BytesIO(export.content)).active.values
    assert headings[3:6] == ("Namn", "Personnummer", "Ålder")
    assert row[3:6] == ("Anna Maria Berg", ANNA.formatted, 35)


async def test_somebody_protected_since_has_no_name_any_more(staff: Browser) -> None:
    address = await sent(staff)
    staff.clinic.persons.records[ANNA] = PersonRecord(protected=True)

    await staff.clinic.run(staff.clinic.listed()[0].dispatch.occasions[0])

    assert "Anna Maria" not in await staff.open(address)


async def test_a_protected_persons_name_is_nowhere(staff: Browser) -> None:
    assert "Hemlig" not in await gathered(staff, PROTECTED.formatted)


async def test_no_name_is_in_an_address_a_plan_a_mail_or_a_log(
    staff: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        address = await sent(staff)
        await staff.clinic.run(staff.clinic.listed()[0].dispatch.occasions[0])
        staff.clinic.cleaned_up()

    clinic = staff.clinic
    left = (
        address,
        caplog.text,
        clinic.scheduler.plans,
        clinic.mailer.__dict__,
        clinic.sms.__dict__,
    )
    assert not any(part in repr(left) for part in ("Anna Maria", "Berg"))


async def test_a_file_that_calls_somebody_else_is_noticed_and_stops_nobody(
    staff: Browser,
) -> None:
    page = await staff.open(FORM)
    rows = f"Efternamn;Förnamn;Personnummer\nBergman;Anna;{ANNA.digits}\nEk;Bo;{BO.digits}"

    answer = await imported(staff, page, rows)

    words = words_of(answer.text)
    said = "Rad 2: filen säger Bergman Anna, befolkningsregistret säger Anna Maria Berg."
    assert "2 mottagare lades till" in words
    assert said in words
    assert "Rad 3:" not in words


async def test_a_file_that_spells_the_same_name_is_passed_in_silence(staff: Browser) -> None:
    page = await staff.open(FORM)
    rows = f"Namn;Personnummer\nBERG, ANNA;{ANNA.digits}"

    answer = await imported(staff, page, rows)

    assert "filen säger" not in words_of(answer.text)


async def test_the_question_names_the_child_that_turns_thirteen(staff: Browser) -> None:
    child = PersonRecord(given_name="Ebba", surname="Ek")
    staff.clinic.persons.records[CHILD] = child
    staff.clinic.inbox.users[CHILD] = staff.clinic.inbox.users[ANNA]
    page = await gathered(staff, BO.formatted, CHILD.formatted)

    question = await staff.press(page, "skicka", form=OWN.name)

    assert "1 mottagare (Ebba Ek) fyller 13 år senast" in words_of(question.text)
