"""Uppföljning: found, opened, reminded of, purged and exported."""

from typing import Any

import pytest
from openpyxl import load_workbook

from tests.access_log import Log
from tests.clinic import OTHER_UNIT, UNIT, Clinic
from tests.people import ANNA, BO
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import forms_of
from tests.web.pages.test_limits import known, some_numbers
from utskick.domain.deliveries import FormStatus
from utskick.domain.dispatches import Dispatch
from utskick.ports import Answer, PersonRecord, TemporaryFailure, UnknownOutcome


@pytest.fixture
async def sent(staff: Browser) -> Dispatch:
    return await send(staff)


async def send(browser: Browser, **changes: Any) -> Dispatch:
    """PHQ-9 to Anna and Bo, or as the `changes` say, delivered."""
    dispatch = (await browser.clinic.send(**changes)).dispatch
    await browser.clinic.run(dispatch.occasions[0])
    sign_in(browser, session(UNIT))
    return dispatch


async def search(browser: Browser, button: str = "sok", **fields: Any) -> str:
    page = await browser.open("/uppfoljning")
    answer = await browser.press(page, button, **fields)
    assert answer.status_code == 200, answer.text
    return answer.text


def form_of(page: str, ending: str) -> Any:
    return next(form for form in forms_of(page) if form.action.endswith(ending))


async def opened(browser: Browser) -> tuple[str, str]:
    """The address and the page of Anna's form."""
    page = await search(browser, personnummer=ANNA.digits)
    address = page.split('href="/uppfoljning/', 1)[1].split('"', 1)[0]
    return f"/uppfoljning/{address}", await browser.open(f"/uppfoljning/{address}")


def answered(clinic: Clinic) -> None:
    """All that there is."""
    for kept in clinic.forms.forms:
        clinic.forms.answers[kept.id] = Answer(
            form_id=kept.id,
            status=FormStatus.COMPLETED,
            answers=(("Hur mår du?", "Bättre, <b>tack</b>"),),
        )


async def test_what_was_sent_is_listed_with_whom_it_went_to(
    staff: Browser, sent: Dispatch
) -> None:
    words = words_of(await staff.open("/uppfoljning"))

    assert "2 formulär" in words
    assert ANNA.formatted in words
    assert "Skickat" in words


FILTERS: list[tuple[dict[str, str], int]] = [
    ({"formular": "phq"}, 2),
    ({"formular": "gad"}, 0),
    ({"formular": "phq\x00"}, 0),
    ({"paketutskick": "PHQ"}, 2),
    ({"personnummer": ANNA.formatted}, 1),
    ({"personnummer": "19910204\u20112398"}, 1),
    ({"skickat_fran": "2026-01-01", "skickat_till": "2199-01-01"}, 2),
    ({"skickat_fran": "2199-01-01"}, 0),
    ({"svar_status": "COMPLETED"}, 0),
    ({"svar_status": "ONGOING"}, 0),
    ({"svar_status": "answered"}, 0),
    ({"svar_status": "unanswered"}, 0),
    ({"svar_status": "not_checked"}, 2),
    ({"utskick_status": "manual"}, 0),
    ({"ordning": "answer"}, 2),
    ({"gallras_till": "2027-12-31"}, 0),
    ({"gallras_fran": "2028-01-01", "gallras_till": "2028-12-31"}, 2),
]


async def test_each_filter_finds_its_own(
    staff: Browser, sent: Dispatch, subtests: pytest.Subtests
) -> None:
    for fields, number in FILTERS:
        with subtests.test(fields=fields):
            words = words_of(await search(staff, **fields))

            said = f"{number} formulär" if number else "Inga formulär stämmer"
            assert said in words


async def test_names_are_found_whatever_the_case_of_their_letters(staff: Browser) -> None:
    await send(staff, form="Inför besök")

    assert "2 formulär" in words_of(await search(staff, formular="INFÖR BESÖK"))
    assert "2 formulär" in words_of(await search(staff, formular="Info\u0308r"))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("personnummer", "191212121213", "Kontrollsiffran"),
        ("skickat_fran", "2027-02-30", "datumet är inte giltigt"),
    ],
)
async def test_a_fault_in_the_search_is_shown_beside_its_field(
    staff: Browser, field: str, typed: str, said: str
) -> None:
    page = await staff.open("/uppfoljning")

    answer = await staff.press(page, "sok", **{field: typed})

    assert answer.status_code == 422
    assert said.casefold() in answer.text.casefold()
    assert f'value="{typed}"' in answer.text


@pytest.mark.parametrize("days", ["skickat", "gallras"])
async def test_days_in_the_wrong_order_are_a_fault_and_not_an_empty_list(
    staff: Browser, days: str
) -> None:
    page = await staff.open("/uppfoljning")
    typed = {f"{days}_fran": "2027-02-02", f"{days}_till": "2027-02-01"}

    answer = await staff.press(page, "sok", **typed)

    assert answer.status_code == 422
    assert "datumet är före det första" in words_of(answer.text)
    assert all(f'value="{value}"' in answer.text for value in typed.values())


