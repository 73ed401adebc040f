"""Pågående Paketutskick: the list, one opened, and what staff do with it."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import PACKAGE, PHQ, UNIT, WEEKLY
from tests.people import ANNA, BO, CILLA, PROTECTED
from tests.use_cases.clinic_days import reconciled
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import forms_of
from utskick.domain.deliveries import DeliveryState, FormId, Outcome
from utskick.domain.dispatches import Dispatch
from utskick.ports import TemporaryFailure
from utskick.records import DeliveryClaim


async def started(browser: Browser, **changes: Any) -> Dispatch:
    return (await browser.clinic.start(**changes)).dispatch


async def run(browser: Browser, dispatch: Dispatch) -> None:
    """Send its first occasion. Time has passed since, so the nurse signs in again."""
    await browser.clinic.run(dispatch.occasions[0])
    sign_in(browser, session(UNIT))


def button(page: str, ending: str) -> tuple[str, dict[str, str]]:
    """Where the first button leads whose address has this ending, and what it posts."""
    address = re.search(rf'(?:form)?action="([^"]*{ending})"', page)
    assert address
    csrf = next(form for form in forms_of(page) if "csrf" in dict(form.fields))
    return address[1], dict(csrf.fields)


async def act(browser: Browser, address: str, ending: str) -> tuple[int, str]:
    """Press that button; follow to the page."""
    leads_to, fields = button(await browser.open(address), ending)
    answer = await browser.post(leads_to, data=fields)
    if answer.status_code == 303:
        return 303, await browser.open(answer.headers["location"])
    return answer.status_code, answer.text


async def twice(browser: Browser, address: str, ending: str) -> tuple[list[int], str]:
    """A double click on it; what the second one is answered."""
    leads_to, fields = button(await browser.open(address), ending)
    answers = await asyncio.gather(*(browser.post(leads_to, data=fields) for _ in range(2)))
    answers.sort(key=lambda answer: answer.status_code)
    return [answer.status_code for answer in answers], words_of(answers[-1].text)


def address_of(dispatch: Dispatch) -> str:
    return f"/paketutskick/{dispatch.id}"


async def test_the_list_shows_what_comes_next_and_how_it_has_gone(staff: Browser) -> None:
    """Enhetens pågående paketutskick visas i en lista."""
    await started(staff)
    sent = await started(staff, recipients=[CILLA.digits])
    await run(staff, sent)

    words = words_of(await staff.open("/paketutskick"))

    assert "2 utskick" in words
    assert PACKAGE.name in words
    assert "Pågående" in words
    assert "Klar" in words
    assert "4 skickade" in words
    assert "Inget skickat än" in words


async def test_dispatches_are_found_by_name_and_status(staff: Browser) -> None:
    await started(staff)

    assert "1 utskick" in words_of(
        await staff.search("/paketutskick", sok="vuxenps", status="pågående")
    )
    assert "Inget utskick stämmer" in words_of(await staff.open("/paketutskick?status=stoppad"))
    assert "Inget utskick stämmer" in words_of(await staff.search("/paketutskick", sok="%"))


async def test_what_is_sought_stands_in_no_address_and_goes_along_to_the_next_page(
    staff: Browser,
) -> None:
    await started(staff)

    page = await staff.search("/paketutskick", sok=ANNA.formatted, sida="2")

    assert (await staff.get(f"/paketutskick?sok={ANNA.formatted}")).text.count(ANNA.formatted) == 0
    assert dict(next(f for f in forms_of(page) if f.action == "/paketutskick").fields)["sok"] == (
        ANNA.formatted
    )


async def test_the_next_occasion_comes_first_when_asked_for(staff: Browser) -> None:
    await started(staff, title="Om en månad", start={"date": "2027-03-01", "time": "08:00"})
    staff.clinic.clock.advance(1)
    await started(staff, title="Snart")
    staff.clinic.clock.advance(1)
    ended = await started(staff, title="Stoppat")
    staff.clinic.stop(ended)

    titles = ">(Om en månad|Snart|Stoppat)</span>"
    newest = await staff.open("/paketutskick")
    upcoming = await staff.open("/paketutskick?ordning=nasta")

    assert re.findall(titles, newest) == ["Stoppat", "Snart", "Om en månad"]
    assert re.findall(titles, upcoming) == ["Snart", "Om en månad", "Stoppat"]


async def test_single_forms_are_shown_when_asked_for(staff: Browser) -> None:
    await staff.clinic.send()

    assert "Enheten har inga utskick" in words_of(await staff.open("/paketutskick"))
    assert "1 utskick" in words_of(await staff.open("/paketutskick?visa=formular"))


async def test_a_long_list_comes_in_pages(staff: Browser) -> None:
    for number in range(51):
        staff.clinic.clock.advance(1)
        await started(staff, title=f"Nummer {number}")

    first, second = [
        words_of(await staff.search("/paketutskick", sida=f"{number}")) for number in (1, 2)
    ]

    assert "Sida 1 av 2" in first
    assert "Nummer 50" in first
    assert "Nummer 0 " in second


async def test_an_address_that_refused_a_mail_says_so(staff: Browser) -> None:
    dispatch = await started(staff, error_addresses=["chef@vgregion.se"])
    staff.clinic.forms.archived.add(PHQ.id)
    staff.clinic.mailer.refused.add("chef@vgregion.se")
    await run(staff, dispatch)

    words = words_of(await staff.open(address_of(dispatch)))

    assert "formularhantering@vgregion.se chef@vgregion.se Tar inte emot mejl" in words


async def test_opened_it_shows_who_got_what(staff: Browser) -> None:
    dispatch = await started(staff, recipients=[ANNA.digits, BO.digits])
    await run(staff, dispatch)

    page = await staff.open(address_of(dispatch))

    words = words_of(page)
    assert ANNA.formatted in words
    assert words.count("4 skickade") == 2
    assert "8 skickade" in words
    occasion = await staff.open(f"{address_of(dispatch)}/tillfalle/{dispatch.occasions[0].id}")
    assert "PHQ-9 Skickat" in words_of(occasion)


async def test_opening_it_is_logged_for_each_person_and_following_it_is_not(
    staff: Browser, log: Log
) -> None:
    dispatch = await started(staff, recipients=[ANNA.digits, BO.digits])
    before = len(log())

    await staff.open(address_of(dispatch))
    progress = await staff.get(f"{address_of(dispatch)}/lage")

    assert log()[before:] == ["Läsa: visat mottagarlista (person)"] * 2
    assert progress.status_code == 200
    assert ANNA.digits not in progress.text.replace("-", "")


async def test_those_left_out_say_why(staff: Browser) -> None:
    dispatch = await started(
        staff, recipients=[ANNA.digits, PROTECTED.digits], leave_out_unreachable=True
    )

    words = words_of(await staff.open(address_of(dispatch)))
    assert "Skyddad identitet Använd en formulärlänk i stället." in words


async def test_an_aborted_one_names_the_forms_that_ended_it(staff: Browser) -> None:
    """Detta startade paket innehåller formulärmallar som har arkiverats."""
    dispatch = await started(staff)
    staff.clinic.forms.archived.add(PHQ.id)
    await run(staff, dispatch)

    words = words_of(await staff.open(address_of(dispatch)))

    assert "Paketutskicket är avbrutet" in words
    assert f"saknar prenumeration: {PHQ.name}." in words


async def test_what_has_been_done_with_it_is_shown_with_name_and_time(staff: Browser) -> None:
    dispatch = await started(staff, recipients=[ANNA.digits, BO.digits])
    await act(staff, address_of(dispatch), "/ta-bort")
    await run(staff, dispatch)

    words = words_of(await staff.open(address_of(dispatch)))

    done = words.split("Vad som har gjorts")[1]
    assert "Lagt till mottagare i utskick (2 personer) Karin Exempel" in done
    assert "Tagit bort mottagare Karin Exempel" in done
    assert "Skickar formulär, tillfälle 1 Automatiskt" in done
    assert "visat" not in done.casefold()


async def test_a_recipient_is_removed_with_the_bin(staff: Browser) -> None:
    """Klicka på papperskorgen längst till höger i mottagarlistan för att ta bort en mottagare."""
    dispatch = await started(staff, recipients=[ANNA.digits, BO.digits])

    status, page = await act(staff, address_of(dispatch), "/ta-bort")

    assert status == 303
    assert "är borttagen och får inget mer" in words_of(page)
    assert "1 mottagare, 1 utelämnad eller borttagen" in words_of(page)


async def test_the_last_recipient_has_no_bin(staff: Browser) -> None:
    """Om mottagarlistan bara består av en enda person så visas inte papperskorgen."""
    dispatch = await started(staff, recipients=[ANNA.digits])

    page = await staff.open(address_of(dispatch))

    assert "/ta-bort" not in page
    assert "Stoppa paketutskicket i stället" in words_of(page)


async def test_removing_twice_by_a_double_click_is_shown_calmly(staff: Browser) -> None:
    dispatch = await started(staff, recipients=[ANNA.digits, BO.digits, CILLA.digits])

    statuses, shown = await twice(staff, address_of(dispatch), "/ta-bort")

    assert statuses == [303, 409]
    assert "redan borttagen" in shown


async def test_stopped_it_sends_no_more_and_restarted_it_goes_on(staff: Browser) -> None:
    """Klicka på Stoppa Paketutskick högst upp på sidan."""
    dispatch = await started(staff, package=WEEKLY.key, start=None)

    status, stopped = await act(staff, address_of(dispatch), "/stoppa")
    _status, restarted = await act(staff, address_of(dispatch), "/aterstarta")

    assert status == 303
    assert "Paketutskicket är stoppat. Inget mer skickas." in words_of(stopped)
    assert "3 tillfällen återstår" in words_of(stopped)
    assert "Paketutskicket är återstartat." in words_of(restarted)


async def test_a_double_click_on_stop_and_on_restart_is_shown_calmly(staff: Browser) -> None:
    address = address_of(await started(staff))

    stopping, second_stop = await twice(staff, address, "/stoppa")
    restarting, second_restart = await twice(staff, address, "/aterstarta")

    assert stopping == restarting == [303, 409]
    assert "Paketutskicket är redan stoppat." in second_stop
    assert "Paketutskicket är redan återstartat." in second_restart


async def test_a_page_that_is_no_longer_true_says_how_it_is(staff: Browser) -> None:
    dispatch = await started(staff)
    leads_to, fields = button(await staff.open(address_of(dispatch)), "/stoppa")
    await run(staff, dispatch)
    fields["csrf"] = button(await staff.open("/formularlank"), "/formularlank")[1]["csrf"]

    answer = await staff.post(leads_to, data=fields)

    assert answer.status_code == 409
    assert "utskicket har statusen Klar" in words_of(answer.text)


async def test_too_late_to_restart_is_said_before_anybody_tries(staff: Browser) -> None:
    """Paketutskicket kan återstartas om datumet för det nästkommande utskicket inte har
    passerats.
    """
    dispatch = await started(staff)
    await act(staff, address_of(dispatch), "/stoppa")
    staff.clinic.clock.moment = dispatch.occasions[0].sends_at + timedelta(days=1)
    sign_in(staff, session(UNIT))

    page = await staff.open(address_of(dispatch))

    assert "kan inte återstartas" in words_of(page)
    assert "/aterstarta" not in page


async def test_on_the_same_day_a_restart_says_that_it_sends_at_once(staff: Browser) -> None:
    dispatch = await started(staff)
    await act(staff, address_of(dispatch), "/stoppa")
    staff.clinic.clock.moment = dispatch.occasions[0].sends_at
    sign_in(staff, session(UNIT))

    words = words_of(await staff.open(address_of(dispatch)))
    status, after = await act(staff, address_of(dispatch), "/aterstarta")

    assert "vars tid har passerat i dag, skickas genast" in words
    assert (status, "Paketutskicket är återstartat." in words_of(after)) == (303, True)


async def halved(staff: Browser, *, sent: int = 3) -> Dispatch:
    """Stopped when three of eight forms have been sent: Anna has two of her four messages' worth,
    and the run has died, so that the page says how it is before anybody has come by.
    """
    clinic = staff.clinic
    dispatch = await started(staff)
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    claim = DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=sent)
    with clinic.store.transaction() as records:
        for delivery in records.deliveries.claim([claim], lease_s=60):
            form_id = FormId(str(delivery.id))
            records.deliveries.record(
                [
                    Outcome(
                        id=delivery.id,
                        attempt=delivery.attempt,
                        state=DeliveryState.SENT,
                        form_id=form_id,
                    )
                ]
            )
    sign_in(staff, session(UNIT))
    return dispatch


async def test_a_stop_in_the_middle_says_what_is_sent_and_left_and_shows_the_ways_on(
    staff: Browser,
) -> None:
    dispatch = await halved(staff)

    status, page = await act(staff, address_of(dispatch), "/stoppa")

    words = words_of(page)
    assert status == 303
    assert "Inget mer skickas. 3 formulär är skickade och 5 är kvar." in words
    assert "Stoppat mitt i" in words
    assert "kan inte återstartas" not in words
    assert "Starta ett nytt" not in words
    assert "1 person har fått formulär men ännu inget inkorgsmeddelande" in words
    for way in ("/skicka-nu", "/meddela", "/avsluta"):
        assert way in page
    listed = words_of(await staff.open("/paketutskick"))
    assert "1 tillfälle stoppat mitt i" in listed


@pytest.mark.parametrize(
    ("sent", "said", "asked_to_send", "asked_to_end"),
    [
        (
            1,
            "1 formulär är skickat och 7 är kvar.",
            "Vill du skicka de 7 formulär som är kvar",
            "De 7 formulär som är kvar skickas aldrig.",
        ),
        (
            7,
            "7 formulär är skickade och 1 är kvar.",
            "Vill du skicka det formulär som är kvar",
            "Det formulär som är kvar skickas aldrig.",
        ),
    ],
)
async def test_a_single_form_is_written_as_one(
    staff: Browser, sent: int, said: str, asked_to_send: str, asked_to_end: str
) -> None:
    dispatch = await halved(staff, sent=sent)

    _, page = await act(staff, address_of(dispatch), "/stoppa")

    words = words_of(page)
    assert words.count(said) == 2
    assert asked_to_send in words
    assert asked_to_end in words


@pytest.mark.parametrize(
    ("way", "shown"),
    [
        ("/skicka-nu", "Tillfället skickas nu."),
        ("/meddela", "De som har fått formulär får nu sitt inkorgsmeddelande."),
        ("/avsluta", "Tillfället är avslutat. Det som var kvar skickas inte."),
    ],
)
async def test_each_way_on_that_the_page_shows_can_be_gone(
    staff: Browser, way: str, shown: str
) -> None:
    dispatch = await halved(staff)
    await act(staff, address_of(dispatch), "/stoppa")

    status, after = await act(staff, address_of(dispatch), way)

    assert status == 303
    assert shown in words_of(after)


async def test_the_occasions_of_a_stopped_dispatch_read_stopped(staff: Browser) -> None:
    dispatch = await started(staff)

    _status, page = await act(staff, address_of(dispatch), "/stoppa")

    assert "kl. 13:00 2028-02-01 Stoppat" in words_of(page)


async def test_an_occasion_that_nobody_takes_reads_late(staff: Browser) -> None:
    dispatch = await started(staff)
    staff.clinic.clock.moment = dispatch.occasions[0].sends_at + timedelta(seconds=61)
    sign_in(staff, session(UNIT))

    page = words_of(await staff.open(address_of(dispatch)))
    listed = words_of(await staff.open("/paketutskick"))

    assert "Försenat" in page
    assert "Försenat" in listed


async def test_a_missed_occasion_is_sent_by_hand(staff: Browser) -> None:
    clinic = staff.clinic
    dispatch = await started(staff)
    clinic.clock.moment = clinic.rules.send_until(dispatch.occasions[0])
    await reconciled(clinic)
    sign_in(staff, session(UNIT))

    listed = await staff.open("/paketutskick")
    page = await staff.open(address_of(dispatch))
    status, after = await act(staff, address_of(dispatch), "/skicka-nu")

    assert "Inget skickat 1 missat tillfälle" in words_of(listed)
    assert "Tillfälle 1 blev missat" in words_of(page)
    assert status == 303
    assert "Tillfället skickas nu." in words_of(after)
    leads_to, fields = button(page, "/skicka-nu")
    again = await staff.post(leads_to, data=fields)
    assert again.status_code == 409
    assert "Det är redan gjort" in words_of(again.text)


async def test_prefect_being_away_stops_nobody_from_stopping(staff: Browser) -> None:
    dispatch = await started(staff)
    staff.clinic.scheduler.fails_with.append(TemporaryFailure("away"))

    status, page = await act(staff, address_of(dispatch), "/stoppa")

    assert status == 303
    assert "Paketutskicket är stoppat" in words_of(page)


async def test_a_title_with_markup_is_shown_as_it_was_written(staff: Browser) -> None:
    dispatch = await started(staff, title="<b>Inför</b> & efter")

    page = await staff.open(address_of(dispatch))

    assert "&lt;b&gt;Inför&lt;/b&gt; &amp; efter" in page
    assert not re.search(r"<b>Inför", page)


async def test_an_occasion_says_of_how_many_the_registers_could_not_answer_again(
    staff: Browser,
) -> None:
    dispatch = await started(staff)
    occasion = dispatch.occasions[0]
    address = f"{address_of(dispatch)}/tillfalle/{occasion.id}"
    before = words_of(await staff.open(address))
    with staff.clinic.store.transaction() as records:
        records.occasions.note_unchecked(occasion.id, persons=3, accounts=0)
        records.occasions.note_unchecked(occasion.id, persons=1, accounts=7)

    after = words_of(await staff.open(address))

    assert "kontrolleras igen" not in before
    assert "För dem gällde" in after
    assert "3 mottagare kunde inte kontrolleras igen mot befolkningsregistret" in after
    assert "För 7 mottagare kunde kontot på 1177 inte kontrolleras igen" in after


async def test_of_one_single_recipient_it_is_said_in_the_singular(staff: Browser) -> None:
    dispatch = await started(staff)
    occasion = dispatch.occasions[0]
    with staff.clinic.store.transaction() as records:
        records.occasions.note_unchecked(occasion.id, persons=1, accounts=0)

    page = words_of(await staff.open(f"{address_of(dispatch)}/tillfalle/{occasion.id}"))

    assert "För den gällde det svar som registret gav tidigare" in page
    assert "Vet du att personen nyss har fått skyddade personuppgifter" in page


async def test_a_recipient_is_removed_from_a_stopped_dispatch(staff: Browser) -> None:
    dispatch = (await staff.clinic.start()).dispatch
    staff.clinic.stop(dispatch)

    status, page = await act(staff, address_of(dispatch), "/ta-bort")

    assert status == 303
    assert "är borttagen och får inget mer" in words_of(page)
