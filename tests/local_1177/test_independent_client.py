"""A client of somebody else's, made from a reading of its own, uses the local 1177."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from zeep import Client, Settings, Transport
from zeep.exceptions import Fault

from tests.local_1177.conftest import Local
from tests.local_1177.region import ARCHIVED, NAFS, UNIT
from tests.local_1177.wsdl import DESCRIBED, write_wsdl
from tests.waiting import TIMEOUT_S
from utskick.local_1177.platform import LOGICAL_ADDRESSES

PERSONNUMMER = "1.2.752.129.2.1.3.1"
ADDRESS_OF = {"forminteraction": "forms", "patientportal": "inbox", "person": "persons"}

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def clients(running: Local, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks a contract, which is read from its description once."""
    folder: Path = tmp_path_factory.mktemp("wsdl")

    with requests.Session() as session:

        @cache
        def service(name: str) -> Any:
            wsdl = write_wsdl(folder, name, url=running.url)
            transport = Transport(session=session, operation_timeout=TIMEOUT_S)
            return Client(str(wsdl), transport=transport, settings=Settings(strict=True)).service

        def ask(name: str, *, to: str = "", **fields: Any) -> Any:
            neighbour = ADDRESS_OF[DESCRIBED[name].domain.rpartition(":")[2]]
            header = {"LogicalAddress": to or LOGICAL_ADDRESSES[neighbour]}
            return service(name)[name](**fields, _soapheaders=header)

        yield ask


@pytest.fixture
def ask(local: Local, clients: Ask) -> Ask:
    return clients


def an_order(personnummer: str, **changes: Any) -> Mapping[str, Any]:
    return {
        "expireDate": "20270302",
        "formText": "Välkommen – å, ä & ö <tack>",
        "healthcare_facility_CareUnit": UNIT,
        "keepUntil": "20270402",
        "subjectOfCare": personnummer,
        "templateId": NAFS,
        **changes,
    }


def test_a_form_is_made_found_and_read(local: Local, ask: Ask, anna: str) -> None:
    made = ask("CreateFormRequest", formRequests=[an_order(anna)])
    (created,) = made.formRequestResponses
    answers = {"sover": "nej", "ork": "1", "mer": "Å & ä"}
    local.control("answer", {"formId": created.formId, "answers": answers})

    (listed,) = ask("GetForms", healthcare_facility_CareUnit=UNIT, subjectOfCare=anna).forms
    form = ask("GetForm", formId=created.formId).form

    assert (made.resultCode, made.comment) == ("OK", None)
    assert (created.healthcare_facility_CareUnit, created.subjectOfCare) == (UNIT, anna)
    assert (listed.formId, listed.expireDate, listed.keepUntil) == (
        created.formId,
        "20270302",
        "20270402",
    )
    assert (listed.formTemplate.templateId, listed.formTemplate.templateVersion) == (NAFS, 3)
    assert (form.formStatus, form.formText) == ("COMPLETED", "Välkommen – å, ä & ö <tack>")
    questions = form.answeredPages[0].questionBlocks[0].questions
    chosen = questions[0].answers[0].answerAlternativeNumber
    assert questions[0].answerAlternatives[chosen - 1].alternativeValue == "Nej"
    assert questions[-1].answers[0].value == "Å & ä"


def test_a_refusal_has_a_comment_and_no_form(ask: Ask, anna: str) -> None:
    refused = ask("CreateFormRequest", formRequests=[an_order(anna, templateId=ARCHIVED)])

    assert (refused.resultCode, refused.formRequestResponses) == ("ERROR", [])
    assert "Anna Testsson" in refused.comment


def test_every_version_of_a_template_is_listed(ask: Ask) -> None:
    answer = ask("GetFormTemplates", healthcare_facility_CareUnit=UNIT, templateIds=[NAFS])
    listed = answer.formTemplates

    versions = [(each.templateVersion, each.publishStatus) for each in listed]
    assert versions == [(3, "Published"), (2, "Archived"), (1, "Archived")]
    assert listed[0].anonymousForm is False


def test_a_user_gets_a_message_with_a_link(local: Local, ask: Ask, anna: str) -> None:
    user = ask("IsActiveUser", subjectOfCareId=anna)
    left = ask(
        "AddMessageToPatientPortalInbox",
        subjectOfCareId=anna,
        message={
            "organisationUnit": {"unitId": UNIT, "unitName": "Mottagningen"},
            "messageDescription": "Formulär",
            "messageText": "Hej!\nSvara gärna.",
            "ssoLink": {
                "systemId": "FORMULAR",
                "text": "Till formuläret",
                "queryString": "formular=1&formular=2",
                "type": "CurrentTarget",
            },
        },
        notify=True,
        sourceSystem="UTSKICK",
    )

    (message,) = local.ask("/control/truth/person", {"personnummer": anna})["messages"]
    assert (user.status, user.activeNotificationMethods) == (True, ["SMS", "Email"])
    assert (left.resultCode, left.notificationSent) == ("OK", ["SMS", "Email"])
    assert message["messageText"] == "Hej!\nSvara gärna."
    assert message["ssoLink"]["queryString"] == "formular=1&formular=2"


def test_persons_are_described(local: Local, ask: Ask, anna: str) -> None:
    new = local.add_person()
    old = local.add_person(changed_to=new, deregistration_date="2026-02")
    dead = local.add_person(protected="population", deregistered="dead", found_dead="2026")
    numbers = [anna, old, dead, "189001019802"]

    answer = ask(
        "GetPersonsForProfile",
        personId=[{"root": PERSONNUMMER, "extension": number} for number in numbers],
        profile="P1",
        ignoreReferredIdentity=True,
    )

    records = answer.requestedPersonRecord
    found = {each.requestedPersonalIdentity.extension: each.personRecord for each in records}
    assert found["189001019802"] is None
    assert (found[anna].name.givenName, found[anna].name.surname) == ("Anna", "Testsson")
    assert found[anna].protectedPersonIndicator is False
    assert found[old].referredPersonalIdentities[0].extension == new
    assert found[old].deregistration.deregistrationDate.value == "2026-02"
    assert found[dead].protectedPopulationRecord is True
    assert found[dead].deregistration.deregistrationReasonCode == "AV"
    assert found[dead].deregistration.foundDeadAtDate.format == "YYYY"


def test_a_form_that_does_not_exist_is_a_fault(ask: Ask) -> None:
    with pytest.raises(Fault) as fault:
        ask("GetForm", formId="none")

    assert fault.value.message == "Formuläret finns inte"


def test_a_fault_of_the_platform_has_its_text_and_a_detail(
    local: Local, ask: Ask, anna: str
) -> None:
    local.break_down("platform_before", code="VP007")

    with pytest.raises(Fault) as fault:
        ask("CreateFormRequest", formRequests=[an_order(anna)])

    assert fault.value.message == "VP007 [LOCAL] Authorization missing"
    assert fault.value.detail.findtext("detailString") == fault.value.message


def test_an_address_that_nobody_has_is_a_fault_of_the_platform(ask: Ask, anna: str) -> None:
    with pytest.raises(Fault, match=r"^VP004 \[LOCAL\] "):
        ask("IsActiveUser", subjectOfCareId=anna, to="SE2321000131-E000000000000")
