"""Utkast: nothing that has been filled in is lost, and nothing of it is sent by mistake."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response

from tests.access_log import Log
from tests.clinic import OWN, PACKAGE, STAFF, UNIT, WEEKLY
from tests.people import ANNA, BO, TOLVAN
from tests.web.pages.conftest import Browser, draft_of, session, sign_in, words_of
from tests.web.pages.forms import main_form
from utskick.domain.drafts import Draft
from utskick.ports import PersonRecord
from utskick.web.pages.visitors import FOR_UNIT

PAGE = "/skicka-formular"
COLLEAGUE = "SE2321000131-P000000000077"
NO_SCRIPT = {"Sec-Fetch-Mode": "navigate"}


def drafts(browser: Browser) -> Sequence[Draft]:
    with browser.clinic.store.transaction() as records:
        return records.drafts.list_for(UNIT.id)


async def begun(browser: Browser, **changes: Any) -> str:
    """The first page with Anna on its list."""
    page = await browser.open(PAGE)
    typed: dict[str, Any] = {"form": OWN.name, "nytt_personnummer": ANNA.formatted} | changes
    return (await browser.press(page, "lagg-till", **typed)).text


async def post(browser: Browser, address: str, page: str, **changes: Any) -> Response:
    """As a script posts the page's form, elsewhere than its buttons do."""
    data: dict[str, list[str]] = {}
    for name, value in main_form(page).filled(**changes):
        data.setdefault(name, []).append(value)
    return await browser.post(address, data=data)


async def without_script(browser: Browser, page: str, button: str, **changes: Any) -> Response:
    """As a browser without script presses a button."""
    form = main_form(page)
    data: dict[str, list[str]] = {}
    for name, value in form.filled(**changes, gor=button):
        data.setdefault(name, []).append(value)
    return await browser.post(form.action, data=data, headers=NO_SCRIPT)


def as_colleague(browser: Browser) -> Browser:
    return sign_in(browser, session(UNIT, staff_id=COLLEAGUE, name="Johan Exempel"))


# Kept as it is filled in


async def test_to_look_at_an_empty_page_makes_no_draft(staff: Browser) -> None:
    page = await staff.open(PAGE)
    await staff.press(page, "lagg-till")
    await staff.open("/starta-paketutskick")
    await staff.open(f"/starta-paketutskick/paket/{WEEKLY.key}")

    assert not drafts(staff)


async def test_the_first_recipient_makes_one_which_another_machine_shows(
    staff: Browser, other_staff: Browser
) -> None:
    page = await begun(staff)
    elsewhere = sign_in(other_staff, session(UNIT))

    shown = await elsewhere.open(main_form(page).action)

    assert ANNA.formatted in words_of(shown)
    assert dict(main_form(shown).fields)["form"] == OWN.name
    assert [each.owner for each in drafts(staff)] == [STAFF.name]


async def test_a_page_carries_nothing_of_its_list(staff: Browser) -> None:
    page = await begun(staff)
    question = (await staff.press(page, "skicka")).text

    assert {name for name, _ in main_form(question).fields} == {"csrf", FOR_UNIT, "version"}
    assert ANNA.digits not in "".join(value for _, value in main_form(page).fields)


async def test_each_step_has_an_address_that_shows_it_again(staff: Browser) -> None:
    page = await begun(staff)
    question = await staff.press(page, "skicka")
    address = question.headers["content-location"]

    again = await staff.open(address)
    back = await staff.open(address.removesuffix("/fraga"))

    assert "Vill du skicka ut formuläret" in words_of(again)
    assert dict(main_form(back).fields)["form"] == OWN.name


async def test_without_script_every_press_leads_to_an_address_to_reload(staff: Browser) -> None:
    page = await staff.open(PAGE)
    added = await without_script(
        staff, page, "lagg-till", form=OWN.name, nytt_personnummer=ANNA.formatted
    )
    first = await staff.open(added.headers["location"])

    asked = await without_script(staff, first, "skicka")
    question = await staff.open(asked.headers["location"])
    sent = await without_script(staff, question, "ja-skicka")

    assert "Tillagd:" in words_of(first)
    assert added.headers["location"] == main_form(page).action
    assert asked.headers["location"] == f"{main_form(page).action}/fraga"
    assert "/skickat/" in sent.headers["location"]


