"""A request as it is written, and as a strict producer reads it."""

from typing import Any

import pytest
from lxml import etree

from tests.people import TOLVAN
from tests.rivta.messages import REGISTRY, SOAP, a_message, a_request
from utskick.rivta.contracts import (
    ADD_MESSAGE,
    CONTRACTS,
    CREATE_FORM_REQUEST,
    GET_FORMS,
    GET_PERSONS,
    IS_ACTIVE_USER,
    PROCESS_NOTIFICATION,
    Contract,
)
from utskick.rivta.envelopes import NotSoap, NotXmlText, read_request, request

ORDER = {
    "templateId": "a template",
    "subjectOfCare": TOLVAN.digits,
    "keepUntil": "",
    "healthcare_facility_CareUnit": "SE2321000131-E000000000101",
    "formText": "Obs! <å & ä>",
    "expireDate": "20271201",
    "templateVersion": 3,
}
MESSAGE = {
    "subjectOfCareId": TOLVAN.digits,
    "message": {
        "organisationUnit": {"unitId": "SE1", "unitName": "Mottagningen"},
        "messageText": "Hej",
        "ssoLink": {"systemId": "S", "text": "Till formuläret", "type": "NewTarget"},
    },
    "notify": True,
    "sourceSystem": "UTSKICK",
}
PERSONS = {
    "personId": [{"root": "1.2", "extension": TOLVAN.digits}, {"root": "1.2"}],
    "profile": "P1",
    "ignoreReferredIdentity": True,
}
NOTICE = {
    "engagementTransaction": [
        {
            "deleteFlag": False,
            "engagement": {
                "registeredResidentIdentification": TOLVAN.digits,
                "serviceDomain": "infrastructure:eservicesupply:forminteraction",
                "categorization": "FormComplete",
                "logicalAddress": "SE1",
                "businessObjectInstanceIdentifier": "a form",
                "clinicalProcessInterestId": "x",
                "sourceSystem": "SE2",
                "dataController": "SE3",
            },
        }
    ]
}
ALL: list[tuple[Contract, dict[str, Any]]] = [
    (CREATE_FORM_REQUEST, {"formRequests": [ORDER]}),
    (GET_FORMS, {"subjectOfCare": TOLVAN.digits, "templateIds": ["one", "two"]}),
    (CONTRACTS["GetForm"], {"formId": "a form"}),
    (CONTRACTS["GetFormTemplates"], {"healthcare_facility_CareUnit": "SE1"}),
    (IS_ACTIVE_USER, {"subjectOfCareId": TOLVAN.digits}),
    (ADD_MESSAGE, MESSAGE),
    (GET_PERSONS, PERSONS),
    (PROCESS_NOTIFICATION, NOTICE),
]


@pytest.mark.parametrize(("contract", "fields"), ALL)
def test_what_is_asked_is_read_as_it_was_written(
    contract: Contract, fields: dict[str, Any]
) -> None:
    read = read_request(request(contract, fields, logical_address="SE1"))

    assert (read.contract, read.logical_address) == (contract, "SE1")
    assert {name: value for name, value in read.fields.items() if value != []} == fields


def test_elements_stand_in_the_contracts_order_and_namespaces() -> None:
    raw = request(CREATE_FORM_REQUEST, {"formRequests": [ORDER]}, logical_address="SE1")

    envelope = etree.fromstring(raw)
    header, body = envelope
    (operation,) = body
    (part,) = operation
    responder, core = (
        "{urn:riv:infrastructure:eservicesupply:forminteraction:CreateFormRequestResponder:2}",
        "{urn:riv:infrastructure:eservicesupply:forminteraction:2}",
    )
    assert [envelope.tag, header.tag, body.tag] == [
        f"{{{SOAP}}}{name}" for name in ("Envelope", "Header", "Body")
    ]
    assert [(each.tag, each.text) for each in header] == [(f"{{{REGISTRY}}}LogicalAddress", "SE1")]
    assert operation.tag == f"{responder}CreateFormRequest"
    assert part.tag == f"{responder}formRequests"
    assert [each.tag for each in part] == [
        f"{core}expireDate",
        f"{core}formText",
        f"{core}healthcare_facility_CareUnit",
        f"{core}keepUntil",
        f"{core}subjectOfCare",
        f"{core}templateId",
        f"{core}templateVersion",
    ]
    assert raw.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_cannot_carry_is_noticed_before_anything_is_sent(character: str) -> None:
    order = ORDER | {"formText": f"{TOLVAN.digits}{character}"}

    with pytest.raises(NotXmlText, match="formText") as caught:
        request(CREATE_FORM_REQUEST, {"formRequests": [order]}, logical_address="SE1")

    assert TOLVAN.digits not in str(caught.value)


