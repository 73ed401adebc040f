"""Formulärlänk och sms."""

from datetime import datetime

import pytest

from tests.clinic import OWN, UNIT
from tests.people import TOLVAN
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import main_form
from utskick.domain.calendar import STOCKHOLM
from utskick.ports import TemporaryFailure, UnknownOutcome

MOBILE = "070-174 06 05"


async def begin(browser: Browser) -> str:
    return await browser.open("/formularlank")


async def test_a_link_is_made_for_one_form_and_this_unit(staff: Browser) -> None:
    """En länk till ett formulär för en specifik enhet."""
    made = await staff.press(await begin(staff), "lank", form="inför")

    link = dict(main_form(made.text).fields)["lank"]
    assert f"/etjanst/{OWN.id}?externalApplication=" in link
    assert link.endswith(UNIT.id)


@pytest.mark.parametrize("typed", ["", "finns inte", "Smärta"])
async def test_a_form_that_may_not_be_sent_has_no_link(staff: Browser, typed: str) -> None:
    answer = await staff.press(await begin(staff), "lank", form=typed)

    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text


async def test_the_texts_of_the_manual_are_filled_in_and_counted(staff: Browser) -> None:
    page = await begin(staff)

    with_link = await staff.press(page, "fyll-i-lank", form="PHQ", avsandare="Mottagningen")
    ongoing = await staff.press(page, "fyll-i-pagaende", antal="3")

    assert "Hälsningar Mottagningen" in with_link.text
    assert "Vi vill be dig svara på tre formulär" in ongoing.text
    assert "https://" in dict(main_form(with_link.text).fields)["sms"]
    assert "sms." in words_of(ongoing.text)


@pytest.mark.parametrize("typed", ["", "0", "21", "-1", "tre", "\uff11"])
async def test_the_number_of_forms_is_a_small_one(staff: Browser, typed: str) -> None:
    answer = await staff.press(await begin(staff), "fyll-i-pagaende", antal=typed)

    assert answer.status_code == 422
    assert "mellan 1 och 20" in answer.text


async def test_a_dash_too_long_is_made_short_before_it_costs(staff: Browser) -> None:
    counted = await staff.post(
        "/formularlank/langd",
        data=dict(main_form(await begin(staff)).fields) | {"sms": "Hej – svara gärna"},
    )

    said = " ".join(counted.text.split())
    assert "17 tecken, 1 sms" in said
    assert "Skickas som vanliga tecken: ”–” som ”-”." in said


async def test_a_character_that_makes_it_dearer_is_pointed_out(staff: Browser) -> None:
    page = await begin(staff)
    fields = dict(main_form(page).fields) | {"sms": "Välkommen 😀"}

    counted = await staff.post("/formularlank/langd", data=fields)

    assert "gör att det kan bli fler: 😀" in counted.text


async def test_an_sms_is_sent_once_however_often_the_button_is_pressed(staff: Browser) -> None:
    """Skicka ett mejl till [mobiltelefonnummer]@sms.vgregion.se."""
    page = await begin(staff)

    first = await staff.press(page, "skicka", sms="Hej!", mobil=MOBILE)
    second = await staff.press(page, "skicka", sms="Hej!", mobil=MOBILE)

    assert "Sms:et är skickat (1 sms)." in words_of(first.text)
    assert "redan skickat. Inget skickades en gång till." in words_of(second.text)
    assert [text for _number, text in staff.clinic.sms.sent] == ["Hej!"]
    assert MOBILE not in second.text


async def test_the_next_person_gets_the_same_text_without_writing_it_again(
    staff: Browser,
) -> None:
    first = await staff.press(await begin(staff), "skicka", sms="Hej!", mobil=MOBILE)

    second = await staff.press(first.text, "skicka", mobil="070-174 06 06")

    assert "Sms:et är skickat" in words_of(second.text)
    assert len(staff.clinic.sms.sent) == 2


@pytest.mark.parametrize(
    ("sms", "mobile", "said"),
    [
        ("", MOBILE, "texten är tom"),
        ("Hej!", "031-390 06 11", "Mobilnumret går inte att skicka sms till"),
        ("Hej!", "0701740605@evil.se", "Mobilnumret går inte att skicka sms till"),
        (f"Angående {TOLVAN.formatted}", MOBILE, "liknar ett personnummer"),
    ],
)
async def test_what_cannot_be_sent_is_shown_and_kept(
    staff: Browser, sms: str, mobile: str, said: str
) -> None:
    answer = await staff.press(await begin(staff), "skicka", sms=sms, mobil=mobile)

    assert answer.status_code == 422
    assert said.casefold() in words_of(answer.text).casefold()
    assert dict(main_form(answer.text).fields)["mobil"] == mobile
    assert staff.clinic.sms.sent == []


async def test_a_number_pasted_with_hard_spaces_is_understood(staff: Browser) -> None:
    answer = await staff.press(
        await begin(staff), "skicka", sms="Hej!", mobil="070\u00a0174\u202f06\u00a005"
    )

    assert "Sms:et är skickat" in words_of(answer.text)


async def test_whether_it_arrived_may_be_unsure_and_then_it_is_said(staff: Browser) -> None:
    staff.clinic.sms.fails_after.append(UnknownOutcome("cut off"))

    answer = await staff.press(await begin(staff), "skicka", sms="Hej!", mobil=MOBILE)

    assert "Det är osäkert om sms:et kom fram" in words_of(answer.text)


async def test_a_gateway_that_is_away_can_be_tried_again_with_what_was_written(
    staff: Browser,
) -> None:
    staff.clinic.sms.fails_before.append(TemporaryFailure("away"))

    away = await staff.press(await begin(staff), "skicka", sms="Hej!", mobil=MOBILE)
    form = main_form(away.text)
    again = await staff.post("/formularlank", data=dict(form.fields))

    assert away.status_code == 503
    assert "Sms:et är skickat" in words_of(again.text)


async def test_a_late_hour_is_shown_before_the_sms_is_sent(staff: Browser) -> None:
    staff.clinic.clock.moment = datetime(2027, 2, 1, 22, tzinfo=STOCKHOLM)
    sign_in(staff, session(UNIT))

    asked = await staff.press(await begin(staff), "skicka", sms="Hej", mobil=MOBILE)
    before = list(staff.clinic.sms.sent)
    sent = await staff.press(asked.text, "skicka")

    assert "Klockan är 22:00, och det är sent på dagen" in words_of(asked.text)
    assert "Skicka sms ändå" in words_of(asked.text)
    assert before == []
    assert "är skickat" in words_of(sent.text)
    assert "sent på dagen" not in words_of(sent.text)


async def test_a_link_to_another_place_is_asked_about_each_time_it_is_another(
    staff: Browser,
) -> None:
    asked = await staff.press(
        await begin(staff), "skicka", sms="Svara: https://bit.ly/x", mobil=MOBILE
    )
    changed = await staff.press(asked.text, "skicka", sms="Svara: https://evil.example/")
    before = list(staff.clinic.sms.sent)
    sent = await staff.press(changed.text, "skicka")

    assert "Texten leder till bit.ly, som inte är 1177 eller regionen" in words_of(asked.text)
    assert "Texten leder till evil.example" in words_of(changed.text)
    assert before == []
    assert "är skickat" in words_of(sent.text)
    assert "Texten leder till" not in words_of(sent.text)


async def test_a_link_to_a_form_is_sent_without_a_question(staff: Browser) -> None:
    page = await staff.press(await begin(staff), "fyll-i-lank", form=OWN.name)

    sent = await staff.press(page.text, "skicka", mobil=MOBILE)

    assert "är skickat" in words_of(sent.text)
