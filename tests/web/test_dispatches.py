"""What a unit's system does with what has been started."""

import unicodedata
from uuid import UUID

from tests.clinic import GAD, OWN, PACKAGE, PHQ, UNIT, WEEKLY, a_spec
from tests.people import ANNA, BO, CILLA, PROTECTED
from tests.use_cases.clinic_days import (
    AWAY,
    nothing_has_happened,
    pass_hours,
    reconciled,
    run_to_its_end,
)
from tests.web.conftest import Rest
from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.ports import TemporaryFailure


def kept(rest: Rest, dispatch_id: str) -> Dispatch:
    with rest.clinic.store.transaction() as records:
        return records.dispatches.get(DispatchId(UUID(dispatch_id)))


async def missed(rest: Rest) -> str:
    """The id of an occasion that nothing started in time."""
    dispatch_id = await rest.started()
    pass_hours(rest.clinic, 24)
    await reconciled(rest.clinic)
    return str(kept(rest, dispatch_id).occasions[0].id)


async def test_the_list_says_how_far_each_has_come(rest: Rest) -> None:
    dispatch_id = await rest.started()
    await run_to_its_end(rest.clinic, kept(rest, dispatch_id).occasions[0])

    (listed,) = (await rest.get("/api/paketutskick")).json()

    assert (listed["id"], listed["status"], listed["number_of_recipients"]) == (
        dispatch_id,
        "Klar",
        2,
    )
    assert {form["name"]: form["sent"] for form in listed["forms"]}[PHQ.name] == 2


async def test_the_list_comes_in_pages_each_with_a_link_to_the_next(rest: Rest) -> None:
    for number in range(3):
        rest.clinic.clock.advance(1)
        await rest.started(title=f"Nummer {number}")

    first = await rest.get("/api/paketutskick?antal=2")
    second = await rest.get(first.links["next"]["url"])

    assert [each["title"] for each in first.json()] == ["Nummer 2", "Nummer 1"]
    assert [each["title"] for each in second.json()] == ["Nummer 0"]
    assert second.links == {}


async def test_one_is_shown_with_its_recipients_masked(rest: Rest) -> None:
    recipients = [ANNA.digits, PROTECTED.digits]
    dispatch_id = await rest.started(recipients=recipients, leave_out_unreachable=True)

    answer = await rest.get(f"/api/paketutskick/{dispatch_id}")

    anna, left_out = answer.json()["recipients"]
    assert (anna["state"], anna["notified_by"]) == ("Mottagare", ["SMS", "Email"])
    assert (left_out["state"], left_out["reason"]) == ("Utelämnad", "Kan inte nås")
    assert not any(number in answer.text for number in recipients)


async def test_a_start_answers_at_once_and_says_who_is_not_checked_yet(rest: Rest) -> None:
    rest.clinic.inbox.fails_reading.extend([TemporaryFailure("away")] * 100)

    answer = await rest.start()
    shown = (await rest.get(f"/api/paketutskick/{answer.json()['id']}")).json()

    assert (answer.status_code, answer.json()["not_checked"]) == (201, 2)
    assert "2 av 2 mottagare är inte kontrollerade" in answer.json()["warnings"][0]
    assert shown["not_checked"] == 2
    assert [each["notified_by"] for each in shown["recipients"]] == [None, None]


async def test_stopping_takes_effect_at_once(rest: Rest) -> None:
    dispatch_id = await rest.started()

    answer = await rest.post(f"/api/paketutskick/{dispatch_id}/stoppa")

    nothing = {"on_their_way": 0, "sent": 0, "left": 0, "notified": 0, "ways_on": []}
    assert (answer.status_code, answer.json()) == (200, nothing)
    assert kept(rest, dispatch_id).label == "Stoppad"
    assert rest.clinic.scheduler.plans == []