def test_an_end_of_a_line_is_one_character() -> None:
    order = ORDER | {"formText": "one\r\ntwo\rthree\nfour\tfive"}

    read = read_request(
        request(CREATE_FORM_REQUEST, {"formRequests": [order]}, logical_address="SE1")
    )

    assert read.fields["formRequests"] == [order | {"formText": "one\ntwo\nthree\nfour\tfive"}]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"formRequests": []},
        {"formRequests": ORDER},
        {"formRequests": ["x"]},
        {"formRequests": [ORDER | {"elsewhere": "x"}]},
        {"formRequests": [ORDER | {"templateId": None}]},
        {"formRequests": [ORDER | {"templateVersion": "x"}]},
        {"formRequests": [ORDER | {"templateVersion": True}]},
        {"formRequests": [ORDER | {"templateId": 1}]},
    ],
)
def test_nothing_is_written_that_breaks_the_contract(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"form|template"):
        request(CREATE_FORM_REQUEST, broken, logical_address="SE1")


TEMPLATES = "<x:healthcare_facility_CareUnit>SE1</x:healthcare_facility_CareUnit>"
PERSON = "<x:personId><y:root>1.2</y:root></x:personId>"
PROFILE = "<x:profile>P1</x:profile>"
IGNORE = "<x:ignoreReferredIdentity>1</x:ignoreReferredIdentity>"


@pytest.mark.parametrize(
    ("inside", "wrong"),
    [
        (PROFILE + PERSON + IGNORE, "personId is not in its place"),
        (PERSON + PROFILE, "no ignoreReferredIdentity"),
        (PROFILE + IGNORE, "no personId"),
        (PERSON + PROFILE + PROFILE + IGNORE, "profile twice"),
        (PERSON.replace("y:", "x:") + PROFILE + IGNORE, "no root"),
        (PERSON + PROFILE.replace("x:", "y:") + IGNORE, "no profile"),
        (PERSON + "<profile>P1</profile>" + IGNORE, "does not know"),
        (PERSON + PROFILE + IGNORE + "<x:more/>", "does not know"),
        (PERSON + PROFILE + IGNORE.replace(">1<", ">yes<"), "is no boolean"),
        (PERSON + "<x:profile><x:P1/></x:profile>" + IGNORE, "is text"),
    ],
)
def test_a_request_is_read_to_the_letter(inside: str, wrong: str) -> None:
    with pytest.raises(NotSoap, match=wrong):
        read_request(a_request(GET_PERSONS, inside))


def test_an_extension_of_another_namespace_is_passed_over() -> None:
    extension = '<z:more xmlns:z="urn:other"><z:inside/></z:more>'

    read = read_request(a_request(GET_PERSONS, PERSON + PROFILE + IGNORE + extension))

    assert read.fields == {
        "personId": [{"root": "1.2"}],
        "profile": "P1",
        "ignoreReferredIdentity": True,
    }


def test_a_request_for_nothing_that_there_is_is_refused() -> None:
    with pytest.raises(NotSoap, match="no contract"):
        read_request(a_message('<GetForms xmlns="urn:other"/>'))


def test_a_request_without_address_has_an_empty_one_and_two_are_too_many() -> None:
    body = f'<IsActiveUser xmlns="{IS_ACTIVE_USER.responder}"><subjectOfCareId/></IsActiveUser>'
    address = f'<LogicalAddress xmlns="{REGISTRY}"> SE1 </LogicalAddress>'

    assert read_request(a_message(body)).logical_address == ""
    assert read_request(a_message(body, header=address)).logical_address == "SE1"
    with pytest.raises(NotSoap, match="LogicalAddress"):
        read_request(a_message(body, header=address * 2))


def test_what_was_asked_is_not_shown() -> None:
    read = read_request(request(*ALL[0], logical_address="SE1"))

    assert TOLVAN.digits not in repr(read)
