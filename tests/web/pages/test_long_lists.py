"""Long lists of recipients: looked in by name, number and kind, fifty at a time."""

from collections.abc import Sequence

import pytest

from tests.access_log import Log
from tests.clinic import OWN, UNIT, Clinic
from tests.config.region import read_persons
from tests.people import ANNA, UNNOTIFIED
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import form_named
from utskick.domain.personnummer import Personnummer, parse_personnummer
from utskick.ports import InboxUser, PersonRecord

FORM = "/skicka-formular"
SEEN = "Läsa: visat mottagarlista (person)"
REACHED = InboxUser(active=True, notified_by=("SMS",))


@pytest.fixture
def many(clinic: Clinic) -> list[Personnummer]:
    """A hundred and twenty with names, the first of whom is Anna; the last is not notified."""
    rows = [row for row in read_persons() if not row["protected"] and not row["deregistered"]]
    today = clinic.rules.today(clinic.clock.now())
    others = [parse_personnummer(row["personnummer"], today=today) for row in rows]
    people = [ANNA, *[n for n in others if n not in (ANNA, UNNOTIFIED)][:118], UNNOTIFIED]
    for number, row in zip(people, rows, strict=False):
        named = PersonRecord(given_name=row["given_name"], surname=row["surname"])
        clinic.persons.records[number] = named
        clinic.inbox.users.setdefault(number, REACHED)
    clinic.persons.records[ANNA] = PersonRecord(given_name="Zackarina", surname="Berg")
    return people


def shown(page: str, people: Sequence[Personnummer]) -> list[Personnummer]:
    words = words_of(page)
    return [each for each in people if each.formatted in words]


async def pasted(staff: Browser, people: Sequence[Personnummer]) -> str:
    page = await staff.open(FORM)
    text = "\n".join(each.digits for each in people)
    return (await staff.press(page, "klistra-in", inklistrat=text)).text


async def dispatch_page(clinic: Clinic, people: Sequence[Personnummer]) -> str:
    started = await clinic.start(recipients=[each.digits for each in people])
    return f"/paketutskick/{started.dispatch.id}"


async def test_fifty_are_shown_at_a_time_and_the_rest_on_the_next_pages(
    staff: Browser, many: list[Personnummer]
) -> None:
    first = await pasted(staff, many)
    second = (await staff.press(first, "lista sida 2")).text
    whole = (await staff.press(second, "lista hela")).text

    assert shown(first, many) == many[:50]
    assert "1–50 av 120" in words_of(first)
    assert shown(second, many) == many[50:100]
    assert shown(whole, many) == many


async def test_a_kind_is_shown_with_how_many_there_are(
    staff: Browser, many: list[Personnummer]
) -> None:
    page = await pasted(staff, many)

    unnotified = (await staff.press(page, "lista visa utan-avisering")).text

    assert "Alla 120 Ingen avisering 1" in words_of(page)
    assert shown(unnotified, many) == [UNNOTIFIED]


async def test_somebody_is_found_by_name_and_removed_and_the_rest_stays(
    staff: Browser, many: list[Personnummer]
) -> None:
    page = await pasted(staff, many)

    found = (await staff.press(page, "lista", lista_sok="berg zack")).text
    assert shown(found, many) == [ANNA]
    gone = (await staff.press(found, f"ta-bort {ANNA.digits}")).text
    back = (await staff.press(gone, "lista", lista_sok="")).text

    assert "Ingen i listan stämmer" in words_of(gone)
    assert "119 mottagare" in words_of(back)


async def test_enter_in_the_field_looks_though_a_browser_presses_the_first_button(
    staff: Browser, many: list[Personnummer]
) -> None:
    page = await pasted(staff, many)

    answer = await staff.press(page, "lagg-till", nytt_personnummer="", lista_sok="berg zack")

    assert shown(answer.text, many) == [ANNA]
    assert 'role="alert"' not in answer.text


async def test_everybody_goes_though_only_some_are_shown(
    staff: Browser, many: list[Personnummer]
) -> None:
    page = (await staff.press(await pasted(staff, many), "lista", lista_sok="berg zack")).text

    question = (await staff.press(page, "skicka", form=OWN.name)).text
    looked = (await staff.press(question, "fraga-lista", lista_sok=many[-1].digits)).text

    assert "till 120 mottagare?" in words_of(question)
    assert "till 120 mottagare?" in words_of(looked)
    assert shown(looked, many) == [UNNOTIFIED]
    await staff.press(looked, "ja-skicka")
    [listed] = staff.clinic.listed()
    assert listed.recipients == 120


async def test_a_dispatch_is_looked_in_by_post_and_only_whom_staff_see_is_logged(
    staff: Browser, many: list[Personnummer], log: Log
) -> None:
    address = await dispatch_page(staff.clinic, many)
    page = await staff.open(address)
    first = log().count(SEEN)
    form = form_named(page, "lista-form")

    found = await staff.post(
        form.action, data=dict(form.filled(gor="lista", lista_sok=UNNOTIFIED.formatted))
    )

    assert form.method == "post"
    assert shown(page, many) == many[:50]
    assert shown(found.text, many) == [UNNOTIFIED]
    assert "Alla 120 Ingen avisering 1" in words_of(found.text)
    assert first == 50
    assert log().count(SEEN) == first + 1


async def test_an_occasion_says_how_many_have_fared_how(
    staff: Browser, many: list[Personnummer]
) -> None:
    clinic = staff.clinic
    started = await clinic.start(recipients=[each.digits for each in many])
    [occasion] = started.dispatch.occasions
    clinic.forms.unknown_persons.add(ANNA)
    await clinic.run(occasion)
    sign_in(staff, session(UNIT))
    address = f"/paketutskick/{started.dispatch.id}/tillfalle/{occasion.id}"
    form = form_named(await staff.open(address), "lista-form")

    refused = await staff.post(address, data=dict(form.filled(gor="lista visa ej-skickade")))

    assert "Alla 120 Skickade 119 Ej skickade 1" in words_of(refused.text)
    assert shown(refused.text, many) == [ANNA]


async def test_a_short_list_has_nothing_to_look_with(staff: Browser) -> None:
    page = await pasted(staff, [ANNA])

    assert "Sök i listan" not in page