async def test_a_stopped_one_is_restarted(rest: Rest) -> None:
    dispatch_id = await rest.started()
    await rest.post(f"/api/paketutskick/{dispatch_id}/stoppa")

    answer = await rest.post(f"/api/paketutskick/{dispatch_id}/aterstarta")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["registered"]) == ("Pågående", True)


async def test_restarting_says_when_the_scheduler_is_away(rest: Rest) -> None:
    dispatch_id = await rest.started()
    await rest.post(f"/api/paketutskick/{dispatch_id}/stoppa")
    rest.clinic.scheduler.fails_with.append(AWAY)

    answer = await rest.post(f"/api/paketutskick/{dispatch_id}/aterstarta")

    assert answer.json()["registered"] is False


async def test_a_recipient_is_removed_by_personnummer_or_by_id(rest: Rest) -> None:
    dispatch_id = await rest.started(recipients=[ANNA.digits, BO.digits, CILLA.digits])
    address = f"/api/paketutskick/{dispatch_id}"
    recipients = (await rest.get(address)).json()["recipients"]

    by_number = await rest.post(
        f"{address}/ta-bort-mottagare", json={"personnummer": ANNA.formatted}
    )
    by_id = await rest.post(
        f"{address}/ta-bort-mottagare", json={"recipient_id": recipients[1]["id"]}
    )

    assert (by_number.json(), by_id.json()) == ({"on_their_way": 0}, {"on_their_way": 0})
    left = (await rest.get(address)).json()["recipients"]
    assert [recipient["state"] for recipient in left] == ["Borttagen", "Borttagen", "Mottagare"]


async def test_whom_to_remove_is_said_in_one_way(rest: Rest) -> None:
    address = f"/api/paketutskick/{await rest.started()}/ta-bort-mottagare"
    both = {"personnummer": ANNA.digits, "recipient_id": str(UUID(int=1))}

    answers = [await rest.post(address, json=body) for body in ({}, both)]

    assert [answer.status_code for answer in answers] == [422, 422]
    for answer in answers:
        (problem,) = answer.json()["problems"]
        assert problem["remedy"] == "Ange antingen personnummer eller recipient_id."


async def test_a_missed_occasion_is_sent_now(rest: Rest) -> None:
    occasion_id = await missed(rest)

    rest.clinic.clock.moment = rest.clinic.clock.now().replace(hour=4)
    answer = await rest.post(f"/api/tillfallen/{occasion_id}/skicka-nu")

    assert (answer.status_code, answer.json()["registered"]) == (200, True)
    assert "tidigt på dagen" in answer.json()["warnings"][0]
    assert f"{rest.clinic.scheduler.runs[-1].occasion_id}" == occasion_id


async def test_follow_up_shows_whom_it_is_about(rest: Rest) -> None:
    dispatch_id = await rest.started(forms=[PHQ.key, GAD.key])
    await run_to_its_end(rest.clinic, kept(rest, dispatch_id).occasions[0])

    answer = await rest.post(
        "/api/uppfoljning",
        json={
            "form_name": "phq",
            "personnummer": BO.digits,
            "sent_from": "2020-01-01",
            "sent_to": "2999-12-31",
            "purge_after_to": "2030-01-01",
        },
    )

    (found,) = answer.json()
    assert (found["form_name"], found["personnummer"]) == (PHQ.name, BO.formatted)
    assert (found["state"], found["occasion_number"]) == ("Skickat", 1)


# What the state of things forbids


async def test_instead_of_the_last_recipient_the_dispatch_is_stopped(rest: Rest) -> None:
    dispatch_id = await rest.started(recipients=[ANNA.digits])

    answer = await rest.post(
        f"/api/paketutskick/{dispatch_id}/ta-bort-mottagare", json={"personnummer": ANNA.digits}
    )

    assert answer.status_code == 409
    assert "Stoppa paketutskicket i stället" in answer.json()["message"]


