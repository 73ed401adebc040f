"""Två personer on the pages: one starts, a colleague reads the question and says yes or no."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from fastapi import FastAPI

from tests.clinic import PACKAGE, UNIT, Clinic
from tests.people import ANNA, BO
from tests.use_cases.test_decide_approval import COLLEAGUE, approve
from tests.web.conftest import services_of
from tests.web.pages.conftest import Browser, browser_of, session, sign_in, words_of
from tests.web.pages.test_administration import post
from tests.web.pages.test_copy_dispatch import opened, weekly
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.rights import Right
from utskick.ports import PersonRecord


@pytest.fixture
async def careful(app: FastAPI, staff: Browser) -> Browser:
    """The nurse, where more than one recipient takes a colleague."""
    staff.clinic.rules = replace(staff.clinic.rules, approval_above=1)
    app.state.services = services_of(staff.clinic)
    return staff


@pytest.fixture
async def colleague(app: FastAPI, clinic: Clinic) -> AsyncIterator[Browser]:
    async with browser_of(app, clinic) as browser:
        yield sign_in(browser, session(UNIT, staff_id=COLLEAGUE.name, name="Johan Exempel"))


async def waiting(browser: Browser) -> Dispatch:
    return (await browser.clinic.start()).dispatch


def page_of(dispatch: Dispatch) -> str:
    return f"/paketutskick/{dispatch.id}"


async def test_the_question_says_that_a_colleague_comes_first_and_the_page_that_it_waits(
    careful: Browser,
) -> None:
    page = await careful.open("/skicka-formular")
    numbers = f"{ANNA.digits}\n{BO.digits}"
    listed = await careful.press(page, "klistra-in", inklistrat=numbers, form="Inför besök")
    asked = await careful.press(listed.text, "skicka", form="Inför besök")
    sent = await careful.press(asked.text, "ja-skicka")
    waits = words_of(await careful.open(sent.headers["location"]))

    assert "En kollega behöver godkänna utskicket" in asked.text
    assert "väntar nu på att en kollega godkänner det. Inget är skickat." in waits
    assert careful.clinic.scheduler.plans == []


async def test_the_question_says_that_what_is_replaced_stops_before_the_colleagues_yes(
    careful: Browser,
) -> None:
    old = await weekly(careful.clinic)
    approve(careful.clinic, old)
    others = await careful.press(await opened(careful, old, "samma-igen"), "starta")

    asked = await careful.press(await opened(careful, old, "ersatt"), "starta")
    await careful.press(asked.text, "ja-starta")

    said = "stoppas redan när du startar det här, inte först när kollegan godkänner"
    assert said in words_of(asked.text)
    assert "när en kollega med behörigheten Utskick har godkänt" in words_of(others.text)
    assert said not in words_of(others.text)
    assert careful.clinic.dispatch(old).status is DispatchStatus.STOPPED


async def test_a_colleague_sees_all_that_is_sent_and_starts_it(
    careful: Browser, colleague: Browser
) -> None:
    anna = PersonRecord(given_name="Anna Maria", surname="Berg")
    careful.clinic.persons.records[ANNA] = anna
    dispatch = await waiting(careful)

    listed = await colleague.open("/paketutskick")
    page = await colleague.open(page_of(dispatch))
    words = words_of(page)
    done = await post(colleague, f"{page_of(dispatch)}/godkann")

    assert "Väntar på godkännande: 1" in words_of(listed)
    for shown in (
        ANNA.formatted,
        "Anna Maria Berg",
        "Karin Exempel startade utskicket",
        "Vill du godkänna utskicket till 2 mottagare?",
        f"Hej! {UNIT.name} vill att du svarar på 4 formulär.",
        "2027-02-01 kl. 13:00",
    ):
        assert shown in words, shown
    assert "Utskicket är godkänt och startat." in words_of(done.text)
    assert len(careful.clinic.scheduler.plans) == 1


async def test_a_second_tab_is_answered_that_it_was_done(
    careful: Browser, colleague: Browser
) -> None:
    dispatch = await waiting(careful)
    await post(colleague, f"{page_of(dispatch)}/godkann")

    again = await post(colleague, f"{page_of(dispatch)}/godkann")
    late = await post(colleague, f"{page_of(dispatch)}/neka", skal="För sent")

    assert again.status_code == late.status_code == 409
    assert "Utskicket är redan godkänt och startat." in words_of(again.text)
    assert len(careful.clinic.scheduler.plans) == 1


async def test_whoever_started_it_has_no_yes_and_takes_it_back(careful: Browser) -> None:
    dispatch = await waiting(careful)

    page = await careful.open(page_of(dispatch))
    pressed = await post(careful, f"{page_of(dispatch)}/godkann")
    back = await post(careful, f"{page_of(dispatch)}/aterta")

    assert f"{page_of(dispatch)}/godkann" not in page
    assert "Du har startat utskicket själv" in words_of(pressed.text)
    assert "Utskicket är återtaget. Inget av det skickas." in words_of(back.text)
    assert "Återtagen" in words_of(back.text)


async def test_a_no_needs_a_reason_which_the_other_reads(
    careful: Browser, colleague: Browser
) -> None:
    dispatch = await waiting(careful)

    empty = await post(colleague, f"{page_of(dispatch)}/neka", skal=" ")
    no = await post(colleague, f"{page_of(dispatch)}/neka", skal="Byt till det korta paketet.")
    read = words_of(await careful.open(page_of(dispatch)))

    assert empty.status_code == 422
    assert "Skälet är tomt." in words_of(empty.text)
    assert "Utskicket är nekat." in words_of(no.text)
    assert "Johan Exempel nekade utskicket" in read
    assert "Byt till det korta paketet." in read
    assert "Nekat utskick" in read


async def test_a_grundplat_asks_for_a_colleague(staff: Browser, administrator: Browser) -> None:
    page = await administrator.open(f"/forvaltning/grundplatar/{PACKAGE.key}")
    await administrator.press(page, "spara", needs_approval="ja")

    dispatch = (await staff.clinic.start(recipients=[ANNA.digits])).dispatch

    words = words_of(await staff.open(page_of(dispatch)))
    assert "Grundplåten säger att en kollega ska godkänna det." in words


async def test_without_the_right_to_send_nobody_approves(
    app: FastAPI, careful: Browser, colleague: Browser
) -> None:
    dispatch = await waiting(careful)
    clinic = careful.clinic
    clinic.rules = replace(clinic.rules, right_roles={})
    app.state.services = services_of(clinic)
    sign_in(colleague, session(UNIT, staff_id=COLLEAGUE.name, rights=[Right.FOLLOW_UP]))

    answer = await post(colleague, f"{page_of(dispatch)}/godkann")

    assert answer.status_code == 403
    assert clinic.scheduler.plans == []


async def test_the_administration_says_where_a_unit_reads_what_waits(
    administrator: Browser,
) -> None:
    address = f"/forvaltning/enheter/{UNIT.id}"
    unit = {"name": UNIT.name, "phone": UNIT.phone}

    wrong = await post(administrator, address, **unit, mail="ingen adress")
    await post(administrator, address, **unit, mail="mottagningen@vgregion.se")

    assert wrong.status_code == 422
    with administrator.clinic.store.transaction() as records:
        assert records.units.get(UNIT.id).mail == "mottagningen@vgregion.se"
