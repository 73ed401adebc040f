"""Handing in over REST: started once, or refused with everything that is wrong."""

from uuid import UUID

import pytest
from fastapi import FastAPI

from tests.access_log import Log, log
from tests.clinic import GAD, OTHER_UNIT, OWN, PHQ, UNIT, UNSUBSCRIBED
from tests.people import ANNA, BO, DECEASED, PROTECTED, UNNOTIFIED
from tests.use_cases.clinic_days import AWAY, mails, nothing_has_happened
from tests.web.conftest import Rest, caller, make_token
from utskick.domain.specs import UploadId
from utskick.ports import PlatformRefusal

__all__ = ["log"]

FORM = {"unit": UNIT.id, "form": PHQ.key, "recipients": [ANNA.digits]}


async def test_a_package_is_started(rest: Rest) -> None:
    answer = await rest.start()

    started = answer.json()
    assert answer.status_code == 201
    assert (started["status"], started["registered"]) == ("Pågående", True)
    assert [o["sends_at"] for o in started["occasions"]] == ["2027-02-01T13:00:00+01:00"]
    assert len(rest.clinic.scheduler.plans) == 1


async def test_a_form_is_sent_now(rest: Rest) -> None:
    answer = await rest.post("/api/formular", json=FORM)

    assert answer.status_code == 201
    assert answer.json()["name"] == PHQ.name
    assert len(rest.clinic.scheduler.runs) == 1


async def test_what_does_not_hinder_is_a_warning(rest: Rest) -> None:
    recipients = [ANNA.digits, UNNOTIFIED.digits, PROTECTED.digits]

    answer = await rest.start(recipients=recipients, leave_out_unreachable=True)

    left_out, unnotified = answer.json()["warnings"]
    assert "Kan inte nås" in left_out
    assert "ingen avisering" in unnotified


async def test_without_the_scheduler_it_is_saved_and_says_so(rest: Rest) -> None:
    rest.clinic.scheduler.fails_with.append(AWAY)

    answer = await rest.start()

    assert (answer.status_code, answer.json()["registered"]) == (201, False)


# Once


async def test_what_was_stopped_since_is_not_called_started(rest: Rest) -> None:
    first = await rest.started()
    await rest.post(f"/api/paketutskick/{first}/stoppa")

    again = await rest.start()

    second = again.json()
    assert again.status_code == 409
    assert (second["dispatch_id"], second["status"]) == (first, "Stoppad")
    assert "Återstarta det om det ska fortsätta." in second["message"]
    assert len(rest.clinic.listed()) == 1


async def test_the_same_content_again_is_the_same_dispatch(rest: Rest) -> None:
    first = await rest.started()

    again = await rest.start()

    assert (again.status_code, again.json()["id"]) == (200, first)


async def test_the_same_key_again_is_the_same_dispatch(rest: Rest) -> None:
    first = await rest.started(key="7f2c")

    again = await rest.start(key="7f2c")

    assert (again.status_code, again.json()["id"]) == (200, first)


async def test_the_same_key_with_other_content_is_shown_and_starts_nothing(rest: Rest) -> None:
    await rest.started(key="7f2c")

    again = await rest.start(key="7f2c", title="Något annat")

    assert again.status_code == 409
    assert again.json() == {
        "message": "Nyckeln har redan använts för ett utskick med annat innehåll, så inget nytt"
        " är startat. Ange en ny nyckel, eller skicka samma innehåll som förra gången."
    }
    assert len(rest.clinic.scheduler.plans) == 1


async def test_another_key_is_another_dispatch_even_of_the_same_content(rest: Rest) -> None:
    first = await rest.started(key="7f2c")

    assert await rest.started(key="7f2d") != first


async def test_a_form_with_the_key_of_another_is_shown_and_not_sent(rest: Rest) -> None:
    headers = {"Idempotency-Key": "7f2c"}
    await rest.post("/api/formular", json=FORM, headers=headers)

    again = await rest.post("/api/formular", json=FORM | {"form": GAD.key}, headers=headers)

    assert again.status_code == 409
    assert len(rest.clinic.scheduler.runs) == 1


async def test_a_form_and_a_package_may_have_the_same_key(rest: Rest) -> None:
    first = await rest.started(key="7f2c")

    sent = await rest.post("/api/formular", json=FORM, headers={"Idempotency-Key": "7f2c"})

    assert (sent.status_code, sent.json()["id"] != first) == (201, True)


async def test_the_keys_of_two_units_are_their_own(
    app: FastAPI, rest: Rest, other_unit: Rest
) -> None:
    headers = {"Idempotency-Key": "7f2c"}
    first = await rest.post("/api/formular", json=FORM, headers=headers)

    theirs = await other_unit.post(
        "/api/formular", json=FORM | {"unit": OTHER_UNIT.id}, headers=headers
    )

    assert (first.status_code, theirs.status_code) == (201, 201)