async def test_what_is_stopped_cannot_be_stopped_again(rest: Rest) -> None:
    address = f"/api/paketutskick/{await rest.started()}"
    await rest.post(f"{address}/stoppa")

    answer = await rest.post(f"{address}/stoppa")

    assert (answer.status_code, "Stoppad" in answer.json()["message"]) == (409, True)


async def test_it_can_be_too_late_to_restart(rest: Rest) -> None:
    start = {"date": "2027-02-08", "time": "08:00"}
    address = f"/api/paketutskick/{await rest.started(package=WEEKLY.key, start=start)}"
    await rest.post(f"{address}/stoppa")
    pass_hours(rest.clinic, 8 * 24)

    answer = await rest.post(f"{address}/aterstarta")

    assert answer.status_code == 409
    assert "2027-02-08 kl. 08:00" in answer.json()["message"]


async def test_what_was_not_missed_cannot_be_sent_by_hand(rest: Rest) -> None:
    occasion = kept(rest, await rest.started()).occasions[0]

    answer = await rest.post(f"/api/tillfallen/{occasion.id}/skicka-nu")

    assert (answer.status_code, "Planerat" in answer.json()["message"]) == (409, True)


async def test_a_personnummer_that_is_none_is_a_fault_in_what_was_sent(rest: Rest) -> None:
    dispatch_id = await rest.started()
    body = {"personnummer": "19910204-2390"}

    removed = await rest.post(f"/api/paketutskick/{dispatch_id}/ta-bort-mottagare", json=body)
    found = await rest.post("/api/uppfoljning", json=body)

    for answer in (removed, found):
        assert answer.status_code == 422
        assert "Kontrollsiffran stämmer inte" in answer.json()["message"]


async def test_a_search_for_answers_shows_how_many_they_are_not_known(rest: Rest) -> None:
    dispatch = (await rest.clinic.start()).dispatch
    await run_to_its_end(rest.clinic, dispatch.occasions[0])
    rest.clinic.forms.fails_reading.extend([AWAY] * 2)

    found = await rest.post("/api/uppfoljning", json={"answer": "unanswered"})
    later = await rest.post("/api/uppfoljning", json={"answer": "unanswered"})

    assert (found.json(), found.headers["Utskick-Ej-Kontrollerade"]) == ([], "8")
    assert (len(later.json()), later.headers["Utskick-Ej-Kontrollerade"]) == (8, "0")


async def test_a_number_is_read_as_it_is_pasted(rest: Rest) -> None:
    dispatch_id = await rest.started(recipients=["19910204\u20112398", "19930828\u20132384"])
    body = {"personnummer": "\ufeff19910204\u22122398"}

    removed = await rest.post(f"/api/paketutskick/{dispatch_id}/ta-bort-mottagare", json=body)
    found = await rest.post("/api/uppfoljning", json=body)

    assert (removed.status_code, found.status_code) == (200, 200)


async def test_a_package_is_found_by_a_name_that_a_mac_wrote(rest: Rest) -> None:
    decomposed = unicodedata.normalize("NFD", PACKAGE.name)

    answer = await rest.start(package=decomposed, forms=[unicodedata.normalize("NFD", OWN.name)])

    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["forms"]) == (PACKAGE.name, [])


async def test_a_character_that_no_system_takes_is_named(rest: Rest) -> None:
    answer = await rest.start(title="Hej\x07")

    (problem,) = answer.json()["problems"]
    assert problem["place"] == "title"
    assert problem["reason"] == "tecknet U+0007 går inte att använda."


async def test_a_start_is_tried_with_every_text_and_nothing_comes_of_it(rest: Rest) -> None:
    spec = a_spec(rest.clinic.clock.now()) | {"inbox_message": "Hej från {{ enhet }}!"}

    answer = await rest.post("/api/paketutskick/prova", json=spec)

    tried = answer.json()
    assert (answer.status_code, tried["number_of_recipients"]) == (200, 2)
    assert tried["occasions"][0]["message"] == f"Hej från {UNIT.name}!"
    assert nothing_has_happened(rest.clinic)
