"""The demo region: units, staff, forms and packages that refer to one another rightly."""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import pytest

from tests.config.region import PACKAGES, read, read_folder
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.domain.errors import StartBlocked
from utskick.domain.forms import (
    Catalogue,
    FormAccess,
    FormTemplate,
    FormTemplateId,
    require_sendable,
)
from utskick.domain.languages import LANGUAGES, SWEDISH
from utskick.domain.packages import FORMS_DESK
from utskick.domain.units import HsaId, parse_hsa_id

PSYCHIATRY = HsaId("SE2321000131-E000000000101")
WEEKDAYS = {"måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"}
UNITS = {unit["hsa_id"]: unit for unit in read("units.yaml")}
FORMS = read_folder("forms")
SUBSCRIPTIONS = {(each["unit"], each["form"]) for each in read("subscriptions.yaml")}
STAFF = read("staff.yaml")


def form_access(key: str, unit_id: str) -> FormAccess:
    raw = FORMS[key]
    form = FormTemplate(
        id=FormTemplateId(UUID(raw["id"])),
        key=raw["key"],
        name=raw["name"],
        resident_name=raw["resident_name"],
        catalogue=Catalogue(raw["catalogue"]),
        owner=raw["owner"],
        version=raw["version"],
        archived_at=raw["archived"] and datetime.combine(raw["archived"], time(), UTC),
    )
    subscribed = (unit_id, key) in SUBSCRIPTIONS
    return FormAccess(form, form.available_to(HsaId(unit_id), subscribed=subscribed))


# Units and staff


def test_hsa_ids_are_well_formed() -> None:
    commissions = [each for member in STAFF for each in member["commissions"]]

    ids = [
        *UNITS,
        *(unit["care_giver_hsa_id"] for unit in UNITS.values()),
        *(member["employee_hsa_id"] for member in STAFF),
        *(each["commission_hsa_id"] for each in commissions),
        *(each["provider_hsa_id"] for each in commissions),
    ]

    assert [parse_hsa_id(each) for each in ids] == ids


def test_at_least_four_units_have_fictional_phone_numbers() -> None:
    phones = [unit["phone"] for unit in UNITS.values()]

    assert len(phones) >= 4
    assert all(re.fullmatch(r"031-390 06 [0-4]\d", phone) for phone in phones)


def test_commissions_name_units_as_the_region_does() -> None:
    for member in STAFF:
        for commission in member["commissions"]:
            if commission["purpose"] != "Administration":
                assert commission["unit_name"] == UNITS[commission["unit_hsa_id"]]["name"]


def test_staff_show_every_kind_of_commission() -> None:
    commissions = [each for member in STAFF for each in member["commissions"]]

    assert len(STAFF) >= 5
    assert {each["purpose"] for each in commissions} == {
        "Vård och behandling",
        "Kvalitetsregister",
        "Administration",
    }
    assert any(len(member["commissions"]) > 1 for member in STAFF)
    assert any(each["end_date"] and each["end_date"] < date(2026, 1, 1) for each in commissions)


# Forms


def test_forms_are_kept_under_their_keys_with_ids_of_their_own() -> None:
    assert len(FORMS) >= 14
    assert [form["key"] for form in FORMS.values()] == list(FORMS)
    assert len({UUID(form["id"]) for form in FORMS.values()}) == len(FORMS)


def test_every_form_but_the_national_ones_has_a_unit_for_owner() -> None:
    for form in FORMS.values():
        assert (form["owner"] is None) == (form["catalogue"] == Catalogue.NAFS)
        assert form["owner"] is None or form["owner"] in UNITS


def test_national_forms_say_that_they_are_not_the_licensed_instruments() -> None:
    national = {key: form for key, form in FORMS.items() if form["catalogue"] == Catalogue.NAFS}

    assert {"phq-9", "gad-7", "eq-5d", "whodas", "audit"} <= set(national)
    for form in national.values():
        assert "Egen demonstrationstext" in form["description"]
        assert "inte det licensierade instrumentet" in form["description"]