# Refused


async def test_all_problems_come_at_once_with_their_places(rest: Rest) -> None:
    answer = await rest.start(
        start={"date": "2027-01-01", "time": "08:00"},
        recipients=[ANNA.digits, "19910204-2390", BO.digits],
        title=f"Till {ANNA.formatted}",
        inbox_message="Hej {{ namn }}",
    )

    refused = answer.json()
    assert answer.status_code == 422
    assert [p["place"].split(" (")[0] for p in refused["problems"]] == [
        "recipients, rad 2",
        "title",
        "2027-01-01 08:00",
        "inbox_message, rad 1",
    ]
    assert all(p["remedy"] for p in refused["problems"])
    assert nothing_has_happened(rest.clinic)


async def test_a_token_is_only_for_its_own_unit(rest: Rest) -> None:
    answer = await rest.start(unit=OTHER_UNIT.id)

    (problem,) = [p for p in answer.json()["problems"] if p["place"] == "unit"]
    assert answer.status_code == 422
    assert "får du inte skicka för den" in problem["reason"]


async def test_whoever_cannot_be_reached_is_a_problem(rest: Rest) -> None:
    answer = await rest.post("/api/formular", json=FORM | {"recipients": [PROTECTED.digits]})

    (problem,) = answer.json()["problems"]
    assert answer.status_code == 422
    assert problem["reason"] == "Kan inte nås."


async def test_a_blocked_start_names_the_forms(rest: Rest) -> None:
    rest.clinic.forms.archived.add(OWN.id)

    answer = await rest.start(forms=[PHQ.key, OWN.key, UNSUBSCRIBED.key])

    refused = answer.json()
    assert answer.status_code == 409
    assert refused["archived"] == [OWN.name]
    assert refused["unsubscribed"] == [UNSUBSCRIBED.name]
    assert refused["message"].startswith("Detta startade paket innehåller formulärmallar")
    assert len(mails(rest.clinic)) == 1


async def test_a_register_that_is_away_leaves_nothing_behind(rest: Rest) -> None:
    rest.clinic.persons.fails_reading.append(AWAY)

    answer = await rest.start()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Inget är sparat" in answer.json()["message"]
    assert nothing_has_happened(rest.clinic)
    assert (await rest.start()).status_code == 201


async def test_a_system_reads_that_it_is_the_platform_that_refuses(rest: Rest) -> None:
    rest.clinic.persons.fails_reading.append(PlatformRefusal("VP004", contract="x"))

    answer = await rest.start()

    assert answer.status_code == 503
    assert "(VP004), så 1177 nås inte just nu. Inget är skickat." in answer.json()["message"]
    assert nothing_has_happened(rest.clinic)


# Uploads


async def test_what_is_uploaded_is_kept_under_an_id(rest: Rest) -> None:
    content = "unit: åäö\n".encode()

    answer = await rest.post("/api/uppladdningar", content=content)

    assert answer.status_code == 201
    upload_id = UploadId(UUID(answer.json()["upload_id"]))
    assert rest.clinic.upload_spec.read_upload(upload_id) == content


@pytest.mark.parametrize("content", [b"", b" \n"])
async def test_an_empty_upload_is_refused(rest: Rest, content: bytes) -> None:
    answer = await rest.post("/api/uppladdningar", content=content)

    assert answer.status_code == 422
    assert "YAML eller JSON" in answer.json()["message"]


# Tokens


async def test_a_revoked_token_no_longer_works(app: FastAPI, rest: Rest) -> None:
    token = make_token(rest.clinic)
    with rest.clinic.store.transaction() as records:
        records.tokens.revoke(UNIT.id, "journalsystemet", now=rest.clinic.clock.now())

    async with caller(app, rest.clinic, token) as revoked:
        answer = await revoked.get("/api/paketutskick")

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "återkallats" in answer.json()["message"]


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer ", "Bearer å", "bearer"])
async def test_anything_but_a_token_is_none(rest: Rest, header: str) -> None:
    answer = await rest.get(
        "/api/paketutskick", headers=[(b"Authorization", header.encode("latin-1"))]
    )

    assert answer.status_code == 401


async def test_whoever_a_system_asks_about_is_logged_before_the_registers_answer(
    rest: Rest, log: Log
) -> None:
    """Also when nothing is started, so that nobody finds out in secret who is protected."""
    refused = await rest.start(recipients=[PROTECTED.digits, DECEASED.digits])

    assert refused.status_code == 422
    assert {problem["reason"] for problem in refused.json()["problems"]} == {"Kan inte nås."}
    assert log() == ["Läsa: kontrollerat mottagare (person)"] * 2
