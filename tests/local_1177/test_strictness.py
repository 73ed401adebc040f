"""A call that breaks the contract or the profile does nothing: who sees it first refuses it."""

import httpx
import pytest

from tests.local_1177.conftest import Local, an_order
from utskick.local_1177.platform import LOGICAL_ADDRESSES, SOAP
from utskick.rivta.contracts import CONTRACTS, CREATE_FORM_REQUEST, GET_FORMS
from utskick.rivta.envelopes import SoapFault, read_answer, request

ACTION = f'"{CREATE_FORM_REQUEST.action}"'
ADDRESS = LOGICAL_ADDRESSES["forms"]


def sent(
    local: Local,
    body: bytes,
    *,
    action: str = ACTION,
    content_type: str = SOAP,
    path: str = CREATE_FORM_REQUEST.path,
) -> httpx.Response:
    headers = {"Content-Type": content_type, "SOAPAction": action}
    return local.client.post(local.url + path, content=body, headers=headers)


def refusal(response: httpx.Response) -> SoapFault:
    assert response.status_code == 500
    assert response.headers["Content-Type"] == SOAP
    with pytest.raises(SoapFault) as fault:
        read_answer(CREATE_FORM_REQUEST, response.content)
    return fault.value


def a_body(personnummer: str, *, address: str = ADDRESS) -> bytes:
    return request(CREATE_FORM_REQUEST, an_order(personnummer), logical_address=address)


def test_an_encoding_may_be_written_in_every_way(local: Local, anna: str) -> None:
    for content_type in ('text/xml; charset="UTF-8"', "text/xml"):
        assert sent(local, a_body(anna), content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "action", ["", CREATE_FORM_REQUEST.action, f'"{GET_FORMS.action}"', '""', f"'{ACTION}'"]
)
def test_another_soap_action_or_one_without_quotes_is_refused(
    local: Local, anna: str, action: str
) -> None:
    fault = refusal(sent(local, a_body(anna), action=action))

    assert fault.code == "Client"
    assert "SOAPAction" in fault.text
    assert local.forms_of(anna) == []


@pytest.mark.parametrize(
    "content_type",
    ["application/soap+xml; charset=utf-8", "application/json", "text/xml; charset=latin-1"],
)
def test_another_content_type_is_refused(local: Local, anna: str, content_type: str) -> None:
    fault = refusal(sent(local, a_body(anna), content_type=content_type))

    assert "Content-Type" in fault.text
    assert local.forms_of(anna) == []


@pytest.mark.parametrize(("address", "code"), [("", "VP003"), ("SE2321000131-E1", "VP004")])
def test_a_logical_address_is_there_and_known(
    local: Local, anna: str, address: str, code: str
) -> None:
    fault = refusal(sent(local, a_body(anna, address=address)))

    assert fault.text.startswith(f"{code} [LOCAL]")
    assert local.forms_of(anna) == []


def test_a_neighbour_answers_at_its_own_address_alone(local: Local, anna: str) -> None:
    local.control("platform", {"logical_addresses": {"forms": "SE2321000131-ANNAN"}})
    try:
        refused = sent(local, a_body(anna))
        taken = sent(local, a_body(anna, address="SE2321000131-ANNAN"))
    finally:
        local.control("platform", {"logical_addresses": LOGICAL_ADDRESSES})

    assert refusal(refused).text.startswith("VP004")
    assert taken.status_code == 200


def test_a_call_is_routed_by_what_is_in_it(local: Local, anna: str) -> None:
    response = sent(local, a_body(anna), path=GET_FORMS.path, action=f'"{GET_FORMS.action}"')

    assert refusal(response).text.startswith("VP004")


@pytest.mark.parametrize("body", [b"", b"{}", b"<a>", b"\xff<a/>"])
def test_what_is_no_xml_is_refused_by_the_platform(local: Local, body: bytes) -> None:
    assert refusal(sent(local, body)).text.startswith("VP015 [LOCAL]")


ORDER = CREATE_FORM_REQUEST.core.encode()
UNIT_ELEMENT = b"<c:healthcare_facility_CareUnit>SE2321000131-E000000000901"
UNIT_ELEMENT += b"</c:healthcare_facility_CareUnit>"
BREAKING = {
    "order": lambda raw: raw.replace(
        b"<c:expireDate>20270302</c:expireDate>" + UNIT_ELEMENT,
        UNIT_ELEMENT + b"<c:expireDate>20270302</c:expireDate>",
    ),
    "a mandatory element": lambda raw: raw.replace(UNIT_ELEMENT, b""),
    "twice": lambda raw: raw.replace(UNIT_ELEMENT, 2 * UNIT_ELEMENT),
    "what nobody knows": lambda raw: raw.replace(UNIT_ELEMENT, UNIT_ELEMENT + b"<c:x/>"),
    "core namespace": lambda raw: raw.replace(ORDER + b'"', ORDER + b'1"'),
    "responder namespace": lambda raw: raw.replace(b"Responder:2", b"Responder:3"),
    "envelope": lambda raw: raw.replace(
        b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    ),
    "a document type": lambda raw: raw.replace(b"<S:Envelope", b"<!DOCTYPE a><S:Envelope"),
}


@pytest.mark.parametrize("what", BREAKING)
def test_what_does_not_validate_is_refused_by_the_producer_discreetly(
    local: Local, anna: str, what: str
) -> None:
    whole = a_body(anna)
    broken = BREAKING[what](whole)
    assert broken != whole

    fault = refusal(sent(local, broken))

    assert fault.code == "Client"
    assert fault.text.startswith("Unmarshalling Error")
    assert anna not in fault.text
    assert local.forms_of(anna) == []


def test_contracts_are_posted(local: Local) -> None:
    assert local.client.get(local.url + GET_FORMS.path).status_code == 405


def test_only_what_we_are_asked_for_by_others_is_not_served(local: Local) -> None:
    unserved = CONTRACTS["ProcessNotification"]

    assert sent(local, b"", path=unserved.path).status_code == 404
