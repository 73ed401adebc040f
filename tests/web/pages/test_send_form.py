"""Skicka formulär, and Skicka NAFS formulär: step by step, in a browser without script."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response

from tests.access_log import Log
from tests.clinic import GAD, MONDAY_NOON, OWN, PHQ, UNIT
from tests.people import (
    ANNA,
    BO,
    CILLA,
    PROTECTED,
    TOLVAN,
    UNNOTIFIED,
    WITHOUT_ACCOUNT,
)
from tests.web.pages.conftest import Browser, draft_of, session, sign_in, words_of
from tests.web.pages.forms import main_form
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.forms import FormTemplateId
from utskick.ports import TemporaryFailure

PAGE = "/skicka-formular"


async def listed(browser: Browser, *people: Any, **changes: Any) -> str:
    """The page with people added to the list one by one."""
    page = await browser.open(PAGE)
    for person in people:
        answer = await browser.press(page, "lagg-till", nytt_personnummer=person.formatted)
        assert answer.status_code == 200
        page = answer.text
    if changes:
        page = (await browser.press(page, "lagg-till", nytt_personnummer="", **changes)).text
    return page


async def asked(browser: Browser, **changes: Any) -> Response:
    """Press Skicka formulär with Anna on the list, and all else in order."""
    page = await listed(browser, ANNA)
    return await browser.press(page, "skicka", **{"form": OWN.name} | changes)


def everything_of(page: str) -> dict[str, list[str]]:
    """The page's fields, those that come several times as well."""
    data: dict[str, list[str]] = {}
    for name, value in main_form(page).fields:
        data.setdefault(name, []).append(value)
    return data


async def test_the_form_is_chosen_by_a_part_of_its_name_and_sent_after_a_question(
    staff: Browser,
) -> None:
    """Vill du skicka ut formuläret "[formulärets namn]" till [x] mottagare? Klicka på Ja,
    skicka.
    """
    page = await listed(staff, ANNA, BO)

    question = await staff.press(page, "skicka", form="inför")
    sent = await staff.press(question.text, "ja-skicka")
    confirmed = words_of(await staff.open(sent.headers["location"]))

    assert f"Vill du skicka ut formuläret ”{OWN.name}” till 2 mottagare?" in words_of(
        question.text
    )
    assert sent.status_code == 303
    assert "till 2 mottagare" in confirmed
    assert "OK" in confirmed
    [plan] = staff.clinic.scheduler.plans
    assert plan.form_names == (OWN.name,)


async def test_the_question_can_be_answered_with_no_and_nothing_is_lost(staff: Browser) -> None:
    question = await asked(staff, form_banner="Ring om du undrar")

    back = await staff.press(question.text, "andra")

    fields = dict(main_form(back.text).fields)
    assert fields["form"] == OWN.name
    assert fields["form_banner"] == "Ring om du undrar"
    assert staff.numbers(back.text) == [ANNA.digits]
    assert staff.clinic.scheduler.plans == []


async def test_each_page_offers_its_own_forms(staff: Browser) -> None:
    ordinary = await staff.open(PAGE)
    nafs = await staff.open("/skicka-nafs-formular")

    assert f'value="{OWN.name}" data-group="Egna"' in ordinary
    assert f'value="{PHQ.name}" data-group' not in ordinary
    assert f'value="{GAD.name}" data-group="NAFS"' in nafs
    assert f'value="{OWN.name}" data-group' not in nafs


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("phq", "PHQ-9 finns under Skicka NAFS formulär."),
        ("smärta", "Smärta är gemensamt, men enheten prenumererar inte på det."),
        ("e", "Flera formulär stämmer med det du skrev: Inför besök, Levnadsvanor."),
        ("gammalt", "Gammalt är arkiverat."),
        ("hälsodeklaration", "Det finns inget formulär med det namnet."),
    ],
)
async def test_a_name_that_cannot_be_chosen_is_answered_with_why(
    staff: Browser, typed: str, said: str
) -> None:
    old = replace(
        OWN, id=FormTemplateId(uuid4()), key="old", name="Gammalt", archived_at=MONDAY_NOON
    )
    with staff.clinic.store.transaction() as records:
        records.forms.save([old])

    answer = await asked(staff, form=typed)

    assert answer.status_code == 422
    assert said in words_of(answer.text)


async def test_a_form_of_the_other_page_has_a_link_there(staff: Browser) -> None:
    link = '<a href="/skicka-nafs-formular">Skicka NAFS formulär</a></p>'

    national, unknown = await asked(staff, form="phq"), await asked(staff, form="smärta")

    assert link in national.text
    assert link not in unknown.text