async def test_whoever_is_shown_is_logged_once(staff: Browser, sent: Dispatch, log: Log) -> None:
    before = len(log())

    await staff.open("/uppfoljning")

    assert log()[before:] == ["Läsa: visat i Uppföljning (person)"] * 2


async def test_statuses_are_fetched_when_asked_for(staff: Browser, sent: Dispatch) -> None:
    answered(staff.clinic)
    before = words_of(await search(staff, "svarsfrekvens 1"))

    await search(staff, "status 1")

    after = words_of(await search(staff, "svarsfrekvens 1"))
    assert "2 – känd för 0 av 2" in before
    assert "Ej kontrollerat" in before
    assert "2 2 100 %" in after
    assert "0 %" not in before


async def test_a_search_for_answers_shows_how_many_they_are_not_known(
    staff: Browser, sent: Dispatch
) -> None:
    unasked = words_of(await search(staff, svar_status="unanswered"))
    await search(staff, "status 1")
    asked = words_of(await search(staff, svar_status="unanswered"))

    assert "2 formulär är inte med, för ingen har kontrollerat om de är besvarade." in unasked
    assert "är inte med" not in asked
    assert "2 formulär" in asked


async def test_what_is_ticked_stays_ticked_while_statuses_are_fetched(
    staff: Browser, sent: Dispatch
) -> None:
    page = await staff.open("/uppfoljning")
    ticked = page.split('name="vald" value="', 1)[1].split('"', 1)[0]

    fetched = await search(staff, "status 1", vald=[ticked, "not an id"])

    assert fetched.count("vald") == 2
    assert f'value="{ticked}" checked' in fetched


async def test_an_answer_is_opened_and_that_is_logged(
    staff: Browser, sent: Dispatch, log: Log
) -> None:
    answered(staff.clinic)

    _address, page = await opened(staff)

    assert "Bättre, &lt;b&gt;tack&lt;/b&gt;" in page
    assert "Besvarat av Framgår inte av svaret från 1177" in words_of(page)
    assert "Läsa: öppnat formulär i Uppföljning (person)" in log()


async def test_a_printout_is_logged_as_one_and_needs_no_script(
    staff: Browser, sent: Dispatch, log: Log
) -> None:
    answered(staff.clinic)
    _address, page = await opened(staff)
    form = form_of(page, "/skriv-ut")

    printed = await staff.post(form.action, data=dict(form.fields))

    assert "Bättre" in printed.text
    assert "Skriv ut med webbläsarens utskrift" in words_of(printed.text)
    assert log()[-1] == "Utskrift: skrivit ut formulär i Uppföljning (person)"


async def test_the_history_says_who_has_reminded_and_seen(staff: Browser, sent: Dispatch) -> None:
    await remind(staff)

    _address, page = await opened(staff)

    words = words_of(page)
    assert "påminnelse av Karin Exempel. Skickat" in words
    assert "Karin Exempel Skriva Skickat påminnelse" in words
    assert "Karin Exempel Läsa Öppnat formulär i Uppföljning" in words


async def test_the_form_service_being_away_is_shown_calmly(staff: Browser, sent: Dispatch) -> None:
    address, _page = await opened(staff)
    staff.clinic.forms.fails_reading.append(TemporaryFailure("away"))

    page = await staff.open(address)

    assert "Formulärtjänsten svarar inte just nu" in words_of(page)


async def remind(browser: Browser) -> tuple[int, str]:
    address, page = await opened(browser)
    form = form_of(page, "/paminn")
    answer = await browser.post(form.action, data=dict(form.fields))
    if answer.status_code == 303:
        return 303, words_of(await browser.open(answer.headers["location"]))
    assert address
    return answer.status_code, words_of(answer.text)


async def test_a_reminder_is_sent_once_a_day(staff: Browser, sent: Dispatch) -> None:
    messages = len(staff.clinic.inbox.messages)

    first, said = await remind(staff)
    second, refused = await remind(staff)

    assert (first, second) == (303, 409)
    assert "Påminnelsen är skickad." in said
    assert "En påminnelse har redan skickats i dag" in refused
    assert len(staff.clinic.inbox.messages) == messages + 1


async def test_a_late_hour_is_shown_before_the_reminder_is_sent(
    staff: Browser, sent: Dispatch
) -> None:
    messages = len(staff.clinic.inbox.messages)
    address, page = await opened(staff)
    form = form_of(page, "/paminn")
    staff.clinic.clock.moment = staff.clinic.clock.now().replace(hour=22)
    sign_in(staff, session(UNIT))
    csrf = form_of(await staff.open(address), "/paminn").fields[0]

    asked = await staff.post(form.action, data=dict([*form.fields, csrf]))
    unsent = len(staff.clinic.inbox.messages)
    again = await staff.post(form.action, data=dict(form_of(asked.text, "/paminn").fields))

    assert "sent på dagen" in words_of(asked.text)
    assert unsent == messages
    assert again.status_code == 303
    assert len(staff.clinic.inbox.messages) == messages + 1


