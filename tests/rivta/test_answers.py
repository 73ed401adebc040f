"""An answer as it is written, and as it is read from whatever producer."""

import traceback
from typing import Any

import pytest

from tests.people import TOLVAN
from tests.rivta.messages import SOAP, a_message, an_answer
from utskick.rivta.contracts import (
    CREATE_FORM_REQUEST,
    GET_FORM,
    GET_FORMS,
    GET_PERSONS,
    IS_ACTIVE_USER,
)
from utskick.rivta.envelopes import NotSoap, SoapFault, answer, fault, read_answer

CANARY = TOLVAN.digits
MADE = (
    "<x:formRequestResponses><y:formId>one</y:formId>"
    "<y:healthcare_facility_CareUnit>SE1</y:healthcare_facility_CareUnit>"
    "</x:formRequestResponses>"
)
DONE = "<x:resultCode>OK</x:resultCode>"


def test_an_answer_is_read_as_it_was_written() -> None:
    question = {
        "answers": [{"answerAlternativeNumber": 2}, {"value": "ja"}],
        "answerAlternatives": [{"alternativeValue": "Ofta", "answerAlternativeNumber": 2}],
        "input": "radio",
        "questionNumber": 1,
        "subject": "Hur ofta?",
    }
    template = {
        "anonymousForm": False,
        "category": "c",
        "formName": "n",
        "language": "sv",
        "maxNumberOfQuestions": 1,
        "minNumberOfQuestions": 1,
        "maxNumberOfPages": 1,
        "minNumberOfPages": 1,
        "mandatory": False,
        "publishStatus": "Published",
        "templateVersion": 1,
        "templateId": "t",
        "term": "t",
    }
    form: dict[str, Any] = {
        "createdDateTime": "20270301T120000",
        "formId": "one",
        "formStatus": "ONGOING",
        "formTemplate": template,
        "healthcare_facility_CareUnit": "SE1",
        "healthcare_facility_CareUnitName": "Mottagningen",
        "answeredPages": [{"questionBlocks": [{"questions": [question]}]}],
    }

    assert read_answer(GET_FORM, answer(GET_FORM, {"form": form})) == {"form": form}


def test_what_may_be_repeated_is_a_list_and_what_is_not_there_is_left_out() -> None:
    assert read_answer(CREATE_FORM_REQUEST, an_answer(CREATE_FORM_REQUEST, DONE)) == {
        "formRequestResponses": [],
        "resultCode": "OK",
    }


def test_whatever_the_table_does_not_know_is_passed_over_wherever_it_stands() -> None:
    more = "<x:more>1</x:more><y:resultCode>ERROR</y:resultCode><comment>c</comment>"
    made = MADE.replace(
        "<y:formId>", "<y:calculationOutcomes><y:formId/></y:calculationOutcomes><y:formId>"
    )

    read = read_answer(CREATE_FORM_REQUEST, an_answer(CREATE_FORM_REQUEST, more + made + DONE))

    assert read == {
        "formRequestResponses": [{"formId": "one", "healthcare_facility_CareUnit": "SE1"}],
        "resultCode": "OK",
    }


@pytest.mark.parametrize(
    "elsewhere", ["<y:forms/>", "<forms/>", '<z:forms xmlns:z="urn:of:somebody"/>']
)
def test_forms_that_stand_where_they_should_not_are_not_no_forms(elsewhere: str) -> None:
    """Else a form that is there would be sent again."""
    with pytest.raises(NotSoap, match="another namespace"):
        read_answer(GET_FORMS, an_answer(GET_FORMS, elsewhere))


def test_an_answers_order_is_not_held_against_it() -> None:
    read = read_answer(CREATE_FORM_REQUEST, an_answer(CREATE_FORM_REQUEST, DONE + MADE))

    assert read["resultCode"] == "OK"
    assert read["formRequestResponses"]


@pytest.mark.parametrize(
    ("inside", "wrong"),
    [
        (MADE, "no resultCode"),
        (MADE + DONE + DONE, "resultCode twice"),
        (MADE + DONE.replace("x:", "y:"), "no resultCode"),
    ],
)
def test_what_stands_directly_in_an_answer_must_be_there_once(inside: str, wrong: str) -> None:
    with pytest.raises(NotSoap, match=wrong):
        read_answer(CREATE_FORM_REQUEST, an_answer(CREATE_FORM_REQUEST, inside))


