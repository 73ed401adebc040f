"""FHIR R4 appointments as visits."""

import json
from datetime import date, time
from typing import Any

import pytest

from tests.people import ANNA, BO
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.fhir_visits import PERSONNUMMER, SAMORDNINGSNUMMER, NoBundle, read_fhir_visits
from utskick.domain.visit_messages import ReadVisits
from utskick.domain.visits import VisitState

TODAY = date(2027, 2, 1)


def patient(number: str = ANNA.digits, system: str = PERSONNUMMER, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": system, "value": number}],
        **more,
    }


def appointment(**changes: Any) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": "B-1",
        "meta": {"versionId": "3", "lastUpdated": "2027-01-15T09:30:00+01:00"},
        "status": "booked",
        "start": "2027-03-01T08:30:00Z",
        "contained": [patient(id="p1")],
        "participant": [{"actor": {"reference": "#p1"}, "status": "accepted"}],
    }
    return parts | changes


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [
        {"fullUrl": f"urn:uuid:{number}", "resource": resource}
        for number, resource in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def read(content: Any, *, accept_coordination_numbers: bool = False) -> ReadVisits:
    return read_fhir_visits(
        json.dumps(content).encode(),
        accept_coordination_numbers=accept_coordination_numbers,
        zone=STOCKHOLM,
        today=TODAY,
    )


def test_an_appointment_is_a_visit_in_local_time() -> None:
    (message,) = read(bundle(appointment())).messages

    assert (message.reference, message.personnummer) == ("B-1", ANNA)
    assert (message.day, message.at) == (date(2027, 3, 1), time(9, 30))
    assert message.stamp.last_updated is not None
    assert message.place_in == "nr 1"


def test_one_alone_needs_no_bundle() -> None:
    assert len(read(appointment()).messages) == 1


@pytest.mark.parametrize(
    "actor",
    [
        {"identifier": {"system": PERSONNUMMER, "value": BO.digits}},
        {"reference": "Patient/17"},
        {"reference": "urn:uuid:1"},
    ],
)
def test_the_patient_may_be_named_or_in_the_bundle(actor: dict[str, Any]) -> None:
    visit = appointment(contained=[], participant=[{"actor": actor}])

    (message,) = read(bundle(visit, patient(BO.digits, id="17"))).messages

    assert message.personnummer == BO


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("booked", VisitState.BOOKED),
        ("arrived", VisitState.BOOKED),
        ("checked-in", VisitState.BOOKED),
        ("fulfilled", VisitState.BOOKED),
        ("cancelled", VisitState.CANCELLED),
        ("noshow", VisitState.CANCELLED),
        ("entered-in-error", VisitState.CANCELLED),
    ],
)
def test_its_status_says_whether_it_is_booked(status: str, state: VisitState) -> None:
    (message,) = read(bundle(appointment(status=status))).messages

    assert message.state is state


def test_what_is_cancelled_needs_neither_patient_nor_start() -> None:
    visit = appointment(status="cancelled", contained=[], participant=[], start=None)

    (message,) = read(bundle(visit)).messages

    assert (message.state, message.personnummer) == (VisitState.CANCELLED, None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": "proposed"}, "Besöket är inte bokat än."),
        ({"status": "somehow"}, "Bokningens status är okänd."),
        ({"start": None}, "Bokningen saknar start."),
        ({"start": "2027-03-01T09:30:00"}, "Bokningen går inte att läsa."),
        ({"id": ""}, "Besökets referens saknas."),
        ({"participant": []}, "Bokningen har ingen patient med personnummer."),
        (
            {"contained": [patient("701063-2391", SAMORDNINGSNUMMER, id="p1")]},
            "Personnumret har tio siffror.",
        ),
        (
            {"contained": [patient("191711602399", SAMORDNINGSNUMMER, id="p1")]},
            "Det är ett samordningsnummer, och med ett sådant går det inte att logga in på 1177.",
        ),
        (
            {"contained": [patient(system="urn:oid:1.2.3", id="p1")]},
            "Bokningen har ingen patient med personnummer.",
        ),
        (
            {
                "participant": [
                    {"actor": {"reference": "#p1"}},
                    {"actor": {"identifier": {"system": PERSONNUMMER, "value": BO.digits}}},
                ]
            },
            "Bokningen har flera patienter.",
        ),
    ],
)
def test_what_cannot_be_taken_refuses_itself_alone(changes: dict[str, Any], why: str) -> None:
    found = read(bundle(appointment(**changes), appointment(id="B-2")))

    assert [each.reason for each in found.refused] == [why]
    assert [each.reference for each in found.messages] == ["B-2"]


def test_a_coordination_number_is_taken_where_they_are() -> None:
    visit = appointment(contained=[patient("191711602399", SAMORDNINGSNUMMER, id="p1")])

    (message,) = read(bundle(visit), accept_coordination_numbers=True).messages

    assert message.personnummer is not None
    assert message.personnummer.is_coordination_number


@pytest.mark.parametrize("content", [{"resourceType": "Patient"}, {}, []])
def test_anything_else_is_no_bundle(content: Any) -> None:
    with pytest.raises(NoBundle):
        read(content)


def test_other_resources_are_passed_over() -> None:
    other = {"resourceType": "Practitioner", "id": "x", "name": [{"text": "Doktor"}]}

    assert read(bundle(other, appointment())).refused == ()


@pytest.mark.parametrize(
    "actor", [{"reference": "RelatedPerson/3"}, {"type": "RelatedPerson"}, {"reference": "#r1"}]
)
def test_who_comes_along_gets_nothing(actor: dict[str, Any]) -> None:
    parent = actor | {"identifier": {"system": PERSONNUMMER, "value": BO.digits}}
    along = appointment(participant=[{"actor": {"reference": "#p1"}}, {"actor": parent}])
    alone = appointment(id="B-2", participant=[{"actor": parent}])

    found = read(bundle(along, alone))

    assert [message.personnummer for message in found.messages] == [ANNA]
    assert [each.reason for each in found.refused] == [
        "Bokningen har ingen patient med personnummer."
    ]


def test_a_name_that_two_patients_have_is_nobody_s() -> None:
    visit = appointment(contained=[], participant=[{"actor": {"reference": "Patient/1"}}])

    found = read(bundle(visit, patient(ANNA.digits, id="1"), patient(BO.digits, id="1")))

    assert found.messages == ()
    assert len(found.refused) == 1