async def test_what_is_wrong_is_shown_without_script_too(staff: Browser) -> None:
    answer = await without_script(
        staff, await begun(staff), "lagg-till", nytt_personnummer="191212121213"
    )

    assert "Kontrollsiffran" in words_of(answer.text)


async def test_what_is_typed_is_saved_as_it_is_typed(staff: Browser) -> None:
    page = await staff.open(PAGE)
    address = main_form(page).action

    saved = await post(staff, f"{address}/spara", page, form_banner="Hej", form=OWN.name)

    assert f'data-address="{address}"' in saved.text
    assert dict(main_form(await staff.open(address)).fields)["form_banner"] == "Hej"
    assert drafts(staff)[0].content.what == OWN.name


async def test_a_package_is_saved_as_it_is_typed_without_what_the_page_does_not_show(
    staff: Browser,
) -> None:
    page = await staff.open(f"/starta-paketutskick/paket/{WEEKLY.key}")
    address = main_form(page).action

    await post(staff, f"{address}/spara", page, title="Din månad", creates_inbox_message=None)
    later = await staff.open(address)

    assert dict(main_form(later).fields)["title"] == "Din månad"
    assert "creates_inbox_message" not in dict(main_form(later).fields)
    assert staff.kept(later)["inbox_message"] == [WEEKLY.inbox_message]


async def test_another_package_is_chosen_at_an_address_of_its_own(staff: Browser) -> None:
    page = await staff.open(f"/starta-paketutskick/paket/{WEEKLY.key}")
    added = (await staff.press(page, "klistra-in", inklistrat=ANNA.digits)).text

    chooser = await staff.press(added, "byt")
    other = await staff.press(chooser.text, f"valj {PACKAGE.key}")

    assert chooser.url.path == f"{main_form(page).action}/paket"
    assert staff.numbers(other.text) == [ANNA.digits]
    assert PACKAGE.name in words_of(other.text)


# Two who fill in the same


async def test_of_two_tabs_the_later_save_of_an_older_version_is_refused_and_kept(
    staff: Browser,
) -> None:
    page = await begun(staff)
    one, other = [await staff.open(main_form(page).action) for _ in range(2)]
    await staff.press(one, "lagg-till", nytt_personnummer=BO.formatted)

    refused = await staff.press(other, "skicka", form_banner="Min text")

    assert refused.status_code == 409
    assert "Utkastet har ändrats av" in words_of(refused.text)
    theirs, mine = sorted(drafts(staff), key=lambda each: str(each.content.fields["form_banner"]))
    assert [number.digits for number in theirs.content.numbers] == [ANNA.digits, BO.digits]
    assert mine.content.fields["form_banner"] == ["Min text"]
    assert f"/utkast/{mine.id}" in refused.text


async def test_a_press_whose_answer_was_lost_can_be_pressed_again(staff: Browser) -> None:
    page = await begun(staff)
    await staff.press(page, "lagg-till", nytt_personnummer=BO.formatted)

    again = await staff.press(page, "lagg-till", nytt_personnummer=BO.formatted)

    assert again.status_code == 200
    assert "finns redan i listan" in words_of(again.text)


async def test_what_was_typed_before_a_press_does_not_undo_it_when_it_comes_late(
    staff: Browser,
) -> None:
    page = await begun(staff)
    address = main_form(page).action
    pressed = await staff.press(page, "lagg-till", nytt_personnummer=BO.formatted)

    late = await post(staff, f"{address}/spara", page, form_banner="Sent")

    assert late.status_code == 409
    assert staff.numbers(pressed.text) == [ANNA.digits, BO.digits]
    assert staff.kept(pressed.text)["form_banner"] == [""]


async def test_an_older_question_starts_nothing(staff: Browser) -> None:
    page = await begun(staff)
    question = (await staff.press(page, "skicka")).text
    other = await staff.open(main_form(page).action)
    await staff.press(other, f"ta-bort {ANNA.digits}")

    refused = await staff.press(question, "ja-skicka")

    assert refused.status_code == 409
    assert staff.clinic.listed() == []


# A colleague's


async def test_a_colleague_sees_whose_it_is_and_takes_it_over_which_is_logged(
    staff: Browser, log: Log
) -> None:
    address = main_form(await begun(staff)).action
    as_colleague(staff)

    listed = words_of(await staff.open("/utkast"))
    closed = await staff.get(address)
    taken = await staff.post(
        f"/utkast/{draft_of(address)}/ta-over", data={"csrf": main_csrf(closed.text)}
    )
    shown = await staff.open(taken.headers["location"])

    assert f"{OWN.name} Formulär 1 Karin Exempel" in listed
    assert ANNA.formatted not in listed + words_of(closed.text)
    assert closed.status_code == 409
    assert ANNA.formatted in words_of(shown)
    assert log()[-1] == "Läsa: tagit över utkast (person)"


