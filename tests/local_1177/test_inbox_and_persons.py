"""The inbox and the population register."""

from datetime import date
from typing import Any

import pytest

from tests.local_1177.conftest import Local
from tests.local_1177.region import UNIT, a_personnummer
from tests.people import COORDINATION_NUMBERS

PERSONNUMMER = "1.2.752.129.2.1.3.1"


def a_message(personnummer: str, *, notify: bool = True) -> dict[str, Any]:
    return {
        "subjectOfCareId": personnummer,
        "message": {
            "organisationUnit": {"unitId": UNIT, "unitName": "Mottagningen"},
            "messageDescription": "Formulär",
            "messageText": "Hej!",
            "ssoLink": {"systemId": "FORMULAR", "text": "Till formuläret", "type": "NewTarget"},
        },
        "notify": notify,
        "sourceSystem": "UTSKICK",
    }


def look_up(local: Local, personnummer: str) -> Any:
    asked = {
        "profile": "P1",
        "personIds": [{"root": PERSONNUMMER, "extension": personnummer}],
    }
    (record,) = local.ask("/persons/GetPersonsForProfile", asked)["requestedPersonRecords"]
    assert record["requestedPersonalIdentity"]["extension"] == personnummer
    return record.get("personRecord")


@pytest.mark.parametrize("channels", [[], ["SMS"], ["SMS", "Email"]])
def test_the_inbox_says_how_a_user_is_notified(local: Local, channels: list[str]) -> None:
    number = local.add_person(notified_by=" ".join(channels))

    answer = local.ask("/inbox/IsActiveUser", {"subjectOfCareId": number})

    assert answer == {"status": True, "activeNotificationMethods": channels}


def test_a_person_without_an_account_gets_no_message(local: Local) -> None:
    number = local.add_person(account=False)

    user = local.ask("/inbox/IsActiveUser", {"subjectOfCareId": number})
    answer = local.ask("/inbox/AddMessageToPatientPortalInbox", a_message(number))

    assert user == {"status": False, "activeNotificationMethods": []}
    assert answer["resultCode"] == "ERROR"
    assert answer["resultText"] == "Target person is not active user"


def test_the_same_message_twice_is_two_messages(local: Local, anna: str) -> None:
    for _ in range(2):
        answer = local.ask("/inbox/AddMessageToPatientPortalInbox", a_message(anna))
        assert answer["resultCode"] == "OK"
        assert answer["notificationSent"] == ["SMS", "Email"]

    truth = local.ask("/control/truth/person", {"personnummer": anna})
    assert [message["messageText"] for message in truth["messages"]] == ["Hej!", "Hej!"]


def test_nobody_is_notified_unless_asked_for(local: Local, anna: str) -> None:
    answer = local.ask("/inbox/AddMessageToPatientPortalInbox", a_message(anna, notify=False))

    assert answer["notificationSent"] == []


def test_without_a_source_system_there_is_neither_link_nor_notification(
    local: Local, anna: str
) -> None:
    call = a_message(anna)
    del call["sourceSystem"]

    answer = local.ask("/inbox/AddMessageToPatientPortalInbox", call)

    (message,) = local.ask("/control/truth/person", {"personnummer": anna})["messages"]
    assert (answer["resultCode"], answer["notificationSent"]) == ("OK", [])
    assert message["ssoLink"] == {}


@pytest.mark.parametrize("link", [{"type": "CurrentTarget"}, {"systemId": "X", "text": "Y"}])
def test_a_link_without_what_the_contract_asks_for_is_a_bad_request(
    local: Local, anna: str, link: dict[str, str]
) -> None:
    call = a_message(anna)
    call["message"]["ssoLink"] = link

    response = local.post("/inbox/AddMessageToPatientPortalInbox", call)

    assert response.status_code == 400


def test_an_ordinary_person_has_a_name_and_no_marks(local: Local) -> None:
    number = local.add_person(a_personnummer(date(1991, 5, 6)), given_name="Bo", surname="Ek")

    assert look_up(local, number) == {
        "name": {"givenName": "Bo", "surname": "Ek"},
        "birthdate": "19910506",
        "guardians": [],
    }


def test_protected_persons_are_marked_one_way_or_the_other(local: Local) -> None:
    marked = look_up(local, local.add_person(protected="indicator"))
    registered = look_up(local, local.add_person(protected="population"))

    assert marked["protectedPersonIndicator"] is True
    assert registered["protectedPopulationRecord"] is True


@pytest.mark.parametrize(("reason", "code"), [("dead", "AV"), ("emigrated", "UV")])
def test_deregistered_persons_are_still_there(local: Local, reason: str, code: str) -> None:
    record = look_up(local, local.add_person(deregistered=reason))

    assert record["deregistration"] == {"deregistrationReasonCode": code}


def test_a_person_outside_the_register_has_no_record(local: Local) -> None:
    assert look_up(local, local.add_person(in_register=False)) is None
    assert look_up(local, a_personnummer()) is None


def test_a_mark_that_is_set_later_leaves_the_rest_as_it_was(local: Local) -> None:
    number = local.add_person(given_name="Bo", surname="Ek")

    local.add_person(number, protected="indicator")

    assert look_up(local, number)["name"] == {"givenName": "Bo", "surname": "Ek"}
    assert look_up(local, number)["protectedPersonIndicator"] is True


@pytest.mark.parametrize("number", COORDINATION_NUMBERS)
def test_a_date_of_birth_that_is_not_known_is_left_out(local: Local, number: str) -> None:
    local.add_person(number)

    assert look_up(local, number)["birthdate"] is None
