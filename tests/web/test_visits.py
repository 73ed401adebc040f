"""Visits over REST."""

import json
from dataclasses import replace
from typing import Any

import pytest
from httpx import Response

from tests.clinic import UNIT
from tests.domain.test_fhir_visits import appointment, bundle
from tests.people import ANNA, BO, PROTECTED
from tests.use_cases.visit_days import ONE_OFFSET, booked, change, moments, standing
from tests.web.conftest import Rest

ADDRESS = "/api/besok/B-1"


async def put(rest: Rest, address: str = ADDRESS, **changes: Any) -> Response:
    body = {"personnummer": ANNA.formatted, "date": "2027-03-01", "time": "10:30"} | changes
    return await rest.put(address, json=body)


async def test_a_visit_is_booked_moved_and_cancelled_by_its_reference(rest: Rest) -> None:
    await standing(rest.clinic)

    booked_so = (await put(rest, sequence=1)).json()
    moved = (await put(rest, date="2027-03-08", sequence=2)).json()
    again = (await put(rest, date="2027-03-08", sequence=2)).json()
    older = (await put(rest, sequence=1)).json()
    cancelled = (await rest.delete(ADDRESS, params={"sequence": 3})).json()

    assert [each["change"] for each in (booked_so, moved, again, older, cancelled)] == [
        "Nytt",
        "Flyttat",
        "Oförändrat",
        "Äldre än det som är känt",
        "Avbokat",
    ]
    assert booked_so["visit"]["sends"] == [
        {
            "days_before": 3,
            "time": "09:00",
            "sends_at": "2027-02-26T09:00:00+01:00",
            "state": "Planerat",
        }
    ]
    assert cancelled["visit"]["state"] == "Avbokat"
    assert moments(rest.clinic) == []


async def test_whom_it_is_about_is_never_repeated(rest: Rest) -> None:
    await standing(rest.clinic)

    answer = await put(rest)
    shown = await rest.get(ADDRESS)

    assert shown.json() == answer.json()["visit"]
    assert ANNA.digits not in shown.text.replace("-", "")
    assert shown.json()["personnummer"] == "1991••••-••••"


async def test_a_visit_that_cannot_be_taken_says_why(rest: Rest) -> None:
    without = await put(rest)
    await standing(rest.clinic)
    protected = await put(rest, personnummer=PROTECTED.digits)
    mistimed = await put(rest, time="25:00")
    misnumbered = await put(rest, personnummer="19910204-2399")
    as_number = await put(rest, f"/api/besok/{ANNA.formatted}")

    answers = (without, protected, mistimed, misnumbered, as_number)
    assert [each.status_code for each in answers] == [422] * 5
    assert "Starta ett under Besök" in without.text
    # Systems are not to know who is protected.
    assert "Kan inte nås" in protected.text


async def test_a_bundle_is_taken_row_by_row(rest: Rest) -> None:
    await standing(rest.clinic)
    content = bundle(appointment(), appointment(id="B-2", status="proposed"))

    answer = await rest.post(
        "/api/besok",
        content=json.dumps(content),
        headers={"Content-Type": "application/fhir+json"},
    )

    assert answer.status_code == 200
    assert answer.json()["counts"] == {"Nytt": 1, "Tas inte emot": 1}
    assert moments(rest.clinic) == [("2027-02-26 09:00", 1)]


async def test_a_list_is_tried_first_if_that_is_asked_for(rest: Rest) -> None:
    await standing(rest.clinic)
    content = f"Personnummer;Referens;Besök\n{ANNA.digits};B-1;2027-03-01 09:30\n"

    tried = await rest.post("/api/besok?prova=true", content=content)
    before = moments(rest.clinic)
    taken = await rest.post("/api/besok", content=content)

    assert (tried.json(), before) == (taken.json(), [])
    assert tried.json()["counts"] == {"Nytt": 1}


async def test_what_is_no_list_is_refused_whole(rest: Rest) -> None:
    answer = await rest.post("/api/besok", content=f"Personnummer\n{ANNA.digits}\n")

    assert answer.status_code == 422
    assert "Referens och Besöksdatum" in answer.json()["problems"][0]["reason"]


async def test_a_unit_with_several_names_the_package(rest: Rest) -> None:
    await standing(rest.clinic)
    await standing(rest.clinic, replace(ONE_OFFSET, key="andra-besok", name="Andra besök"))

    unsaid = await put(rest)
    said = await put(rest, package="andra-besok")
    unknown = await put(rest, package="tredje")

    assert (unsaid.status_code, said.status_code, unknown.status_code) == (422, 200, 409)
    assert "flera besöksutskick" in unsaid.text


async def test_a_standing_dispatch_is_started_stopped_and_goes_on(rest: Rest) -> None:
    with rest.clinic.store.transaction() as records:
        records.packages.save(ONE_OFFSET)

    started = await rest.post(
        "/api/besoksutskick", json={"unit": UNIT.id, "package": ONE_OFFSET.key}
    )
    await change(rest.clinic, booked("b1", BO))
    address = f"/api/besoksutskick/{started.json()['id']}"
    stopped = await rest.post(f"{address}/stoppa")
    again = await rest.post(f"{address}/stoppa")
    restarted = await rest.post(f"{address}/aterstarta")

    assert (started.status_code, started.json()["status"]) == (201, "Pågående")
    assert (stopped.json(), again.status_code) == ({"on_their_way": 0}, 409)
    assert restarted.json() == (await rest.get("/api/besoksutskick")).json()[0]


@pytest.mark.parametrize("sequence", [-1, 2**70])
async def test_an_impossible_number_is_refused(rest: Rest, sequence: int) -> None:
    assert (await put(rest, sequence=sequence)).status_code == 422
