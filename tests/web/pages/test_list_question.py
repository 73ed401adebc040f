"""What staff are asked of a file before anybody in it is on the list."""

import io

import openpyxl

from tests.people import ANNA, BO, CILLA, PROTECTED
from tests.web.pages.conftest import Browser, words_of
from tests.web.pages.forms import main_form

PAGE = "/skicka-formular"


def two_sheets() -> bytes:
    """Bo is hidden on the first; Cilla and somebody protected are on the second."""
    book = openpyxl.Workbook()
    book.active.title = "Barn"
    for number in (ANNA, BO):
        book.active.append([number.formatted])
    book.active.row_dimensions[2].hidden = True
    other = book.create_sheet("Vuxna")
    for number in (CILLA, PROTECTED):
        other.append([number.formatted])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def asked(browser: Browser) -> str:
    page = await browser.open(PAGE)
    fields: dict[str, list[str]] = {}
    for name, value in main_form(page).filled(gor="importera"):
        fields.setdefault(name, []).append(value)
    files = {"fil": ("lista.xlsx", two_sheets())}
    answer = await browser.post(main_form(page).action, data=fields, files=files)
    return answer.text


async def test_nobody_is_taken_before_the_question_is_answered(staff: Browser) -> None:
    page = await asked(staff)

    assert staff.numbers(page) == []
    assert "Barn (1) och Vuxna (2)" in words_of(page)
    assert "På bladet Barn: 1 rad är dold." in words_of(page)


async def test_one_sheet_is_chosen_and_its_rows_are_shown_by_their_numbers(staff: Browser) -> None:
    page = (await staff.press(await asked(staff), "ta-ur-fil 1")).text

    assert staff.numbers(page) == [CILLA.digits]
    assert f"{CILLA.formatted} 32 år 1, Vuxna" in words_of(page)
    assert "2, Vuxna 1995••••-•••• Skyddad identitet" in words_of(page)
    assert "Mottagarna är lästa från bladet Vuxna." in words_of(page)


async def test_who_is_hidden_is_reported_and_not_taken(staff: Browser) -> None:
    page = (await staff.press(await asked(staff), "ta-ur-fil 0")).text

    assert staff.numbers(page) == [ANNA.digits]
    assert "1 rad är dold" in words_of(page)


async def test_the_question_stays_while_other_things_are_done(staff: Browser) -> None:
    page = (
        await staff.press(await asked(staff), "lagg-till", nytt_personnummer=BO.formatted)
    ).text
    page = (await staff.press(page, "ta-ur-fil 1")).text

    assert staff.numbers(page) == [BO.digits, CILLA.digits]


async def test_nothing_is_sent_while_it_waits(staff: Browser) -> None:
    page = (
        await staff.press(await asked(staff), "lagg-till", nytt_personnummer=BO.formatted)
    ).text

    answer = await staff.press(page, "skicka", form="PHQ-9 Nedstämdhet")
    dropped = await staff.press(answer.text, "avsta-fil")

    assert "Svara först på frågan om filen." in words_of(answer.text)
    assert "Vilka ska vara med?" not in words_of(dropped.text)
    assert staff.numbers(dropped.text) == [BO.digits]


async def test_what_a_page_posts_as_the_question_is_passed_over(staff: Browser) -> None:
    """It is the draft's, which no page can write."""
    forged = '{"sentence":"a","options":[{"cells":[{"row":1,"text":"19950314-2387"}]}]}'

    answer = await staff.press(await asked(staff), "ta-ur-fil 0", fraga_om_fil=forged)

    assert staff.numbers(answer.text) == [ANNA.digits]
