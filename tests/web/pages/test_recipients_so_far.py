"""A list that 1177's inbox has not answered about: no page waits, and it is shown as it comes."""

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, OWN, PACKAGE, STAFF, Clinic, clinic_of
from tests.people import ANNA, BO, UNNOTIFIED, WITHOUT_ACCOUNT
from tests.waiting import until
from tests.web.pages.conftest import Browser, words_of
from tests.web.pages.forms import main_form
from utskick.domain.deliveries import REFUSAL_LABELS, Refusal
from utskick.domain.personnummer import Personnummer
from utskick.store import SqlStore
from utskick.web.pages.visitors import COOKIE, csrf_of
from utskick.wiring import Services

PAGE = "/skicka-formular"
LOOKED_UP = "Läsa: kontrollerat mottagare (person)"


@pytest.fixture
def clinic(store: SqlStore) -> Clinic:
    """Its inbox answers about nobody for the time being."""
    clinic = clinic_of(store, inbox_patience_s=0.01)
    clinic.inbox.may_answer.clear()
    return clinic


async def listed(browser: Browser, *people: Personnummer) -> str:
    """The page with people pasted into the list."""
    pasted = "\n".join(each.digits for each in people)
    page = await browser.open(PAGE)
    answer = await browser.press(page, "klistra-in", inklistrat=pasted)
    assert answer.status_code == 200
    return answer.text


async def answered(clinic: Clinic, *people: Personnummer) -> None:
    """The inbox answers about them, and all whom it is asked about."""
    clinic.inbox.may_answer.set()
    await until(lambda: not clinic.accounts.awaited(people))


def looked_at(page: str) -> str:
    """Where the page looks how far it has come."""
    [address] = re.findall(r'data-poll="(/mottagare/[^"]+)"', page)
    return str(address)


async def test_the_list_is_shown_before_anybody_is_checked(staff: Browser) -> None:
    page = words_of(await listed(staff, ANNA, BO))

    assert page.count("Kontrolleras…") == 2
    assert "0 av 2 kontrollerade, mindre än 1 min kvar." in page


async def test_a_single_recipient_is_spoken_of_as_one(clinic: Clinic, staff: Browser) -> None:
    page = await listed(staff, ANNA)

    await answered(clinic, ANNA)
    after = await staff.open(looked_at(page))

    assert "0 av 1 kontrollerad, mindre än 1 min kvar." in words_of(page)
    assert 'data-announce="Mottagaren är kontrollerad."' in after


async def test_how_long_it_takes_is_said_in_minutes(staff: Browser, wired: Services) -> None:
    page = await listed(staff, ANNA, BO)
    slow = replace(wired.look_up_recipients.rules, inbox_per_s=1 / 40)
    wired.accounts._rules = slow  # noqa: SLF001  # the pace changes meanwhile

    assert "ungefär 2 min kvar" in words_of(await staff.open(looked_at(page)))


async def test_the_page_takes_in_the_answers_as_they_come(clinic: Clinic, staff: Browser) -> None:
    page = await listed(staff, ANNA, UNNOTIFIED)

    meanwhile = await staff.open(looked_at(page))
    await answered(clinic, ANNA, UNNOTIFIED)
    after = await staff.open(looked_at(page))

    assert "Kontrolleras…" in meanwhile
    assert looked_at(meanwhile) == looked_at(page)
    assert "Sms, e-post" in after
    assert "1 mottagare har ingen avisering" in after
    assert "data-poll" not in after
    assert 'data-announce="Alla 2 mottagare är kontrollerade."' in after


async def test_without_script_the_page_shows_what_is_known_when_it_is_asked_for(
    clinic: Clinic, staff: Browser
) -> None:
    page = await listed(staff, ANNA)
    await answered(clinic, ANNA)

    after = await staff.press(page, "se-lista", nytt_personnummer="1912")

    assert "Sms, e-post" in after.text
    assert dict(main_form(after.text).fields)["nytt_personnummer"] == "1912"


async def test_whoever_turns_out_to_have_no_account_is_shown_and_can_be_taken_away(
    clinic: Clinic, staff: Browser
) -> None:
    page = await listed(staff, ANNA, WITHOUT_ACCOUNT, UNNOTIFIED)
    await answered(clinic, ANNA, WITHOUT_ACCOUNT, UNNOTIFIED)

    shown = (await staff.press(page, "se-lista")).text
    after = (await staff.press(shown, "ta-bort-utan-konto")).text

    assert "1 mottagare har inget 1177-konto" in words_of(shown)
    assert "Inget 1177-konto" in words_of(shown)
    assert WITHOUT_ACCOUNT.formatted not in after
    assert ANNA.formatted in after
    assert UNNOTIFIED.formatted in after


async def test_a_list_is_started_by_nobody_with_whom_the_inbox_has_said_it_cannot_reach(
    clinic: Clinic, staff: Browser
) -> None:
    page = await listed(staff, ANNA, WITHOUT_ACCOUNT)
    await answered(clinic, ANNA, WITHOUT_ACCOUNT)

    refused = await staff.press(page, "skicka", form=OWN.name)

    assert refused.status_code == 422
    assert f"rad 2 ({WITHOUT_ACCOUNT}): {REFUSAL_LABELS[Refusal.NO_ACCOUNT]}" in words_of(
        refused.text
    )


