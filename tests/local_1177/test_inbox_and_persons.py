"""The inbox and the population register."""

from typing import Any

import pytest

from tests.local_1177.conftest import Local
from tests.local_1177.region import UNIT, a_personnummer
from tests.people import COORDINATION_NUMBERS
from utskick.rivta.envelopes import SoapFault

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


def look_up(local: Local, personnummer: str, *, follows: bool = False) -> Any:
    asked = {
        "profile": "P1",
        "personId": [{"root": PERSONNUMMER, "extension": personnummer}],
        "ignoreReferredIdentity": not follows,
    }
    (record,) = local.call("GetPersonsForProfile", asked)["requestedPersonRecord"]
    assert record["requestedPersonalIdentity"]["extension"] == personnummer
    return record.get("personRecord")


@pytest.mark.parametrize("channels", [[], ["SMS"], ["SMS", "Email"]])
def test_the_inbox_says_how_a_user_is_notified(local: Local, channels: list[str]) -> None:
    number = local.add_person(notified_by=" ".join(channels))

    answer = local.call("IsActiveUser", {"subjectOfCareId": number})

    assert answer == {"status": True, "activeNotificationMethods": channels}


def test_a_person_without_an_account_gets_no_message(local: Local) -> None:
    number = local.add_person(account=False)

    user = local.call("IsActiveUser", {"subjectOfCareId": number})
    answer = local.call("AddMessageToPatientPortalInbox", a_message(number))

    assert user == {"status": False, "activeNotificationMethods": []}
    assert answer["resultCode"] == "ERROR"
    assert answer["resultText"] == "Target person is not active user"


def test_the_same_message_twice_is_two_messages(local: Local, anna: str) -> None:
    for _ in range(2):
        answer = local.call("AddMessageToPatientPortalInbox", a_message(anna))
        assert answer["resultCode"] == "OK"
        assert answer["notificationSent"] == ["SMS", "Email"]

    truth = local.ask("/control/truth/person", {"personnummer": anna})
    assert [message["messageText"] for message in truth["messages"]] == ["Hej!", "Hej!"]


def test_nobody_is_notified_unless_asked_for(local: Local, anna: str) -> None:
    answer = local.call("AddMessageToPatientPortalInbox", a_message(anna, notify=False))

    assert answer["notificationSent"] == []


def test_without_a_source_system_there_is_neither_link_nor_notification(
    local: Local, anna: str
) -> None:
    call = a_message(anna)
    del call["sourceSystem"]

    answer = local.call("AddMessageToPatientPortalInbox", call)

    (message,) = local.ask("/control/truth/person", {"personnummer": anna})["messages"]
    assert (answer["resultCode"], answer["notificationSent"]) == ("OK", [])
    assert message["ssoLink"] == {}


def test_a_link_of_a_type_that_the_contract_does_not_know_is_refused(
    local: Local, anna: str
) -> None:
    call = a_message(anna)
    call["message"]["ssoLink"]["type"] = "Popup"

    with pytest.raises(SoapFault, match="fault Client"):
        local.call("AddMessageToPatientPortalInbox", call)


def test_an_ordinary_person_has_a_name_and_no_marks(local: Local) -> None:
    number = local.add_person(given_name="Bo", surname="Ek")

    assert look_up(local, number) == {
        "personalIdentity": {"root": PERSONNUMMER, "extension": number},
        "protectedPersonIndicator": False,
        "testIndicator": True,
        "primaryIdentity": True,
        "name": {"givenName": "Bo", "surname": "Ek"},
        "referredPersonalIdentities": [],
    }


def test_protected_persons_are_marked_one_way_or_the_other_and_have_no_name(
    local: Local,
) -> None:
    marked = look_up(local, local.add_person(protected="indicator", surname="Ek"))
    registered = look_up(local, local.add_person(protected="population", surname="Ek"))

    assert marked["protectedPersonIndicator"] is True
    assert registered["protectedPersonIndicator"] is False
    assert registered["protectedPopulationRecord"] is True
    assert "name" not in marked.keys() | registered.keys()


