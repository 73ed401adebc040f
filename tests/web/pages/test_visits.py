"""Besök, in a browser without script."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import STAFF, UNIT
from tests.people import ANNA, BO, CILLA, PROTECTED
from tests.use_cases.clinic_days import AWAY
from tests.use_cases.visit_days import (
    MARCH_1,
    ONE_OFFSET,
    VISITS,
    booked,
    cancelled,
    change,
    dispatches,
    moments,
    standing,
)
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import forms_of

HEADINGS = "Personnummer;Referens;Besöksdatum;Tid"


def a_list(*rows: str) -> str:
    return "\n".join((HEADINGS, *rows))


async def read(staff: Browser, content: str) -> str:
    """The question that a pasted list leads to."""
    answer = await staff.press(await staff.open("/besok/lagg-till"), "lista", inklistrat=content)
    return answer.text


async def test_a_unit_without_a_visit_package_is_said_what_to_do(staff: Browser) -> None:
    words = words_of(await staff.open("/besok"))

    assert "Be den regionala förvaltningen om en grundplåt som skickas före besök." in words


async def test_a_standing_dispatch_is_started_with_texts_of_its_own(staff: Browser) -> None:
    with staff.clinic.store.transaction() as records:
        records.packages.save(VISITS)

    page = await staff.open("/besok/starta")
    (form,) = [each for each in forms_of(page) if each.action == "/besok/starta"]
    answer = await staff.post(
        form.action, data=dict(form.filled(title="Inför vårbesöket", gor="starta"))
    )
    shown = words_of(await staff.open(answer.headers["location"]))

    assert "14 dagar före besöket kl. 09:00 och 3 dagar före besöket kl. 09:00" in shown
    assert "Inför vårbesöket" in shown
    assert "Besöksutskicket är startat." in shown


async def test_what_keeps_it_from_starting_stands_at_the_field(staff: Browser) -> None:
    with staff.clinic.store.transaction() as records:
        records.packages.save(VISITS)

    page = await staff.open("/besok/starta")
    (form,) = [each for each in forms_of(page) if each.action == "/besok/starta"]
    answer = await staff.post(
        form.action, data=dict(form.filled(inbox_message=f"Hej {ANNA.formatted}", gor="starta"))
    )

    assert answer.status_code == 422
    assert "något som liknar ett personnummer" in answer.text


async def test_the_message_before_visits_is_shown_in_each_language_while_it_is_written(
    staff: Browser,
) -> None:
    with staff.clinic.store.transaction() as records:
        records.packages.save(replace(VISITS, inbox_messages={"en": "Hello from {{ enhet }}"}))
    page = await staff.open("/besok/starta")
    (form,) = [each for each in forms_of(page) if each.action == "/besok/starta"]
    typed = dict(form.filled(inbox_message="Hej från {{ enhet }}!"))

    live = words_of((await staff.post("/besok/meddelande", data=typed)).text)
    added = await staff.post(form.action, data=typed | {"gor": "lagg-till-mening kontakt"})
    unticked = {k: v for k, v in typed.items() if k != "creates_inbox_message"}
    started = await staff.post(form.action, data=unticked | {"gor": "starta"})

    assert f"Hello from {UNIT.name}" in words_of(page)
    assert f"Hej från {UNIT.name}!" in live
    assert "välkommen att kontakta oss" in words_of(added.text)
    assert (added.status_code, started.status_code) == (200, 303)


async def test_a_list_is_asked_about_before_anything_is_saved(staff: Browser) -> None:
    await standing(staff.clinic)
    await change(staff.clinic, booked("b1", ANNA), booked("b2", BO), booked("b3", CILLA))

    asked = await read(
        staff,
        a_list(
            f"{ANNA.digits};b1;2027-03-01;10:00",
            f"{BO.digits};b2;2027-03-08;10:00",
            f"{CILLA.digits};b4;2027-04-01;10:00",
            f"{PROTECTED.digits};b5;2027-04-01;10:00",
            f"{CILLA.digits};b6;2027-04-01;tio",
        ),
    )
    before = moments(staff.clinic)
    saved = words_of((await staff.press(asked, "ja-spara")).text)

    assert "1 nytt, 1 flyttat, 1 oförändrat, 2 tas inte emot" in words_of(asked)
    assert "Skyddad identitet." in words_of(asked)
    assert before == [("2027-02-26 09:00", 3)]
    assert "Besöken är sparade" in saved
    assert moments(staff.clinic) == [
        ("2027-02-26 09:00", 2),
        ("2027-03-05 09:00", 1),
        ("2027-03-29 09:00", 1),
    ]


async def test_what_is_asked_says_when_each_is_sent(staff: Browser) -> None:
    await standing(staff.clinic, VISITS)

    asked = words_of(await read(staff, a_list(f"{ANNA.digits};b1;2027-02-10;10:00")))

    assert "För sent , 2027-02-07 kl. 09:00" in asked


async def test_a_list_that_is_none_is_refused_at_its_field(staff: Browser) -> None:
    await standing(staff.clinic)

    answer = await staff.press(
        await staff.open("/besok/lagg-till"), "lista", inklistrat=f"Personnummer\n{ANNA.digits}"
    )

    assert answer.status_code == 422
    assert "Det går inte att hitta kolumnen Referens och Besöksdatum" in answer.text


async def test_one_visit_is_added_by_itself(staff: Browser) -> None:
    await standing(staff.clinic)

    asked = await staff.press(
        await staff.open("/besok/lagg-till"),
        "ett",
        nytt_personnummer=ANNA.formatted,
        datum="2027-03-01",
        tid="10:30",
        plats="Rum 3",
    )
    await staff.press(asked.text, "ja-spara")
    words = words_of(await staff.open("/besok"))

    assert "10:30 Rum 3" in words
    assert ANNA.formatted in words


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nytt_personnummer": ""}, "Personnummer saknas."),
        ({"nytt_personnummer": "19910204-2399"}, "Kontrollsiffran stämmer inte."),
        ({"datum": "1 mars"}, "Datumet är inte giltigt."),
        ({"tid": ""}, "Klockslaget går inte att tolka."),
    ],
)
async def test_what_is_mistyped_of_one_stands_at_its_field(
    staff: Browser, changes: dict[str, Any], said: str
) -> None:
    await standing(staff.clinic)
    fields = {"nytt_personnummer": ANNA.formatted, "datum": "2027-03-01", "tid": "10:30"}

    answer = await staff.press(await staff.open("/besok/lagg-till"), "ett", **fields | changes)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert 'value="2027-03-01"' in answer.text or "datum" in changes


async def test_a_register_that_is_away_loses_nothing(staff: Browser) -> None:
    await standing(staff.clinic)
    staff.clinic.persons.fails_reading.append(AWAY)

    answer = await staff.press(
        await staff.open("/besok/lagg-till"),
        "lista",
        inklistrat=a_list(f"{ANNA.digits};b1;2027-03-01;10:00"),
    )

    assert "Befolkningsregistret svarar inte" in answer.text
    assert ANNA.digits in answer.text


async def test_visits_are_listed_by_day_and_found_again(staff: Browser, log: Log) -> None:
    await standing(staff.clinic)
    await change(
        staff.clinic,
        booked("b1", ANNA, place="Rum 3"),
        booked("b2", BO, day=MARCH_1 + timedelta(days=1)),
        booked("b3", CILLA, day=MARCH_1 + timedelta(days=1)),
    )
    await change(staff.clinic, cancelled("b3"))

    everything = words_of(await staff.open("/besok"))
    by_number = words_of(await staff.search("/besok", sok=BO.formatted))
    by_place = words_of(await staff.search("/besok", sok="rum 3"))
    gone = words_of(await staff.search("/besok", visa="avbokade"))

    assert "2 besök" in everything
    assert "Måndag 2027-03-01" in everything
    assert "Tisdag 2027-03-02" in everything
    assert (BO.formatted in by_number, ANNA.formatted in by_number) == (True, False)
    assert (BO.formatted in by_place, ANNA.formatted in by_place) == (False, True)
    assert (CILLA.formatted in gone, "Avbokat" in gone) == (True, True)
    assert "Läsa: visat besök (person)" in log()


async def test_a_visit_is_moved_twice_and_cancelled(staff: Browser) -> None:
    await standing(staff.clinic)
    (result,) = await change(staff.clinic, booked("b1", ANNA))
    assert result.listed is not None
    address = f"/besok/visa/{result.listed.visit.id}"

    for day in ("2027-03-08", "2027-03-09"):
        (form,) = [each for each in forms_of(await staff.open(address)) if "flytta" in each.action]
        answer = await staff.post(form.action, data=dict(form.filled(datum=day)))
        assert "flyttat" in words_of(await staff.open(answer.headers["location"]))
    moved = moments(staff.clinic)
    (form,) = [each for each in forms_of(await staff.open(address)) if "avboka" in each.action]
    answer = await staff.post(form.action, data=dict(form.filled()))

    assert moved == [("2027-03-06 09:00", 1)]
    assert moments(staff.clinic) == []
    assert "Besöket är avbokat." in words_of(await staff.open(answer.headers["location"]))


async def test_what_was_sent_before_is_said_when_it_is_moved(staff: Browser) -> None:
    await standing(staff.clinic)
    (result,) = await change(staff.clinic, booked("b1", ANNA))
    assert result.listed is not None
    (dispatch,) = dispatches(staff.clinic)
    await staff.clinic.run(dispatch.occasions[0])
    sign_in(staff, session(UNIT))
    await change(staff.clinic, booked("b1", ANNA, day=MARCH_1 + timedelta(days=7)))

    words = words_of(await staff.open(f"/besok/visa/{result.listed.visit.id}?besked=MOVED"))

    assert "Det som redan är skickat skickas inte en gång till." in words
    assert "2027-02-26 kl. 09:00 Skickat" in words


async def test_a_wrong_day_stays_in_its_field(staff: Browser) -> None:
    await standing(staff.clinic)
    (result,) = await change(staff.clinic, booked("b1", ANNA))
    assert result.listed is not None
    page = await staff.open(f"/besok/visa/{result.listed.visit.id}")
    (form,) = [each for each in forms_of(page) if "flytta" in each.action]

    answer = await staff.post(form.action, data=dict(form.filled(datum="snart")))

    assert answer.status_code == 422
    assert 'value="snart"' in answer.text


async def test_a_standing_dispatch_is_stopped_and_goes_on(staff: Browser) -> None:
    started = await standing(staff.clinic)
    await change(staff.clinic, booked("b1", ANNA))
    address = f"/besok/utskick/{started.id}"

    page = await staff.open(address)
    assert "2027-02-26 kl. 09:00 Planerat" in words_of(page)
    (form,) = [each for each in forms_of(page) if "stoppa" in each.action]
    answer = await staff.post(form.action, data=dict(form.filled()))
    stopped = await staff.open(answer.headers["location"])
    again = await staff.post(form.action, data=dict(form.filled()))
    (form,) = [each for each in forms_of(stopped) if "aterstarta" in each.action]
    answer = await staff.post(form.action, data=dict(form.filled()))

    assert "Inget mer skickas före besöken." in words_of(stopped)
    assert again.status_code == 409
    assert "återstartat" in words_of(await staff.open(answer.headers["location"]))


async def test_its_moments_are_dispatches_that_can_be_opened(staff: Browser) -> None:
    await standing(staff.clinic)
    await change(staff.clinic, booked("b1", ANNA), booked("b2", BO))
    (dispatch,) = dispatches(staff.clinic)

    words = words_of(await staff.open(f"/paketutskick/{dispatch.id}"))

    assert (ANNA.formatted in words, "2 mottagare" in words) == (True, True)


async def test_of_several_one_is_chosen(staff: Browser) -> None:
    await standing(staff.clinic)
    other = await standing(staff.clinic, replace(ONE_OFFSET, key="andra", name="Andra besök"))

    asked = await staff.press(
        await staff.open("/besok/lagg-till"),
        "lista",
        inklistrat=a_list(f"{ANNA.digits};b1;2027-03-01;10:00"),
        utskick=str(other.id),
    )
    await staff.press(asked.text, "ja-spara")

    with staff.clinic.store.transaction() as records:
        visit = records.visits.find(UNIT.id, "b1")
    assert visit is not None
    assert (visit.standing_id, STAFF.unit_id) == (other.id, UNIT.id)


async def test_what_no_page_of_ours_has_carried_is_refused(staff: Browser) -> None:
    await standing(staff.clinic)
    asked = await read(staff, a_list(f"{ANNA.digits};b1;2027-03-01;10:00"))

    answer = await staff.press(asked, "ja-spara", besok="[1]")

    assert answer.status_code == 422
    assert moments(staff.clinic) == []