async def test_a_number_is_added_with_how_1177_would_notify_the_person(
    staff: Browser, log: Log
) -> None:
    page = await listed(staff, ANNA)

    assert f"{ANNA.formatted} 35 år Sms, e-post" in words_of(page)
    assert log() == ["Läsa: kontrollerat mottagare (person)"]


async def test_a_number_may_be_pasted_with_any_dash(staff: Browser) -> None:
    page = await staff.open(PAGE)

    answer = await staff.press(
        page, "lagg-till", nytt_personnummer="\u200e19910204\u2013\u00a02398"
    )

    assert staff.numbers(answer.text) == [ANNA.digits]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Skriv ett personnummer först"),
        ("191212121213", "Kontrollsiffran"),
        ("1212121212", "tio siffror"),
        (PROTECTED.digits, "Skyddad identitet"),
        (WITHOUT_ACCOUNT.digits, "Har inget konto på 1177"),
        (CILLA.digits[:-1], "tolv siffror"),
    ],
)
async def test_a_number_that_cannot_be_added_says_why_and_stays(
    staff: Browser, typed: str, said: str
) -> None:
    """Det går inte att lägga till personer med skyddad identitet."""
    page = await staff.open(PAGE)

    answer = await staff.press(page, "lagg-till", nytt_personnummer=typed)

    assert said in words_of(answer.text)
    assert f'name="nytt_personnummer" value="{typed}"' in answer.text
    assert staff.numbers(answer.text) == []


async def test_nobody_is_added_twice(staff: Browser) -> None:
    page = await listed(staff, ANNA)

    again = await staff.press(page, "lagg-till", nytt_personnummer=ANNA.digits)

    assert "finns redan i listan" in words_of(again.text)
    assert staff.numbers(again.text) == [ANNA.digits]


async def test_without_an_account_a_form_can_be_sent_if_no_inbox_message_is_made(
    staff: Browser,
) -> None:
    page = await staff.open(PAGE)

    answer = await staff.press(
        page, "lagg-till", nytt_personnummer=WITHOUT_ACCOUNT.digits, creates_inbox_message=None
    )

    assert staff.numbers(answer.text) == [WITHOUT_ACCOUNT.digits]


async def test_the_bin_takes_one_away(staff: Browser) -> None:
    page = await listed(staff, ANNA, BO)

    answer = await staff.press(page, f"ta-bort {ANNA.digits}")

    assert staff.numbers(answer.text) == [BO.digits]


async def test_those_whom_1177_would_not_notify_are_taken_away_with_one_click(
    staff: Browser,
) -> None:
    """Vi rekommenderar att du tar bort mottagaren från mottagarlistan."""
    page = await listed(staff, ANNA, UNNOTIFIED)

    answer = await staff.press(page, "ta-bort-utan-avisering")

    assert "1 mottagare har ingen avisering via 1177" in words_of(page)
    assert staff.numbers(answer.text) == [ANNA.digits]


async def test_a_list_is_pasted_and_every_row_that_fails_is_shown(staff: Browser) -> None:
    page = await staff.open(PAGE)
    rows = [ANNA.digits, "", "191212121213", PROTECTED.formatted, BO.formatted, ANNA.digits]

    answer = await staff.press(page, "importera", inklistrat="\n".join(rows))

    words = words_of(answer.text)
    assert staff.numbers(answer.text) == [ANNA.digits, BO.digits]
    assert "2 mottagare lades till, 3 rader togs inte med" in words
    assert "1912••••-••••" in words
    assert TOLVAN.digits[:-1] not in words
    report = await staff.post(
        f"/utkast/{draft_of(main_form(answer.text).action)}/rapport",
        data=everything_of(answer.text) | {"gor": ["rapport csv"]},
    )
    assert report.content.decode("utf-8-sig").count("Kontrollsiffran") == 1


async def test_a_register_that_is_away_stops_nobody_from_being_added(staff: Browser) -> None:
    staff.clinic.persons.fails_reading.append(TemporaryFailure("away"))

    page = await listed(staff, ANNA)

    assert "Kunde inte kontrolleras just nu" in words_of(page)
    assert staff.numbers(page) == [ANNA.digits]


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"form": ""}, "form", "Du har inte valt något formulär"),
        ({"form": "finns inte"}, "form", "inget formulär med det namnet"),
        ({"answer_by": "2027-13-01"}, "answer_by", "Datumet är inte giltigt"),
        ({"answer_by": "2027-01-31"}, "answer_by", "ligger före"),
        ({"purge_after": "2027-02-02", "answer_by": "2027-03-01"}, "purge_after", "ligger före"),
        ({"inbox_message": ""}, "inbox_message", "Meddelandet är tomt"),
        ({"inbox_message": "Hej {{ namn }}"}, "inbox_message", "går inte att använda"),
        ({"inbox_message": f"Om {TOLVAN.formatted}"}, "inbox_message", "personnummer"),
        ({"form_banner": TOLVAN.digits}, "form_banner", "personnummer"),
        ({"form_banner": "1912-12-12 - 1212"}, "form_banner", "personnummer"),
        ({"inbox_message": "Hej\x07"}, "inbox_message", "tecknet U+0007"),
        ({"form_banner": "x" * 1001}, "form_banner", "för lång"),
    ],
)
async def test_what_is_wrong_is_shown_beside_its_field_and_in_the_list_on_top(
    staff: Browser, changes: dict[str, str], field: str, said: str
) -> None:
    answer = await asked(staff, **changes)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-problem"' in answer.text
    assert said.casefold() in words_of(answer.text).casefold()
    kept = dict(main_form(answer.text).fields)
    assert all(kept[name] == value for name, value in changes.items())
    assert staff.numbers(answer.text) == [ANNA.digits]