def main_csrf(page: str) -> str:
    return dict(main_form(page).fields)["csrf"]


async def test_whoever_had_it_sees_that_and_keeps_what_was_filled_in(
    staff: Browser, other_staff: Browser
) -> None:
    page = await begun(staff)
    colleague = as_colleague(other_staff)
    closed = await colleague.get(main_form(page).action)
    await colleague.post(
        f"/utkast/{draft_of(main_form(page).action)}/ta-over",
        data={"csrf": main_csrf(closed.text)},
    )

    refused = await staff.press(page, "skicka", form_banner="Min text")

    assert refused.status_code == 409
    assert "Johan Exempel har tagit över utkastet" in words_of(refused.text)
    assert {each.owner for each in drafts(staff)} == {STAFF.name, COLLEAGUE}


async def test_a_draft_is_deleted_and_nothing_is_sent(staff: Browser, log: Log) -> None:
    page = await begun(staff)
    address = f"/utkast/{draft_of(main_form(page).action)}/ta-bort"

    answer = await staff.post(address, data={"csrf": main_csrf(page)})

    assert "Utkastet är borttaget" in words_of(await staff.open(answer.headers["location"]))
    assert not drafts(staff)
    assert log()[-1] == "Radera: tagit bort utkast (person)"
    assert (await staff.get(main_form(page).action)).status_code == 404


# Later


async def test_after_a_while_everybody_is_looked_up_anew_and_it_is_logged(
    staff: Browser, log: Log
) -> None:
    page = (await staff.press(await begun(staff), "lagg-till", nytt_personnummer=BO.digits)).text
    staff.clinic.persons.records[BO] = PersonRecord(protected=True)
    staff.clinic.clock.advance(timedelta(hours=20).total_seconds())
    sign_in(staff, session(UNIT))

    shown = words_of(await staff.open(main_form(page).action))

    assert BO.formatted not in shown
    assert "1993••••-•••• Skyddad identitet." in shown
    assert ANNA.formatted in shown
    assert log().count("Läsa: öppnat utkast (person)") == 2
    assert staff.numbers(page) == [ANNA.digits]


async def test_a_started_draft_is_gone_and_its_address_leads_to_the_dispatch(
    staff: Browser,
) -> None:
    page = await begun(staff)
    question = (await staff.press(page, "skicka")).text

    sent = await staff.press(question, "ja-skicka")
    later = await staff.get(main_form(page).action)

    [listed] = staff.clinic.listed()
    assert sent.status_code == 303
    assert not drafts(staff)
    assert later.headers["location"] == f"/paketutskick/{listed.dispatch.id}"


async def test_a_package_is_left_and_started_from_another_machine(
    staff: Browser, other_staff: Browser
) -> None:
    page = await staff.open(f"/starta-paketutskick/paket/{WEEKLY.key}")
    pasted = f"{ANNA.digits}\n{BO.digits}"
    listed = await staff.press(page, "klistra-in", inklistrat=pasted, title="Din månad")
    elsewhere = sign_in(other_staff, session(UNIT))

    asked = await elsewhere.open(f"{main_form(listed.text).action}/meddelande")
    await elsewhere.press(asked, "ja-starta")

    [started] = staff.clinic.listed()
    assert started.dispatch.title == "Din månad"
    assert started.recipients == 2


@pytest.mark.parametrize("typed", ["", "x", "1", "1.", "-1.a", "9999999999.a", "1.\u00e5"])
async def test_a_version_that_no_page_has_shown_saves_nothing_over(
    staff: Browser, typed: str
) -> None:
    page = await begun(staff)

    answer = await staff.press(page, f"ta-bort {ANNA.digits}", version=typed)

    assert answer.status_code == 409
    assert staff.numbers(page) == [ANNA.digits]


async def test_a_draft_is_shown_to_programmers_without_anybody(staff: Browser) -> None:
    """Not even what is shown of it when a test fails says who it is."""
    page = await begun(staff, nytt_personnummer=TOLVAN.digits)

    assert TOLVAN.formatted in words_of(page)
    assert TOLVAN.digits not in repr(drafts(staff))
