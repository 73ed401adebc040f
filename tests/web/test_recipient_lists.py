"""POST /api/mottagarlistor: a list file, read as on the page, for a system that hands it in."""

import pytest

from tests.people import ANNA, BO, CILLA, PROTECTED
from tests.recipient_cases import READ, REFUSED, Case
from tests.web.conftest import Rest

LISTS = "/api/mottagarlistor"


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
async def test_those_whom_staff_see_are_read_with_their_rows(rest: Rest, case: Case) -> None:
    if case.asked:
        asked = await rest.post(LISTS, content=case.content)
        [problem] = asked.json()["problems"]
        assert asked.status_code == 422
        assert case.asked in problem["reason"]
        assert "utan_dolda=true" in problem["remedy"]

    answer = await rest.post(LISTS, content=case.content, params={"utan_dolda": bool(case.asked)})

    read = answer.json()
    assert answer.status_code == 200
    taken = [each for each in read["listed_recipients"] if each["row"] not in case.refused]
    assert [each["personnummer"] for each in taken] == case.digits
    assert [each["row"] for each in taken] == list(case.rows)
    assert read["sheet"] == case.sheet
    assert not set(case.rows) & {row["row"] for row in read["refused"]}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
async def test_a_file_that_is_no_list_is_named_for_what_it_is(rest: Rest, case: Case) -> None:
    answer = await rest.post(LISTS, content=case.content)

    assert answer.status_code == 422
    assert case.said in answer.json()["message"]


async def test_which_sheet_can_be_said_beforehand(rest: Rest) -> None:
    book = rest.clinic.spreadsheets.write([["Personnummer"], [ANNA.digits]], name="Mars")

    right = await rest.post(LISTS, content=book, params={"blad": "mars"})
    wrong = await rest.post(LISTS, content=book, params={"blad": "April"})

    assert right.json()["sheet"] == "Mars"
    assert "Det finns: Mars" in wrong.json()["message"]


async def test_what_was_read_is_handed_in_and_refused_by_the_rows_of_the_file(rest: Rest) -> None:
    file = f"Personnummer\n\n{ANNA.digits}\n\n{BO.digits}\n{PROTECTED.digits}\n".encode()
    read = (await rest.post(LISTS, content=file)).json()

    answer = await rest.start(recipients=[], listed_recipients=read["listed_recipients"])

    [problem] = answer.json()["problems"]
    assert problem["place"].startswith("recipients, rad 6 (")
    assert "Kan inte nås" in problem["reason"]


async def test_one_element_is_one_number(rest: Rest) -> None:
    both = f"{ANNA.digits};{BO.digits}"

    answer = await rest.start(recipients=[CILLA.digits, both])

    [problem] = answer.json()["problems"]
    assert answer.status_code == 422
    assert problem["place"].startswith("recipients, rad 2")
    assert rest.clinic.scheduler.plans == []


async def test_a_list_is_read_for_nobody_without_a_token(rest: Rest) -> None:
    answer = await rest.post(LISTS, content=b"x", headers={"Authorization": ""})

    assert answer.status_code == 401