def test_an_odd_part_is_read_for_what_it_is() -> None:
    """So that whoever reads the parts can pass over that one."""
    odd = (
        "<x:forms><y:formId>one</y:formId><y:formId>two</y:formId></x:forms>"
        "<x:forms><y:formTemplate><y:templateVersion>x</y:templateVersion>"
        "<y:mandatory> true </y:mandatory></y:formTemplate></x:forms>"
    )

    assert read_answer(GET_FORMS, an_answer(GET_FORMS, odd)) == {
        "forms": [
            {"formId": ["one", "two"]},
            {"formTemplate": {"templateVersion": "x", "mandatory": True}},
        ]
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1", "utf-16"])
def test_the_xml_declaration_says_which_encoding_it_is(encoding: str) -> None:
    declared = f"<?xml version='1.0' encoding='{encoding.removesuffix('-sig')}'?>"
    comment = "<x:comment>å<!-- seen by nobody -->ä &amp; <![CDATA[<ö>]]></x:comment>"
    raw = an_answer(CREATE_FORM_REQUEST, comment + DONE, before=declared, encoding=encoding)

    assert read_answer(CREATE_FORM_REQUEST, raw)["comment"] == "åä & <ö>"


DOCTYPE = '<!DOCTYPE e [<!ENTITY who "199102042398">]>'
OUTSIDE = '<!DOCTYPE e [<!ENTITY who SYSTEM "file:///etc/passwd">]>'
NO_ANSWERS = [
    b"",
    CANARY.encode(),
    f"<html>{CANARY}</html>".encode(),
    b"<" + CANARY.encode(),
    b"\xff\xfe\x00",
    f"<?xml version='1.0' encoding='{CANARY}'?><a/>".encode(),
    an_answer(IS_ACTIVE_USER, "<x:status>&who;</x:status>"),
    an_answer(IS_ACTIVE_USER, "<x:status>&who;</x:status>", before=DOCTYPE),
    an_answer(IS_ACTIVE_USER, "<x:status>&who;</x:status>", before=OUTSIDE),
    an_answer(IS_ACTIVE_USER, "<x:status>true</x:status>", before="<!DOCTYPE e>"),
    an_answer(IS_ACTIVE_USER, "<x:status>true</x:status>", soap="http://www.w3.org/2003/05/soap"),
    an_answer(IS_ACTIVE_USER, f"<x:status>true</x:status>{CANARY}</x:status>"),
    an_answer(GET_FORMS, ""),
    a_message(""),
    a_message(f"<a>{CANARY}</a>"),
    a_message("<a/><b/>"),
    f'<e:Envelope xmlns:e="{SOAP}"/>'.encode(),
    answer(IS_ACTIVE_USER, {"status": True})[:-20],
]


@pytest.mark.parametrize("raw", NO_ANSWERS)
def test_what_is_no_answer_of_the_contract_is_refused_without_a_word_of_it(raw: bytes) -> None:
    with pytest.raises(NotSoap) as caught:
        read_answer(IS_ACTIVE_USER, raw)

    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_many_entities_cost_nothing() -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    bomb = f'<!DOCTYPE e [<!ENTITY e0 "x">{entities}]>'

    with pytest.raises(NotSoap):
        read_answer(IS_ACTIVE_USER, an_answer(IS_ACTIVE_USER, "&e12;", before=bomb))


def test_a_fault_has_a_code_and_a_text_and_shows_neither_who_it_is_about() -> None:
    with pytest.raises(SoapFault) as caught:
        read_answer(GET_PERSONS, fault("Client", f"VP007 [X] {CANARY}", f"about {CANARY}"))

    assert (caught.value.code, caught.value.text) == ("Client", f"VP007 [X] {CANARY}")
    assert str(caught.value) == "fault Client"


@pytest.mark.parametrize(
    "body",
    [
        f'<f:Fault xmlns:f="{SOAP}"/>',
        f'<f:Fault xmlns:f="{SOAP}"><faultcode>{CANARY}</faultcode></f:Fault>',
    ],
)
def test_a_fault_without_a_known_code_is_a_fault(body: str) -> None:
    with pytest.raises(SoapFault) as caught:
        read_answer(GET_PERSONS, a_message(body))

    assert CANARY not in str(caught.value)
