"""The form service: what the contract says, and what it does not promise."""

from datetime import UTC, datetime

import pytest

from tests.local_1177.conftest import Local, an_order
from tests.local_1177.region import ARCHIVED, NAFS, OTHER_UNIT, OWN, SHARED, UNIT


def test_the_same_request_twice_makes_two_forms(local: Local, anna: str) -> None:
    first = local.create_form(anna)
    second = local.create_form(anna)

    assert first["resultCode"] == second["resultCode"] == "OK"
    assert len(local.forms_of(anna)) == 2


def test_the_answer_names_the_unit_and_the_person_of_each_form(local: Local, anna: str) -> None:
    (made,) = local.create_form(anna)["formRequestResponses"]

    assert made["healthcare_facility_CareUnit"] == UNIT
    assert made["subjectOfCare"] == anna


@pytest.mark.parametrize(
    ("changes", "comment"),
    [
        ({"templateId": ARCHIVED}, "TEMPLATE_ARCHIVED"),
        ({"templateId": "no-such-template"}, "TEMPLATE_UNKNOWN"),
        ({"templateVersion": 99}, "TEMPLATE_UNKNOWN"),
        (
            {"templateId": OWN, "healthcare_facility_CareUnit": OTHER_UNIT},
            "TEMPLATE_NOT_AVAILABLE",
        ),
        ({"healthcare_facility_CareUnit": "SE2321000131-E999"}, "TEMPLATE_NOT_AVAILABLE"),
        ({"subjectOfCare": "189001019802"}, "SUBJECT_UNKNOWN"),
        ({"expireDate": "20260301"}, "INVALID_DATE"),
        ({"expireDate": "2027-03-02"}, "INVALID_DATE"),
        ({"keepUntil": "20270230"}, "INVALID_DATE"),
    ],
)
def test_a_refusal_makes_nothing_and_says_why(
    local: Local, anna: str, changes: dict[str, object], comment: str
) -> None:
    answer = local.create_form(anna, **changes)

    assert answer == {"formRequestResponses": [], "resultCode": "ERROR", "comment": comment}
    assert local.forms_of(anna) == []


def test_only_the_forms_that_could_be_made_are_listed(local: Local, anna: str) -> None:
    good = an_order(anna)["formRequests"]
    bad = an_order(anna, templateId=ARCHIVED)["formRequests"]

    answer = local.ask("/forms/CreateFormRequest", {"formRequests": good + bad})

    assert answer["resultCode"] == "INFO"
    assert answer["comment"] == "TEMPLATE_ARCHIVED"
    assert len(answer["formRequestResponses"]) == 1


def test_a_form_may_be_answered_until_the_end_of_today(local: Local, anna: str) -> None:
    assert local.create_form(anna, expireDate="20260302")["resultCode"] == "OK"


def test_a_shared_template_needs_a_subscription(local: Local, anna: str) -> None:
    local.control("subscriptions", {"unit": UNIT, "template": SHARED, "subscribed": False})
    refused = local.create_form(anna, templateId=SHARED)

    local.control("subscriptions", {"unit": UNIT, "template": SHARED, "subscribed": True})
    accepted = local.create_form(anna, templateId=SHARED)

    assert refused["comment"] == "TEMPLATE_NOT_AVAILABLE"
    assert accepted["resultCode"] == "OK"


def test_an_archived_template_can_be_published_again(local: Local, anna: str) -> None:
    local.control(f"templates/{NAFS}/archive")
    refused = local.create_form(anna)

    local.control(f"templates/{NAFS}/publish")

    assert refused["comment"] == "TEMPLATE_ARCHIVED"
    assert local.create_form(anna)["resultCode"] == "OK"


def test_get_forms_finds_what_the_unit_has_given_the_person(local: Local, anna: str) -> None:
    form_id = local.create(anna, formText="Välkommen!")
    local.create(anna, templateId=OWN)
    local.create(anna, healthcare_facility_CareUnit=OTHER_UNIT)

    (form,) = local.ask(
        "/forms/GetForms",
        {
            "healthcare_facility_CareUnit": UNIT.lower(),
            "subjectOfCare": anna,
            "templateIds": [NAFS],
        },
    )["forms"]

    assert form == {
        "formId": form_id,
        "templateId": NAFS,
        "templateName": "Mall nationell",
        "createdDateTime": "20260302T120000",
        "expireDate": "20270302",
        "keepUntil": "20270402",
        "formStatus": "ONGOING",
        "healthcare_facility_CareUnit": UNIT,
        "subjectOfCare": anna,
    }


def test_without_template_ids_every_form_of_the_unit_is_found(local: Local, anna: str) -> None:
    local.create(anna)
    local.create(anna, templateId=OWN)

    answer = local.ask(
        "/forms/GetForms", {"healthcare_facility_CareUnit": UNIT, "subjectOfCare": anna}
    )

    assert {form["templateId"] for form in answer["forms"]} == {NAFS, OWN}


def test_created_times_are_swedish_local_time_in_whole_seconds(local: Local, anna: str) -> None:
    local.now = datetime(2026, 7, 1, 22, 30, 15, 999999, tzinfo=UTC)

    local.create(anna)

    assert local.forms_of(anna)[0]["createdDateTime"] == "20260702T003015"


def test_get_form_returns_the_answers_as_they_are_read(local: Local, anna: str) -> None:
    form_id = local.create(anna, formText="Hej")
    local.control("answer", {"formId": form_id, "answers": {"sover": "nej", "ork": "1"}})

    form = local.ask("/forms/GetForm", {"formId": form_id})

    assert form["formStatus"] == "COMPLETED"
    assert form["completedDateTime"] == "20260302T120000"
    assert form["formText"] == "Hej"
    assert form["answers"] == [
        {"questionId": "sover", "question": "Sover du bra?", "answer": "Nej"},
        {"questionId": "ork", "question": "Hur mycket orkar du?", "answer": "Allt"},
    ]
    assert "proxy" not in form


def test_an_unknown_form_is_not_found(local: Local) -> None:
    assert local.post("/forms/GetForm", {"formId": "none"}).status_code == 404


def test_templates_are_the_units_own_its_subscribed_and_the_national(local: Local) -> None:
    asked = {"healthcare_facility_CareUnit": UNIT}

    templates = local.ask("/forms/GetFormTemplates", asked)["formTemplates"]

    assert {(t["templateId"], t["publishStatus"]) for t in templates} == {
        (OWN, "Published"),
        (SHARED, "Published"),
        (NAFS, "Published"),
        (ARCHIVED, "Archived"),
    }
    assert {t["catalogue"] for t in templates} == {"own", "shared", "nafs"}


def test_other_units_do_not_see_a_units_own_templates(local: Local) -> None:
    asked = {"healthcare_facility_CareUnit": OTHER_UNIT}

    templates = local.ask("/forms/GetFormTemplates", asked)["formTemplates"]

    assert {t["templateId"] for t in templates} == {SHARED, NAFS}


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"formRequests": [{}]}', '{"formRequests": 1}'])
def test_a_call_that_breaks_the_contract_is_a_bad_request(local: Local, body: str) -> None:
    response = local.client.post(f"{local.url}/forms/CreateFormRequest", content=body)

    assert response.status_code == 400


def test_contracts_are_posted(local: Local) -> None:
    assert local.client.get(f"{local.url}/forms/GetForms").status_code == 405