@pytest.mark.parametrize(("reason", "code"), [("dead", "AV"), ("emigrated", "UV")])
def test_deregistered_persons_are_still_there(local: Local, reason: str, code: str) -> None:
    record = look_up(local, local.add_person(deregistered=reason))

    assert record["deregistration"] == {"deregistrationReasonCode": code}


def test_a_deregistration_may_have_any_code_or_none(local: Local) -> None:
    strange = look_up(local, local.add_person(deregistration_code="XX"))
    uncoded = look_up(local, local.add_person(deregistration_date="2026-02"))
    dead = look_up(local, local.add_person(found_dead="2026"))

    assert strange["deregistration"] == {"deregistrationReasonCode": "XX"}
    assert uncoded["deregistration"] == {
        "deregistrationDate": {"format": "YYYY-MM", "value": "2026-02"}
    }
    assert dead["deregistration"] == {"foundDeadAtDate": {"format": "YYYY", "value": "2026"}}


@pytest.mark.parametrize("number", COORDINATION_NUMBERS)
def test_who_has_a_samordningsnummer_dies_without_being_deregistered(
    local: Local, number: str
) -> None:
    local.add_person(number, coordination_deceased="2026-01-31")

    record = look_up(local, number)

    assert record["personalIdentity"] == {"root": "1.2.752.129.2.1.3.3", "extension": number}
    assert record["coOrdinationNumberData"] == {
        "deceasedDate": {"format": "YYYY-MM-DD", "value": "2026-01-31"}
    }
    assert "deregistration" not in record


def test_who_has_changed_numbers_is_found_under_either_as_is_asked_for(local: Local) -> None:
    new = local.add_person(surname="Ek")
    old = local.add_person(surname="Ek", changed_to=new)

    as_asked, followed = look_up(local, old), look_up(local, old, follows=True)

    assert as_asked["personalIdentity"]["extension"] == old
    assert as_asked["primaryIdentity"] is False
    assert as_asked["deregistration"] == {"deregistrationReasonCode": "GN"}
    assert as_asked["referredPersonalIdentities"] == [{"root": PERSONNUMMER, "extension": new}]
    assert followed["personalIdentity"]["extension"] == new
    assert "deregistration" not in followed


def test_a_person_may_be_no_test_person(local: Local) -> None:
    assert look_up(local, local.add_person(test_person=False))["testIndicator"] is False


def test_several_persons_come_in_no_promised_order(local: Local) -> None:
    numbers = [local.add_person(), a_personnummer(), local.add_person()]
    asked = {
        "profile": "P1",
        "personId": [{"root": PERSONNUMMER, "extension": number} for number in numbers],
        "ignoreReferredIdentity": True,
    }

    records = local.call("GetPersonsForProfile", asked)["requestedPersonRecord"]

    found = {each["requestedPersonalIdentity"]["extension"]: each for each in records}
    assert list(found) != numbers
    assert ["personRecord" in found[number] for number in numbers] == [True, False, True]


def test_more_persons_than_the_register_answers_for_are_a_fault(local: Local) -> None:
    asked = {
        "profile": "P1",
        "personId": [{"root": PERSONNUMMER, "extension": "191212121212"}] * 501,
        "ignoreReferredIdentity": True,
    }

    with pytest.raises(SoapFault, match="fault Client"):
        local.call("GetPersonsForProfile", asked)


def test_a_person_outside_the_register_has_no_record(local: Local) -> None:
    assert look_up(local, local.add_person(in_register=False)) is None
    assert look_up(local, a_personnummer()) is None


def test_a_mark_that_is_set_later_leaves_the_rest_as_it_was(local: Local) -> None:
    number = local.add_person(given_name="Bo", surname="Ek", deregistration_code="TA")

    local.add_person(number, changed_to="191212121212")

    record = look_up(local, number)
    assert record["name"] == {"givenName": "Bo", "surname": "Ek"}
    assert record["deregistration"] == {"deregistrationReasonCode": "TA"}
