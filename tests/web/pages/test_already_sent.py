"""Redan skickat on the pages: how many, who, and one click that leaves them out."""

from urllib.parse import urlsplit
from uuid import UUID

from httpx import Response

from tests.clinic import OWN, PACKAGE
from tests.people import ANNA, BO
from tests.web.pages.conftest import Browser, words_of
from utskick.domain.dispatches import DispatchId
from utskick.domain.personnummer import Personnummer


async def own_is_sent_to_anna(staff: Browser) -> None:
    sent = (await staff.clinic.send(form=OWN.key, recipients=[ANNA.digits])).dispatch
    await staff.clinic.run(sent.occasions[0])


async def asked(staff: Browser, page: str) -> str:
    """The question before sending, for Anna and Bo."""
    opened = await staff.open(page)
    for person in (ANNA, BO):
        opened = (await staff.press(opened, "lagg-till", nytt_personnummer=person.digits)).text
    return (await staff.press(opened, "skicka", form=OWN.name)).text


def recipients_of(staff: Browser, sent: Response) -> list[Personnummer]:
    """Of the dispatch that the answer leads to."""
    dispatch_id = DispatchId(UUID(urlsplit(sent.headers["location"]).path.rsplit("/", 1)[1]))
    with staff.clinic.store.transaction() as records:
        return [each.personnummer for each in records.dispatches.recipients(dispatch_id)]


async def test_the_question_says_who_has_it_and_one_click_leaves_them_out(staff: Browser) -> None:
    await own_is_sent_to_anna(staff)
    question = await asked(staff, "/skicka-formular")

    left = await staff.press(question, "hoppa-over has")
    sent = await staff.press(left.text, "ja-skicka")

    assert "1 av 2 mottagare har redan Inför besök obesvarat." in words_of(question)
    assert f"{ANNA.formatted}" in words_of(question)
    assert "Vill du skicka ut formuläret ”Inför besök” till 1 mottagare?" in words_of(left.text)
    assert "obesvarat" not in words_of(left.text)
    assert sent.status_code == 303
    assert recipients_of(staff, sent) == [BO]


async def test_whoever_wants_to_sends_all_the_same(staff: Browser) -> None:
    await own_is_sent_to_anna(staff)
    question = await asked(staff, "/skicka-formular")

    sent = await staff.press(question, "ja-skicka")

    assert sent.status_code == 303
    assert recipients_of(staff, sent) == [ANNA, BO]


async def test_when_all_have_it_nobody_is_left_to_send_to(staff: Browser) -> None:
    await own_is_sent_to_anna(staff)
    opened = await staff.open("/skicka-formular")
    listed = await staff.press(opened, "lagg-till", nytt_personnummer=ANNA.digits)
    question = await staff.press(listed.text, "skicka", form=OWN.name)

    answer = await staff.press(question.text, "hoppa-over has")

    assert answer.status_code == 422
    assert "Mottagarlistan är tom" in words_of(answer.text)


async def test_a_packages_last_step_says_it_and_leaves_them_out(staff: Browser) -> None:
    await own_is_sent_to_anna(staff)
    page = (
        await staff.press(await staff.open("/starta-paketutskick"), "valj", paket=PACKAGE.name)
    ).text
    for person in (ANNA, BO):
        page = (await staff.press(page, "lagg-till", nytt_personnummer=person.digits)).text
    last = await staff.press(page, "starta", datum="2027-02-08", klockslag="08:00")
    assert last.status_code == 200, words_of(last.text)

    left = await staff.press(last.text, "hoppa-over has")

    assert "1 av 2 mottagare har redan Inför besök obesvarat." in words_of(last.text)
    assert left.status_code == 200
    assert "obesvarat" not in words_of(left.text)
    assert staff.numbers(left.text) == [BO.digits]
