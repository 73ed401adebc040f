"""Förvaltning, grundplåtar: filled in step by step, saved as versions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from httpx import Response

from tests.clinic import GAD, OTHER_UNIT, PACKAGE, PHQ, SHARED, UNIT, UNSUBSCRIBED, WEEKLY
from tests.people import ANNA
from tests.web.pages.conftest import Browser, words_of
from tests.web.pages.forms import main_form
from utskick.domain.packages import FORMS_DESK, PackageTemplate, Weekday
from utskick.domain.schedules import (
    AnswerWithin,
    Interval,
    IntervalUnit,
    OlderUnanswered,
    RedDayRule,
)

NEW = "/forvaltning/ny-grundplat"
PAGE = f"/forvaltning/grundplatar/{WEEKLY.key}"
FILLED: dict[str, Any] = {
    "name": "Rehab, uppföljning",
    "resident_title": "Din rehabilitering",
    "formular": [PHQ.key],
    "enhet": [UNIT.id],
    "weekday": "torsdag",
    "time": "16:30",
    "interval": "2",
    "interval_unit": "week",
    "occasions": "3",
    "inbox_message": "Hej från {{ enhet }}!",
}


async def save(browser: Browser, address: str = NEW, **changes: Any) -> Response:
    answer = await browser.press(await browser.open(address), "spara", **changes)
    if answer.status_code != 303:
        return answer
    return await browser.get(answer.headers["location"])


def versions(browser: Browser, key: str) -> Sequence[PackageTemplate]:
    with browser.clinic.store.transaction() as records:
        return records.packages.versions(key)


async def test_the_list_shows_what_each_package_is_and_whether_it_can_be_started(
    administrator: Browser,
) -> None:
    with administrator.clinic.store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)

    words = words_of(await administrator.open("/forvaltning/grundplatar"))
    found = words_of(await administrator.search("/forvaltning/grundplatar", sok="VECKO"))

    assert f"{PACKAGE.name} {PACKAGE.key} {UNIT.name} 4 formulär, 1 tillfälle" in words
    assert f"Kan inte startas {SHARED.name}" in words
    assert "3 tillfällen varje vecka, måndag kl. 08:00 1 Kan startas" in words
    assert WEEKLY.name in found
    assert PACKAGE.name not in found


async def test_a_new_package_is_saved_with_a_key_from_its_name(administrator: Browser) -> None:
    answer = await save(administrator, **FILLED, error_addresses="a@example.se; b@example.se")

    assert "Grundplåten är sparad." in words_of(answer.text)
    (package,) = versions(administrator, "rehab-uppfoljning")
    assert (package.unit_ids, package.template_ids) == ((UNIT.id,), (PHQ.id,))
    assert (package.weekday, f"{package.time:%H:%M}") == (Weekday.THURSDAY, "16:30")
    assert (package.interval, package.occasions) == (Interval(2, IntervalUnit.WEEK), 3)
    assert package.error_addresses == (FORMS_DESK, "a@example.se", "b@example.se")


async def test_a_package_by_days_of_its_own_comes_back_as_it_was_saved(
    administrator: Browser,
) -> None:
    schedule = {
        "interval": "",
        "occasions": "",
        "offsets_days": "0, 90, 182 och 365 dagar",
        "answer_within": "0",
        "answer_time": "20:00",
        "older_unanswered": "close",
        "red_days": "next_working_day",
        "form_banner": "Kom fastande.",
    }

    saved = await save(administrator, **FILLED | schedule)

    (package,) = versions(administrator, "rehab-uppfoljning")
    assert (package.offsets_days, package.occasions) == ((0, 90, 182, 365), 4)
    assert package.answer_within == AnswerWithin(0, time(20))
    assert package.older_unanswered is OlderUnanswered.CLOSE
    assert package.red_days is RedDayRule.NEXT_WORKING_DAY
    assert package.form_banner == "Kom fastande."
    fields = dict(main_form(saved.text).fields)
    assert {name: fields[name] for name in schedule} == schedule | {
        "offsets_days": "0, 90, 182, 365"
    }
    words = words_of(await administrator.open("/forvaltning/grundplatar"))
    assert "4 tillfällen efter 0, 90, 182 och 365 dagar, torsdag kl. 16:30" in words


@pytest.mark.parametrize(
    ("address", "filled"), [(NEW, FILLED | {"interval": "", "occasions": "1"}), (PAGE, {})]
)
async def test_days_of_their_own_are_enough_beside_what_stood_there(
    administrator: Browser, address: str, filled: dict[str, Any]
) -> None:
    await save(administrator, address, **filled, offsets_days="0, 90, 182, 365")

    package = versions(administrator, WEEKLY.key if address == PAGE else "rehab-uppfoljning")[0]
    assert (package.offsets_days, package.occasions) == ((0, 90, 182, 365), 4)
    assert package.interval is None


async def test_what_a_new_version_does_otherwise_is_in_words(administrator: Browser) -> None:
    await save(administrator, **FILLED)
    changed = {"interval": "1", "interval_unit": "month", "answer_within": "6", "red_days": "keep"}

    answer = await save(administrator, "/forvaltning/grundplatar/rehab-uppfoljning", **changed)

    words = words_of(answer.text)
    assert "Intervall varannan vecka varje månad" in words
    assert "Besvaras senast ett år efter 6 dagar efter" in words
    assert "Röda dagar Varna personalen Skicka som vanligt" in words


async def test_staff_of_its_unit_can_start_it_at_once(
    administrator: Browser, staff: Browser
) -> None:
    await save(administrator, **FILLED)

    assert "Rehab, uppföljning" in await staff.open("/starta-paketutskick")


async def test_forms_and_units_are_added_moved_and_removed(administrator: Browser) -> None:
    page = await administrator.open(NEW)
    for name, button, typed in (
        ("nytt_formular", "lagg-till-formular", PHQ.name),
        ("nytt_formular", "lagg-till-formular", "gad"),
        ("ny_enhet", "lagg-till-enhet", OTHER_UNIT.id.lower()),
        ("ny_enhet", "lagg-till-enhet", "vuxenpsyk"),
    ):
        page = (await administrator.press(page, button, **{name: typed})).text
    page = (await administrator.press(page, f"flytta-upp {GAD.key}")).text
    page = (await administrator.press(page, f"ta-bort-enhet {OTHER_UNIT.id}")).text

    fields = main_form(page).fields
    assert [v for n, v in fields if n == "formular"] == [GAD.key, PHQ.key]
    assert [v for n, v in fields if n == "enhet"] == [UNIT.id]
    page = (await administrator.press(page, f"ta-bort-formular {GAD.key}")).text
    assert [v for n, v in main_form(page).fields if n == "formular"] == [PHQ.key]
    assert versions(administrator, "rehab-uppfoljning") == []


async def test_what_was_typed_and_never_added_is_added_when_saving(administrator: Browser) -> None:
    filled = FILLED | {"formular": [], "enhet": []}

    await save(administrator, **filled, nytt_formular="GAD-7", ny_enhet=UNIT.name)

    (package,) = versions(administrator, "rehab-uppfoljning")
    assert (package.template_ids, package.unit_ids) == ((GAD.id,), (UNIT.id,))


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": ""}, "name", "Texten är tom."),
        ({"name": "!!!"}, "key", "Kortnamnet är tomt."),
        ({"key": "Stora Bokstäver"}, "key", "Texten får bara ha små bokstäver"),
        ({"key": PACKAGE.key}, "key", "Det finns redan en grundplåt med det"),
        ({"resident_title": " "}, "resident_title", "Texten är tom."),
        ({"formular": []}, "forms", "Listan är tom."),
        ({"formular": ["borta"]}, "forms", "Borta finns inte."),
        ({"nytt_formular": "Rorschach"}, "forms", "Formuläret finns inte."),
        ({"ny_enhet": "Månbasen"}, "units", "Enheten finns inte."),
        ({"enhet": ["SE2321000131-E9"]}, "units", "SE2321000131-E9 finns inte."),
        ({"weekday": "lördax"}, "weekday", "Veckodagen ska vara"),
        ({"time": "8.3"}, "time", "Klockslaget går inte att tolka."),
        ({"occasions": "0"}, "occasions", "Talet är för litet."),
        ({"occasions": "många"}, "occasions", "Värdet ska vara ett heltal."),
        ({"occasions": "101"}, "occasions", "Talet är för stort."),
        ({"interval": "0"}, "interval", "Flera tillfällen behöver ett intervall."),
        ({"interval": "x"}, "interval", "Värdet ska vara ett heltal."),
        (
            {"interval": "", "offsets_days": "0, 9, x"},
            "offsets_days",
            "Värdet ska vara ett heltal",
        ),
        ({"offsets_days": "0, 90, 182"}, "offsets_days", "Det finns både ett intervall"),
        (
            {"answer_within": "0", "answer_time": "07:00"},
            "answer_within",
            "Besvaras senast ligger",
        ),
        ({"answer_within": "0", "answer_time": "7"}, "answer_within", "Klockslaget går inte"),
        ({"form_banner": ANNA.formatted}, "form_banner", "Texten innehåller något"),
        ({"error_addresses": "vem@"}, "error_addresses", "E-postadressen är inte giltig."),
        ({"error_addresses": "åsa@vgregion.se"}, "error_addresses", "E-postadressen har å, ä, ö"),
        ({"inbox_message": ""}, "inbox_message", "Texten är tom."),
        (
            {"inbox_message": "{{ namn }}"},
            "inbox_message",
            "{{ namn }} går inte att använda i meddelandet.",
        ),
        ({"inbox_message": f"Hej {ANNA.digits}"}, "inbox_message", "Texten innehåller något"),
    ],
)
async def test_each_fault_stands_beside_its_field_and_in_the_list_on_top(
    administrator: Browser, changes: dict[str, Any], field: str, said: str
) -> None:
    answer = await save(administrator, **FILLED | changes)

    assert answer.status_code == 422
    beside = answer.text.split(f'id="{field}-problem"', 1)[1].split("</p>", 1)[0]
    assert said in words_of(beside)
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}"' in answer.text
    kept = dict(main_form(answer.text).fields)
    assert kept["inbox_message"] == (FILLED | changes)["inbox_message"]
    assert versions(administrator, "rehab-uppfoljning") == []


async def test_a_package_is_shown_as_it_is_and_saving_it_untouched_makes_no_version(
    administrator: Browser,
) -> None:
    answer = await save(administrator, f"/forvaltning/grundplatar/{PACKAGE.key}")

    assert "Inget var ändrat" in words_of(answer.text)
    assert versions(administrator, PACKAGE.key) == [PACKAGE]


async def test_a_change_becomes_a_version_that_shows_what_differs(administrator: Browser) -> None:
    await save(administrator, PAGE)
    answer = await save(
        administrator, PAGE, time="09:15", weekday="", enhet=[UNIT.id, OTHER_UNIT.id]
    )

    words = words_of(answer.text)
    assert "Den nya versionen är sparad." in words
    assert "Förvalt klockslag 08:00 09:15" in words
    assert "Förvald veckodag måndag –" in words
    assert f"Enheter {UNIT.name} {UNIT.name}, {OTHER_UNIT.name}" in words


async def test_two_who_change_the_same_package_do_not_overwrite_each_other(
    administrator: Browser,
) -> None:
    mine = await administrator.open(PAGE)
    await save(administrator, PAGE, resident_title="Den andras titel")

    answer = await administrator.press(mine, "spara", resident_title="Min titel")
    assert answer.status_code == 409
    assert "Någon annan har sparat en ny version medan du skrev." in words_of(answer.text)
    assert "Den andras titel" in words_of(answer.text)
    assert dict(main_form(answer.text).fields)["resident_title"] == "Min titel"
    await administrator.press(answer.text, "spara")

    assert versions(administrator, WEEKLY.key)[0].resident_title == "Min titel"
    assert versions(administrator, WEEKLY.key)[1].resident_title == "Den andras titel"


async def test_a_package_without_units_is_kept_and_shown(administrator: Browser) -> None:
    await save(administrator, PAGE, enhet=[])

    words = words_of(await administrator.open("/forvaltning/grundplatar"))
    assert "Ingen enhet" in words


async def test_the_message_is_shown_as_the_resident_will_see_it_while_it_is_written(
    administrator: Browser,
) -> None:
    form = main_form(await administrator.open(PAGE))
    data = dict(form.filled(inbox_message="Hej från {{ enhet }}, {{ antal_tillfallen }} gånger"))

    answer = await administrator.post("/forvaltning/grundplatsmeddelande", data=data)
    odd = data | {"inbox_message": "{{ fel }}", "enhet": "", "occasions": "²"}
    wrong = await administrator.post("/forvaltning/grundplatsmeddelande", data=odd)

    assert f"Hej från {UNIT.name}, 3 gånger" in words_of(answer.text)
    assert "{{ fel }} går inte att använda" in words_of(wrong.text)


async def test_a_package_that_is_not_there_is_not_found(administrator: Browser) -> None:
    answer = await administrator.get("/forvaltning/grundplatar/finns-inte")

    assert answer.status_code == 404


async def test_an_archived_form_is_shown_on_the_package_that_holds_it(
    administrator: Browser,
) -> None:
    with administrator.clinic.store.transaction() as records:
        records.forms.save([replace(PHQ, archived_at=administrator.clinic.clock.now())])

    words = words_of(await administrator.open(PAGE))

    assert "Paketet kan inte startas som det är PHQ-9 är arkiverad." in words


async def test_a_language_is_added_written_and_removed_again(administrator: Browser) -> None:
    page = await administrator.open("/forvaltning/ny-grundplat")

    added = await administrator.press(page, "lagg-till-sprak", nytt_sprak="ar", **FILLED)
    written = await administrator.press(
        added.text, "uppdatera", **{"inbox_messages.ar": "مرحبا من {{ enhet }}"}
    )
    removed = await administrator.press(written.text, "ta-bort-sprak ar")
    await administrator.press(written.text, "spara")

    assert 'name="inbox_messages.ar" rows="14" lang="ar" dir="rtl"' in added.text
    assert "— العربية —" in words_of(written.text)
    assert "inbox_messages.ar" not in removed.text
    [package] = versions(administrator, "rehab-uppfoljning")
    assert package.inbox_messages == {"ar": "مرحبا من {{ enhet }}"}


async def test_a_package_is_sent_before_visits(administrator: Browser) -> None:
    page = await administrator.open("/forvaltning/ny-grundplat")
    fields = {
        "name": "Före besök",
        "resident_title": "Inför besöket",
        "formular": [PHQ.key],
        "enhet": [UNIT.id],
        "visit_offsets": "14 dagar före kl. 09:00\n1 dag före besöket kl 09:00\n0 07:30",
        "late_visits": "now",
        "inbox_message": "Hej!",
    }

    await administrator.press(page, "spara", **fields)
    again = await administrator.open("/forvaltning/grundplatar/fore-besok")

    with administrator.clinic.store.transaction() as records:
        package = records.packages.find(UNIT.id, "fore-besok")
    assert package is not None
    assert [each.days_before for each in package.visit_offsets] == [14, 1, 0]
    assert "14 dagar före kl. 09:00\n1 dag före kl. 09:00\n0 dagar före kl. 07:30" in again


async def test_a_package_before_visits_has_no_moments_of_its_own(administrator: Browser) -> None:
    page = await administrator.open("/forvaltning/ny-grundplat")

    answer = await administrator.press(
        page,
        "spara",
        name="Före besök",
        resident_title="Inför besöket",
        formular=[PHQ.key],
        visit_offsets="3 dagar före kl. 25:00",
        time="08:00",
        inbox_message="Hej!",
    )

    assert "inga egna tillfällen" in answer.text
    assert "Klockslaget går inte att tolka" in answer.text


async def test_a_package_is_tried_before_it_is_saved_with_every_date_and_text(
    administrator: Browser,
) -> None:
    page = await administrator.open(NEW)

    answer = await administrator.press(
        page, "prova", **FILLED | {"inbox_message": "Gång {{ tillfalle }}, {{ enhet }}"}
    )

    words = words_of(answer.text)
    assert "Inget är sparat eller skickat." in words
    assert "2027-02-04 16:30 (torsdag), besvaras senast 2028-02-04" in words
    assert "2027-03-04 16:30 (torsdag)" in words
    for number in (1, 2, 3):
        assert f"Gång {number}, {UNIT.name}" in words
    assert versions(administrator, "rehab-uppfoljning") == []


async def test_a_package_that_is_tried_says_which_unit_cannot_start_it(
    administrator: Browser,
) -> None:
    changes = FILLED | {"formular": [UNSUBSCRIBED.key], "enhet": [UNIT.id, OTHER_UNIT.id]}

    answer = await administrator.press(await administrator.open(NEW), "prova", **changes)

    words = words_of(answer.text)
    assert f"{UNIT.name} kan inte starta paketet {UNSUBSCRIBED.name} saknar" in words
    assert f"{OTHER_UNIT.name} kan inte starta paketet" not in words


async def test_what_is_wrong_with_a_package_is_said_when_it_is_tried(
    administrator: Browser,
) -> None:
    changes = FILLED | {"inbox_message": "{% for x in y %}"}

    answer = await administrator.press(await administrator.open(NEW), "prova", **changes)

    assert answer.status_code == 422
    assert "Så här blir det" not in answer.text


async def test_an_empty_message_is_said_when_a_package_is_tried_and_the_rest_is_kept(
    administrator: Browser,
) -> None:
    changes = FILLED | {"inbox_message": ""}

    answer = await administrator.press(await administrator.open(NEW), "prova", **changes)

    assert answer.status_code == 422
    assert "Inkorgsmeddelande: texten är tom. Fyll i den." in words_of(answer.text)
    assert f'value="{FILLED["name"]}"' in answer.text
