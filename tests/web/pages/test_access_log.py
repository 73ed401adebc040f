"""Logg: who saw or did what with whom, read by the unit's manager."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.access_log import Log
from tests.clinic import STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from tests.web.pages.conftest import Browser, words_of
from tests.web.pages.forms import main_form
from tests.web.pages.test_administration import post


@pytest.fixture
async def busy(manager: Browser) -> Browser:
    """A dispatch to Anna and Bo has been started and opened."""
    dispatch = (await manager.clinic.start()).dispatch
    await manager.open(f"/paketutskick/{dispatch.id}")
    return manager


async def search(browser: Browser, button: str = "sok", **fields: str) -> str:
    answer = await browser.press(await browser.open("/logg"), button, **fields)
    assert answer.status_code == 200, answer.text
    return words_of(answer.text)


async def test_the_log_says_who_did_what_with_whom_and_when(busy: Browser) -> None:
    words = words_of(await busy.open("/logg"))

    assert "Visat mottagarlista" in words
    assert "Lagt till mottagare i utskick" in words
    assert f"Karin Exempel {STAFF.name}" in words
    assert "2027-02-01 kl. 12:00" in words


async def test_the_administration_reads_its_own_log_and_no_units(
    administrator: Browser,
) -> None:
    clinic = administrator.clinic
    dispatch = (await clinic.start()).dispatch
    clinic.show(dispatch)
    await post(administrator, f"/forvaltning/enheter/{UNIT.id}/dra-in")

    words = words_of(await administrator.open("/forvaltning/logg"))
    checked = await administrator.press(
        await administrator.open("/forvaltning/logg"), "kontrollera"
    )

    assert f"Dragit in enhet {UNIT.id}" in words
    assert "Enheter Formulärmallar Mallkatalog Grundplåtar" in words
    assert "mottagarlista" not in words
    assert "den regionala förvaltningen" in words
    assert checked.status_code == 200


async def test_patients_are_masked_until_one_is_asked_for(busy: Browser) -> None:
    all_of_it = words_of(await busy.open("/logg"))
    hers = await search(busy, personnummer=ANNA.digits)

    assert ANNA.formatted not in all_of_it
    assert str(ANNA) in all_of_it
    assert ANNA.formatted in hers
    assert str(BO) not in hers


FILTERS: list[tuple[dict[str, str], bool]] = [
    ({"personal": "KARIN"}, True),
    ({"personal": STAFF.name.lower()}, True),
    ({"personal": "Johan"}, False),
    ({"aktivitet": "Läsa"}, True),
    ({"aktivitet": "Radera"}, False),
    ({"fran": "2027-02-01", "till": "2027-02-01"}, True),
    ({"till": "2027-01-31"}, False),
    ({"personnummer": CILLA.digits}, False),
]


async def test_each_filter_finds_its_own(busy: Browser, subtests: pytest.Subtests) -> None:
    for fields, found in FILTERS:
        with subtests.test(fields=fields):
            words = await search(busy, **fields)

            assert ("Visat mottagarlista" in words) is found
            assert ("Inget i loggen stämmer" in words) is not found


async def test_days_in_the_wrong_order_are_a_fault_and_not_an_empty_log(busy: Browser) -> None:
    page = await busy.open("/logg")

    answer = await busy.press(page, "sok", fran="2027-02-02", till="2027-02-01")

    words = words_of(answer.text)
    assert answer.status_code == 422
    assert "Till: datumet är före det första. Byt plats på dem, eller töm det ena." in words
    assert "Inget i loggen stämmer" not in words


async def test_reading_the_log_is_logged_as_well(busy: Browser, log: Log) -> None:
    await search(busy, personnummer=ANNA.digits)

    assert log()[-2:] == ["Läsa: visat loggen", "Läsa: visat loggen (person)"]


async def test_a_long_log_comes_fifty_at_a_time_and_stands_still_while_it_is_read(
    busy: Browser,
) -> None:
    for _ in range(51):
        await busy.get("/logg")

    first = await busy.open("/logg")
    older = await turned(busy, first, 2)
    newer = await turned(busy, older, 1)

    assert first.count('data-label="Tid"') == 50
    assert "Sida 1 av 2" in words_of(first)
    assert "Lagt till mottagare" not in words_of(first)
    assert "Lagt till mottagare" in words_of(older)
    assert words_of(newer) == words_of(first)


async def turned(browser: Browser, page: str, number: int) -> str:
    """Another page of the log."""
    answer = await browser.post("/logg", data=dict(main_form(page).filled(sida=number)))
    assert answer.status_code == 200
    return answer.text


async def test_a_patients_extract_is_a_file_and_is_logged(busy: Browser, log: Log) -> None:
    page = await busy.open("/logg")

    extract = await busy.press(page, "utdrag csv", personnummer=ANNA.formatted)

    rows = extract.content.decode("utf-8-sig").splitlines()
    assert "attachment" in extract.headers["content-disposition"]
    assert len(rows) == 1 + 3
    assert all(ANNA.formatted in row for row in rows[1:])
    assert log()[-1] == "Läsa: tagit ut loggutdrag (person)"


async def test_a_patients_extract_comes_as_a_spreadsheet_too(busy: Browser) -> None:
    page = await busy.open("/logg")

    extract = await busy.press(page, "utdrag xlsx", personnummer=ANNA.formatted)

    [sheet] = busy.clinic.spreadsheets.read(extract.content)
    heading, *rows = sheet.rows
    assert [heading.texts[1], heading.texts[2]] == ["Tid", "Vem"]
    assert {row.texts[6] for row in rows} == {ANNA.formatted}


@pytest.mark.parametrize("typed", ["", "191212121213"])
async def test_an_extract_is_about_one_patient(busy: Browser, typed: str) -> None:
    page = await busy.open("/logg")

    answer = await busy.press(page, "utdrag xlsx", personnummer=typed)

    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text


async def test_a_log_that_somebody_has_changed_is_found_out(busy: Browser, tmp_path: Path) -> None:
    whole = await search(busy, "kontrollera")
    with closing(sqlite3.connect(tmp_path / "utskick.db")) as connection, connection:
        connection.execute("UPDATE access_log SET actor = 'någon annan' WHERE number = 2")

    broken = await search(busy, "kontrollera")

    assert "Loggen är hel" in whole
    assert "Post 2 har ändrats" in broken
    assert "Loggen är hel" not in broken


async def test_a_log_that_somebody_has_cut_is_found_out(busy: Browser, tmp_path: Path) -> None:
    await search(busy, "kontrollera")
    newest = max(head.number for head in busy.clinic.log_heads.kept)
    with closing(sqlite3.connect(tmp_path / "utskick.db")) as connection, connection:
        connection.execute("DELETE FROM access_log WHERE number > 1")

    cut = await search(busy, "kontrollera")

    # To open the page is an entry too.
    assert f"Posterna 3–{newest} har tagits bort: de fanns 2027-02-01 kl. 12:00." in cut
    assert "Kontakta driften" in cut


async def test_another_units_log_is_another_log(busy: Browser, other_staff: Browser) -> None:
    del busy

    assert (await other_staff.get("/logg")).status_code == 403
