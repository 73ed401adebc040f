"""Mallkatalog: what differs from 1177 is seen, let in, held and taken in."""

from tests.clinic import FORMS, PHQ, UNIT, Clinic
from tests.domain.test_template_catalogue import version
from tests.use_cases.test_fetch_templates import NEW
from tests.web.pages.conftest import Browser, words_of
from utskick.web.pages.visitors import COOKIE, csrf_of

HERE = "/forvaltning/mallkatalog"


def lists(clinic: Clinic, *more: object) -> None:
    clinic.forms.versions = [version(form) for form in FORMS]
    clinic.forms.templates[UNIT.id].add(NEW.id)
    clinic.forms.versions.append(version(NEW))


async def post(browser: Browser, address: str, **fields: str) -> str:
    csrf = csrf_of(browser.cookies[COOKIE])
    answer = await browser.post(address, data={"csrf": csrf} | fields, follow_redirects=True)
    assert answer.status_code in (200, 422), answer.text
    return words_of(answer.text)


async def test_what_differs_is_seen_before_it_is_let_in(
    administrator: Browser, clinic: Clinic
) -> None:
    lists(clinic)
    clinic.forms.versions[0] = version(PHQ, 2)

    first = words_of(await administrator.open(HERE))
    seen = await post(administrator, HERE, gor="hamta")
    done = await post(administrator, HERE, gor="infor")

    assert "Hämta mallar nu" in first
    assert "PHQ-9 Ändrad i 1177 version 2 Inte än" in seen
    assert "PHQ-9 Ändrad i 1177 version 2 Ja" in done


async def test_a_broken_answer_is_held(administrator: Browser, clinic: Clinic) -> None:
    clinic.forms.versions = [version(PHQ)]

    words = await post(administrator, HERE, gor="infor")
    again = await post(administrator, HERE, gor="hamta")

    assert "5 arkiveringar hålls" in words
    assert "Nej, hålls tills någon bekräftar" in words
    assert "5 arkiveringar hålls" in again


async def test_a_new_one_is_taken_in(administrator: Browser, clinic: Clinic) -> None:
    lists(clinic)

    seen = await post(administrator, HERE, gor="hamta")
    refused = await post(administrator, f"{HERE}/{NEW.id}", key="phq-9", catalogue="nafs")
    taken = await post(
        administrator, f"{HERE}/{NEW.id}", key="nytt", catalogue="own", owner=UNIT.id
    )

    assert "Nytt formulär, version 1" in seen
    assert "kortnamnet är upptaget." in refused
    assert "Formulärmallen är intagen och kan skickas." in taken