async def test_an_empty_list_is_shown(staff: Browser) -> None:
    page = await staff.open(PAGE)

    answer = await staff.press(page, "skicka", form=OWN.name)

    assert answer.status_code == 422
    assert "Mottagarlistan är tom" in words_of(answer.text)


async def test_a_message_may_hold_a_mobile_number(staff: Browser) -> None:
    answer = await asked(staff, form_banner="Ring 0701740607", inbox_message="Ring 0701740607")

    assert answer.status_code == 200


async def test_a_form_is_found_by_a_name_that_a_mac_wrote(staff: Browser) -> None:
    answer = await asked(staff, form="info\u0308r beso\u0308k")

    assert answer.status_code == 200
    assert OWN.name in words_of(answer.text)


async def test_a_form_that_has_just_been_archived_is_not_sent(staff: Browser) -> None:
    staff.clinic.forms.archived.add(OWN.id)

    answer = await asked(staff)

    assert answer.status_code == 422
    assert "arkiverats" in words_of(answer.text)


async def test_pressing_twice_sends_once_and_says_so(staff: Browser) -> None:
    question = (await asked(staff)).text

    first = await staff.press(question, "ja-skicka")
    second = await staff.press(question, "ja-skicka")

    assert len(staff.clinic.scheduler.plans) == 1
    assert second.headers["location"] == f"{first.headers['location']}?redan=1"
    assert "Inget skickades en gång till." in words_of(
        await staff.open(second.headers["location"])
    )


async def test_the_same_from_two_tabs_is_asked_about_before_it_is_sent_again(
    staff: Browser,
) -> None:
    one, other = (await asked(staff)).text, (await asked(staff)).text
    await staff.press(one, "ja-skicka")

    held_back = await staff.press(other, "ja-skicka")
    warned = (await asked(staff)).text
    again = await staff.press(warned, "ja-skicka")

    assert held_back.headers["location"].endswith("?redan=1")
    assert "Det här har redan skickats" in words_of(warned)
    assert not again.headers["location"].endswith("?redan=1")
    assert len(staff.clinic.scheduler.plans) == 2


async def test_the_form_is_shown_where_residents_see_it(staff: Browser) -> None:
    """Om du vill förhandsgranska formuläret klickar du på Visa Formulär."""
    page = await staff.open(PAGE)

    shown = await staff.press(page, "visa", form=OWN.name)
    nothing = await staff.press(page, "visa", form="")

    assert shown.headers["location"].endswith(f"/forhandsgranska/{OWN.id}")
    assert nothing.status_code == 422


async def test_the_message_is_shown_as_it_will_be_read_while_it_is_written(
    staff: Browser,
) -> None:
    data = dict(main_form(await staff.open(PAGE)).fields)

    shown = await staff.post(
        f"{PAGE}/meddelande",
        data=data | {"form": OWN.name, "inbox_message": "Svara <b>nu</b>, {{ titel }}"},
    )
    wrong = await staff.post(f"{PAGE}/meddelande", data=data | {"inbox_message": "{{ x }}"})

    assert f"Svara &lt;b&gt;nu&lt;/b&gt;, {OWN.resident_name}" in shown.text
    assert "går inte att använda" in wrong.text


async def test_prefect_being_away_the_form_is_kept_and_sent_later(staff: Browser) -> None:
    question = (await asked(staff)).text
    staff.clinic.scheduler.fails_with.append(TemporaryFailure("away"))

    sent = await staff.press(question, "ja-skicka")

    assert sent.status_code == 303
    assert "Formuläret skickas" in words_of(await staff.open(sent.headers["location"]))


async def test_the_heading_is_fetched_anew_with_how_far_it_has_come(staff: Browser) -> None:
    sent = await staff.press((await asked(staff)).text, "ja-skicka")

    page = await staff.open(sent.headers["location"])

    _, fetched = page.split('<div id="lage" data-poll=')
    assert "<h1>Formuläret skickas</h1>" in fetched