def test_an_own_and_a_shared_form_are_archived() -> None:
    archived = {form["catalogue"] for form in FORMS.values() if form["archived"]}

    assert archived == {Catalogue.OWN, Catalogue.SHARED}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_questions_can_be_answered(form: Any) -> None:
    questions = form["questions"]

    assert len({question["key"] for question in questions}) == len(questions)
    for question in questions:
        assert question["text"]
        assert isinstance(question["required"], bool)
        match question["kind"]:
            case "choice":
                values = [option["value"] for option in question["options"]]
                assert len(set(values)) == len(values) >= 2
                assert all(isinstance(value, str) for value in values)
                assert all(isinstance(option["label"], str) for option in question["options"])
            case "scale":
                assert question["min"] < question["max"]
                assert question["min_label"]
                assert question["max_label"]
            case "number":
                assert question["min"] < question["max"]
            case "text":
                assert question["max_length"] > 0
            case kind:
                assert kind == "yes_no"


def test_subscriptions_are_for_the_shared_forms_of_others() -> None:
    for unit, key in SUBSCRIPTIONS:
        assert unit in UNITS
        assert FORMS[key]["catalogue"] == Catalogue.SHARED
        assert FORMS[key]["owner"] != unit


# Packages


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)
def test_packages_name_known_units_and_forms(package: Any) -> None:
    assert set(package["units"]) <= set(UNITS)
    assert set(package["forms"]) <= set(FORMS)
    assert FORMS_DESK in package["error_addresses"]


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)
def test_presets_make_sense(package: Any) -> None:
    assert package["weekday"] is None or package["weekday"] in WEEKDAYS
    assert package["time"] is None or time(7) <= time.fromisoformat(package["time"]) <= time(21)
    several = "interval" in package or "offsets_days" in package
    assert several is not (package.get("occasions") == 1)


@pytest.mark.parametrize("package", PACKAGES.values(), ids=PACKAGES)
def test_inbox_messages_say_who_sends_and_where_to_ask_in_each_language(package: Any) -> None:
    texts = {SWEDISH: package["inbox_message"]} | package.get("inbox_messages", {})

    for code, text in texts.items():
        used = re.findall(r"\{\{ (\w+) \}\}", text)
        assert {"enhet", "kontakt"} <= set(used)
        assert not JinjaTexts().faults(text, language=code)


def test_one_package_is_in_more_languages_one_of_them_from_right_to_left() -> None:
    translations = PACKAGES["barn-infor-besok"]["inbox_messages"]

    assert [LANGUAGES[code].right_to_left for code in translations] == [True, False]


def test_packages_are_kept_under_their_keys() -> None:
    assert [package["key"] for package in PACKAGES.values()] == list(PACKAGES)


def test_one_package_is_sent_weekly_for_eight_weeks() -> None:
    weekly = PACKAGES["vuxenpsykiatri-veckoskattning"]

    assert (weekly["interval"], weekly["occasions"]) == ({"count": 1, "unit": "week"}, 8)
    assert weekly["weekday"]
    assert weekly["time"]


def test_one_package_is_sent_monthly_and_one_at_days_of_its_own() -> None:
    monthly = PACKAGES["vardcentral-somn-varje-manad"]
    irregular = PACKAGES["smarta-uppfoljning-ett-ar"]

    assert monthly["interval"] == {"count": 1, "unit": "month"}
    assert (monthly["older_unanswered"], monthly["answer_within"]["days"]) == ("close", 10)
    assert irregular["offsets_days"] == [0, 90, 182, 365]
    assert irregular["red_days"] == "next_working_day"


def test_one_package_takes_two_persons() -> None:
    assert PACKAGES["vuxenpsykiatri-efter-utskrivning"]["needs_approval"] is True


@pytest.mark.parametrize("key", sorted(PACKAGES.keys() - {"blockerat-exempel"}))
def test_units_may_send_their_packages(key: str) -> None:
    for unit in PACKAGES[key]["units"]:
        require_sendable(form_access(form, unit) for form in PACKAGES[key]["forms"])


def test_the_psychiatric_package_holds_four_forms() -> None:
    package = PACKAGES["vuxenpsykiatri-infor-besok"]

    assert package["units"] == [PSYCHIATRY]
    assert len(package["forms"]) == 4


def test_the_blocked_package_holds_an_archived_form_and_one_without_subscription() -> None:
    forms = PACKAGES["blockerat-exempel"]["forms"]

    with pytest.raises(StartBlocked) as caught:
        require_sendable(form_access(form, PSYCHIATRY) for form in forms)

    assert caught.value.archived == ("Inskrivning vuxenpsykiatri 2024",)
    assert caught.value.unsubscribed == ("Smärtskattning",)