async def test_the_question_says_what_is_not_known_yet_and_the_start_waits_for_nobody(
    clinic: Clinic, staff: Browser
) -> None:
    question = await staff.press(await listed(staff, ANNA, BO), "skicka", form=OWN.name)
    sent = await staff.press(question.text, "ja-skicka")
    confirmed = await staff.open(sent.headers["location"])
    await answered(clinic, ANNA, BO)
    later = await staff.open(sent.headers["location"])

    asked = words_of(question.text)
    assert "2 av 2 mottagare är inte kontrollerade hos 1177 än." in asked
    assert "0 av 2 kontrollerade" in asked
    assert looked_at(question.text).endswith("?bara=antal")
    assert "0 av 2 kontrollerade" in words_of(confirmed)
    assert "kontrollerade" not in words_of(later)


async def test_the_progress_alone_can_be_looked_at(clinic: Clinic, staff: Browser) -> None:
    question = await staff.press(await listed(staff, ANNA, BO), "skicka", form=OWN.name)

    meanwhile = await staff.open(looked_at(question.text))
    await answered(clinic, ANNA, BO)
    after = await staff.open(looked_at(question.text))

    assert looked_at(meanwhile) == looked_at(question.text)
    assert ANNA.formatted not in meanwhile + after
    assert "Alla 2 mottagare är kontrollerade." in after


async def test_a_package_starts_too_and_its_page_shows_who_is_known(
    clinic: Clinic, staff: Browser
) -> None:
    page = await staff.open("/starta-paketutskick")
    chosen = (await staff.press(page, "valj", paket=PACKAGE.key)).text
    filled: dict[str, Any] = {
        "datum": "2027-03-01",
        "klockslag": "08:00",
        "inklistrat": f"{ANNA.digits}\n{BO.digits}",
    }
    pasted = (await staff.press(chosen, "klistra-in", **filled)).text
    message = (await staff.press(pasted, "starta")).text
    started = await staff.press(message, "ja-starta")
    dispatch = "/paketutskick/" + started.headers["location"].split("?")[0].rsplit("/", 1)[-1]
    before = words_of(await staff.open(dispatch))
    await answered(clinic, ANNA, BO)
    after = words_of(await staff.open(dispatch))

    assert "2 av 2 mottagare är inte kontrollerade" in words_of(message)
    assert "0 av 2 mottagare kontrollerade hos 1177" in before
    assert before.count("Kontrolleras…") == 2
    assert after.count("Sms, e-post") == 2


async def test_nobody_else_can_look_at_the_list(
    staff: Browser, other_staff: Browser, stranger: Browser
) -> None:
    address = looked_at(await listed(staff, ANNA))

    assert ANNA.digits not in address
    assert (await other_staff.get(address)).status_code == 404
    assert (await stranger.get(address)).status_code != 200
    assert (await staff.get("/mottagare/kontroll/annat")).status_code == 404


async def test_looking_again_asks_about_nobody_anew(
    clinic: Clinic, staff: Browser, log: Log
) -> None:
    page = await listed(staff, ANNA)
    for _ in range(3):
        await staff.open(looked_at(page))
        page = (await staff.press(page, "se-lista")).text
    await until(lambda: clinic.inbox.asked)
    await answered(clinic, ANNA)

    assert log().count(LOOKED_UP) == 1
    assert clinic.inbox.asked == [ANNA]


async def test_after_a_restart_everyone_is_looked_up_and_logged_anew(
    clinic: Clinic, staff: Browser, wired: Services, log: Log
) -> None:
    page = await listed(staff, ANNA)
    wired.watched_lists._lists.clear()  # noqa: SLF001  # as it is in a new process
    await answered(clinic, ANNA)

    gone = await staff.get(looked_at(page))
    after = await staff.press(page, "se-lista")

    assert gone.status_code == 404
    assert "Sms, e-post" in after.text
    assert log().count(LOOKED_UP) == 2


@pytest.mark.parametrize("by_themselves", [True, False])
async def test_who_signs_out_leaves_no_list_in_memory(
    staff: Browser, administrator: Browser, wired: Services, by_themselves: bool
) -> None:
    name = looked_at(await listed(staff, ANNA)).split("/")[-1].split("?")[0]
    before = wired.watched_lists.find(name, actor=STAFF, now=wired.clock.now())

    if by_themselves:
        await staff.post("/logga-ut")
    else:
        await administrator.post(
            "/forvaltning/inloggningar/logga-ut",
            data={"csrf": csrf_of(administrator.cookies[COOKIE]), "person": STAFF.name},
        )

    assert [each.number for each in before] == [ANNA]
    assert not wired.watched_lists.find(name, actor=STAFF, now=wired.clock.now())


async def test_a_draft_with_others_on_its_list_has_them_looked_up(
    staff: Browser, clinic: Clinic, log: Log
) -> None:
    """What others have asked about is remembered, and must be no way around the limit."""
    await clinic.look_up_recipients(
        [BO], needs_account=True, actor=OTHER_STAFF, now=clinic.clock.now()
    )
    await answered(clinic, BO)
    clinic.inbox.may_answer.clear()
    page = await listed(staff, ANNA)

    both = await staff.press(page, "se-lista", mottagare=[f"{ANNA.digits} ?|{BO.digits} ?"])

    assert "Sms, e-post" in both.text
    assert log().count(LOOKED_UP) == 3