async def test_emptied_dates_are_the_usual_ones_in_the_question_and_when_sent(
    staff: Browser,
) -> None:
    question = await asked(
        staff, answer_by="", purge_after="", inbox_message="Senast {{ besvaras_senast }}"
    )
    await staff.press(question.text, "ja-skicka")

    words = words_of(question.text)
    assert "Besvaras senast 1 februari 2028 Gallras efter 1 mars 2028" in words
    assert "Senast 1 februari 2028" in words
    [made] = [each.dispatch for each in staff.clinic.listed()]
    assert f"{made.answer_by} {made.purge_after}" == "2028-02-01 2028-03-01"


async def test_a_late_hour_is_shown_before_the_form_is_sent_also_if_it_came_after_the_question(
    staff: Browser,
) -> None:
    clock = staff.clinic.clock
    clock.moment = datetime(2027, 2, 1, 20, 59, tzinfo=STOCKHOLM)
    sign_in(staff, session(UNIT))
    question = await asked(staff)
    clock.moment += timedelta(minutes=2)

    once_more = await staff.press(question.text, "ja-skicka")
    plans = list(staff.clinic.scheduler.plans)
    sent = await staff.press(once_more.text, "ja-skicka")

    assert "sent på dagen" not in words_of(question.text)
    assert "Klockan är 21:01, och det är sent på dagen" in words_of(once_more.text)
    assert plans == []
    assert sent.status_code == 303


async def test_without_an_inbox_message_the_question_warns_of_no_notice_and_no_hour(
    staff: Browser,
) -> None:
    staff.clinic.clock.moment = datetime(2027, 2, 1, 22, tzinfo=STOCKHOLM)
    sign_in(staff, session(UNIT))
    page = await listed(staff, ANNA, UNNOTIFIED)

    question = await staff.press(page, "skicka", form=OWN.name, creates_inbox_message=None)
    sent = await staff.press(question.text, "ja-skicka")

    assert "ingen avisering" not in words_of(question.text)
    assert "sent på dagen" not in words_of(question.text)
    assert sent.status_code == 303


async def test_what_the_message_lacks_is_shown_and_added_with_a_click(staff: Browser) -> None:
    short = "Hej från {{ enhet }}! Vi vill veta hur du mår.\n\nFrågor? {{ kontakt }}\n"
    page = await listed(staff, ANNA, form=OWN.name, inbox_message=short)

    question = await staff.press(page, "skicka")
    added = await staff.press(page, "lagg-till-mening anvandning")

    assert "Råd enligt 1177:s regler för inkorgen" in words_of(page)
    assert words_of(question.text).count("säger inte hur svaren används") == 1
    assert "Svaren läses av den personal som du möter hos oss" in words_of(added.text)
    assert "Råd enligt 1177:s regler" not in words_of(added.text)


async def test_the_message_is_put_away_when_none_is_made_and_says_so_without_the_script(
    staff: Browser,
) -> None:
    page = await staff.open(PAGE)

    assert page.count('data-when="creates_inbox_message"') == 2
    assert "Rutan är urklickad, så meddelandet används inte." in words_of(page)


@pytest.mark.parametrize(
    "between",
    [" ", ", ", ";", "\n", "\r\n", ""],
    ids=["space", "comma", "semicolon", "line", "line of Windows", "nothing"],
)
async def test_several_numbers_in_the_field_are_each_taken(staff: Browser, between: str) -> None:
    typed = between.join(each.digits for each in (ANNA, BO, CILLA))

    page = (await staff.press(await staff.open(PAGE), "lagg-till", nytt_personnummer=typed)).text

    assert staff.numbers(page) == [ANNA.digits, BO.digits, CILLA.digits]
    assert 'name="nytt_personnummer" value=""' in page


async def test_of_several_numbers_each_that_is_wrong_is_said_and_the_others_are_taken(
    staff: Browser,
) -> None:
    typed = f"{ANNA.formatted}, 19121212-1213, {BO.digits} {PROTECTED.digits}"

    page = (await staff.press(await staff.open(PAGE), "lagg-till", nytt_personnummer=typed)).text

    assert staff.numbers(page) == [ANNA.digits, BO.digits]
    assert "2 mottagare lades till, 2 rader togs inte med" in words_of(page)


async def test_a_number_with_a_space_is_one(staff: Browser) -> None:
    typed = f" {ANNA.digits[:8]} {ANNA.digits[8:]} "

    page = (await staff.press(await staff.open(PAGE), "lagg-till", nytt_personnummer=typed)).text

    assert staff.numbers(page) == [ANNA.digits]