async def test_who_has_answered_is_not_reminded(staff: Browser, sent: Dispatch) -> None:
    address, page = await opened(staff)
    answered(staff.clinic)
    form = form_of(page, "/paminn")

    refused = await staff.post(form.action, data=dict(form.fields))

    assert refused.status_code == 409
    assert "redan besvarat" in refused.text
    assert address


async def test_who_has_become_protected_is_not_reminded_and_staff_see_what_to_do(
    staff: Browser, sent: Dispatch, log: Log
) -> None:
    messages = list(staff.clinic.inbox.messages)
    staff.clinic.persons.records[ANNA] = PersonRecord(protected=True)

    status, said = await remind(staff)

    assert status == 409
    assert "Skyddad identitet, så ingen påminnelse skickades. Använd en formulärlänk" in said
    assert staff.clinic.inbox.messages == messages
    assert log()[-1] == "Läsa: öppnat formulär i Uppföljning (person)"


async def test_a_register_that_is_silent_lets_staff_try_the_reminder_again(
    staff: Browser, sent: Dispatch
) -> None:
    staff.clinic.persons.fails_reading.append(TemporaryFailure("away"))

    unchecked, asked_to_wait = await remind(staff)
    again, _said = await remind(staff)

    assert (unchecked, again) == (409, 303)
    assert "Det gick inte att kontrollera om personen kan få en påminnelse" in asked_to_wait


async def test_what_was_sent_without_an_inbox_message_is_not_reminded_of_there(
    staff: Browser,
) -> None:
    """Det är till exempel inte tillåtet att använda 1177 inkorg för att kontakta mottagare."""
    await send(staff, creates_inbox_message=False)

    status, said = await remind(staff)

    assert status == 409
    assert "skickades utan inkorgsmeddelande" in said
    assert staff.clinic.inbox.messages == []


async def test_a_reminder_of_which_nobody_knows_is_never_repeated(
    staff: Browser, sent: Dispatch
) -> None:
    staff.clinic.inbox.fails_after.append(UnknownOutcome("cut off"))

    _status, said = await remind(staff)
    again, _refused = await remind(staff)

    assert "Det är osäkert om påminnelsen kom fram" in said
    assert again == 409


async def test_a_reminder_that_the_inbox_did_not_take_can_be_tried_again(
    staff: Browser, sent: Dispatch
) -> None:
    staff.clinic.inbox.fails_before.append(TemporaryFailure("full"))

    away, _said = await remind(staff)
    again, said = await remind(staff)

    assert (away, again) == (503, 303)
    assert "Påminnelsen är skickad." in said


async def test_what_is_marked_as_purged_is_not_shown_unless_asked_for(
    staff: Browser, sent: Dispatch, log: Log
) -> None:
    """Ändra detta datum om enheten har en gallringsrutin."""
    page = await search(staff, personnummer=ANNA.digits)
    ticked = page.split('name="vald" value="', 1)[1].split('"', 1)[0]

    answer = await staff.press(page, "gallra", vald=ticked, personnummer="")
    hidden = words_of(await staff.open("/uppfoljning"))
    shown = words_of(await search(staff, med_gallrade="ja"))

    assert "1 formulär markerat som gallrat." in words_of(answer.text)
    assert "1 formulär" in hidden
    assert ANNA.formatted not in hidden
    assert "Gallrat" in shown
    assert "Radera: markerat formulär som gallrat (person)" in log()


async def test_the_result_is_exported_as_csv_and_excel(
    staff: Browser, sent: Dispatch, log: Log, tmp_path: Any
) -> None:
    page = await staff.open("/uppfoljning")

    csv = await staff.press(page, "exportera csv")
    xlsx = await staff.press(page, "exportera xlsx")

    (tmp_path / "a.xlsx").write_bytes(xlsx.content)
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert "attachment" in csv.headers["content-disposition"]
    assert csv.content.decode("utf-8-sig").count("PHQ-9") >= 2
    assert {row[4] for row in sheet.values} == {"Personnummer", ANNA.formatted, BO.formatted}
    assert log().count("Läsa: exporterat från Uppföljning (person)") == 4


async def test_another_units_form_is_not_there(
    staff: Browser, other_staff: Browser, sent: Dispatch
) -> None:
    address, page = await opened(staff)
    sign_in(other_staff, session(OTHER_UNIT))
    form = form_of(page, "/paminn")

    assert (await other_staff.get(address)).status_code == 404
    mine = await other_staff.open("/uppfoljning")
    csrf = dict(forms_of(mine)[-1].fields)["csrf"]
    assert (await other_staff.post(form.action, data={"csrf": csrf})).status_code == 404


async def test_pages_are_turned_with_the_filter_kept(staff: Browser) -> None:
    numbers = some_numbers(51)
    known(staff.clinic, numbers)
    await send(staff, recipients=numbers)

    page = await search(staff, formular="phq")
    second = await staff.press(page, "sida 2")

    assert "Sida 1 av 2" in words_of(page)
    assert "Sida 2 av 2" in words_of(second.text)
    assert 'name="formular" value="phq"' in second.text
