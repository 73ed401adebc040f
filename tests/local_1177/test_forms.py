"""The form service: what the contract says, and what it does not promise."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.local_1177.conftest import Local, an_order
from tests.local_1177.region import ARCHIVED, NAFS, OTHER_UNIT, OWN, SHARED, UNIT
from utskick.rivta.envelopes import SoapFault
from utskick.rivta.faults import platform_fault


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
    ("changes", "why"),
    [
        ({"templateId": ARCHIVED}, "mallen är inte publicerad"),
        ({"templateId": "no-such-template"}, "mallen finns inte"),
        ({"templateVersion": 99}, "mallen finns inte"),
        ({"templateVersion": 2}, "mallen är inte publicerad"),
        (
            {"templateId": OWN, "healthcare_facility_CareUnit": OTHER_UNIT},
            "enheten får inte använda mallen",
        ),
        (
            {"healthcare_facility_CareUnit": "SE2321000131-E999"},
            "enheten får inte använda mallen",
        ),
        ({"expireDate": "20260301"}, "sista svarsdagen har passerat"),
        ({"expireDate": "2027-03-02"}, "ett datum går inte att läsa"),
        ({"keepUntil": "20270230"}, "ett datum går inte att läsa"),
    ],
)
def test_a_refusal_makes_nothing_and_says_why_in_free_text_about_the_person(
    local: Local, anna: str, changes: dict[str, object], why: str
) -> None:
    answer = local.create_form(anna, **changes)

    number = f"{anna[:8]}-{anna[8:]}"
    comment = f"Formulär till Anna Testsson, {number}, har inte skapats: {why}."
    assert answer == {"formRequestResponses": [], "resultCode": "ERROR", "comment": comment}
    assert local.forms_of(anna) == []


def test_nobody_gets_a_form_whom_the_engine_does_not_know(local: Local) -> None:
    answer = local.create_form("189001019802")

    assert answer["resultCode"] == "ERROR"
    assert answer["comment"].endswith("har inte skapats: invånaren är okänd.")


def test_a_form_may_be_kept_until_further_notice(local: Local, anna: str) -> None:
    local.create(anna, keepUntil="")

    (form,) = found(local, anna)
    assert form["keepUntil"] == ""


def test_only_the_forms_that_could_be_made_are_listed(local: Local, anna: str) -> None:
    good = an_order(anna)["formRequests"]
    bad = an_order(anna, templateId=ARCHIVED)["formRequests"]

    answer = local.call("CreateFormRequest", {"formRequests": good + bad})

    assert answer["resultCode"] == "INFO"
    assert "mallen är inte publicerad" in answer["comment"]
    assert len(answer["formRequestResponses"]) == 1


def test_a_form_may_be_answered_until_the_end_of_today(local: Local, anna: str) -> None:
    assert local.create_form(anna, expireDate="20260302")["resultCode"] == "OK"


def test_a_shared_template_needs_a_subscription(local: Local, anna: str) -> None:
    local.control("subscriptions", {"unit": UNIT, "template": SHARED, "subscribed": False})
    refused = local.create_form(anna, templateId=SHARED)

    local.control("subscriptions", {"unit": UNIT, "template": SHARED, "subscribed": True})
    accepted = local.create_form(anna, templateId=SHARED)

    assert "enheten får inte använda mallen" in refused["comment"]
    assert accepted["resultCode"] == "OK"


def test_an_archived_template_can_be_published_again(local: Local, anna: str) -> None:
    local.control(f"templates/{NAFS}/archive")
    refused = local.create_form(anna)

    local.control(f"templates/{NAFS}/publish")

    assert "mallen är inte publicerad" in refused["comment"]
    assert local.create_form(anna)["resultCode"] == "OK"


def test_get_forms_finds_what_the_unit_has_given_the_person(local: Local, anna: str) -> None:
    form_id = local.create(anna, formText="Välkommen!")
    local.create(anna, templateId=OWN)
    local.create(anna, healthcare_facility_CareUnit=OTHER_UNIT)

    (form,) = found(local, anna, healthcare_facility_CareUnit=UNIT.lower(), templateIds=[NAFS])

    template = form.pop("formTemplate")
    assert form == {
        "formId": form_id,
        "createdDateTime": "20260302T120000",
        "expireDate": "20270302",
        "keepUntil": "20270402",
        "formStatus": "ONGOING",
        "healthcare_facility_CareUnit": UNIT,
        "healthcare_facility_CareUnitName": "Mottagningen",
        "subjectOfCare": anna,
    }
    assert (template["templateId"], template["templateVersion"]) == (NAFS, 3)
    assert template["formName"] == "Mall nationell"


def test_without_template_ids_every_form_of_the_unit_is_found(local: Local, anna: str) -> None:
    local.create(anna)
    local.create(anna, templateId=OWN)

    forms = found(local, anna)

    assert {form["formTemplate"]["templateId"] for form in forms} == {NAFS, OWN}


def test_created_times_are_swedish_local_time_in_whole_seconds(local: Local, anna: str) -> None:
    local.now = datetime(2026, 7, 1, 22, 30, 15, 999999, tzinfo=UTC)

    local.create(anna)

    assert local.forms_of(anna)[0]["createdDateTime"] == "20260702T003015"


def test_get_form_gives_choices_by_number_and_everything_else_as_a_value(
    local: Local, anna: str
) -> None:
    form_id = local.create(anna, formText="Hej")
    answers = {"sover": "nej", "ork": "1", "timmar": "7"}
    local.control("answer", {"formId": form_id, "answers": answers})

    form = local.call("GetForm", {"formId": form_id})["form"]

    ((block,),) = (page["questionBlocks"] for page in form["answeredPages"])
    sover, ork, timmar, halsa, _ = block["questions"]
    assert (form["formStatus"], form["formText"]) == ("COMPLETED", "Hej")
    assert sover["answers"] == ork["answers"] == [{"answerAlternativeNumber": 2}]
    assert ork["answerAlternatives"] == [
        {"alternativeValue": "Inget", "answerAlternativeNumber": 1},
        {"alternativeValue": "Allt", "answerAlternativeNumber": 2},
    ]
    assert (timmar["answers"], timmar["answerAlternatives"]) == ([{"value": "7"}], [])
    assert (halsa["subject"], halsa["answers"]) == ("Hälsa?", [])


def test_a_form_that_does_not_exist_is_a_fault_without_a_code(local: Local) -> None:
    with pytest.raises(SoapFault) as fault:
        local.call("GetForm", {"formId": "none"})

    assert fault.value.code == "Server"
    assert platform_fault(fault.value.text) is None


def test_templates_are_the_units_own_its_subscribed_and_the_national_in_all_versions(
    local: Local,
) -> None:
    templates = local.call("GetFormTemplates", {"healthcare_facility_CareUnit": UNIT})

    listed = [
        (each["templateId"], each["templateVersion"], each["publishStatus"])
        for each in templates["formTemplates"]
    ]
    newest = {OWN: "Published", SHARED: "Published", NAFS: "Published", ARCHIVED: "Archived"}
    assert len(listed) == 3 * len(newest)
    for template, status in newest.items():
        versions = [each[1:] for each in listed if each[0] == template]
        assert versions == [(3, status), (2, "Archived"), (1, "Archived")]


def test_templates_are_asked_for_by_id_and_by_status(local: Local) -> None:
    asked = {
        "healthcare_facility_CareUnit": UNIT,
        "templateIds": [NAFS],
        "publishedStatus": ["Published"],
    }

    (template,) = local.call("GetFormTemplates", asked)["formTemplates"]

    assert (template["templateId"], template["templateVersion"]) == (NAFS, 3)


def test_other_units_do_not_see_a_units_own_templates(local: Local) -> None:
    asked = {"healthcare_facility_CareUnit": OTHER_UNIT}

    templates = local.call("GetFormTemplates", asked)["formTemplates"]

    assert {t["templateId"] for t in templates} == {SHARED, NAFS}


def found(local: Local, personnummer: str, **changes: object) -> list[Any]:
    asked = {"healthcare_facility_CareUnit": UNIT, "subjectOfCare": personnummer, **changes}
    forms: list[Any] = local.call("GetForms", asked)["forms"]
    return forms
