"""What nobody promises of the form engine, set while it runs."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.local_1177.conftest import Local, Resident, a_local, ref_of
from tests.local_1177.region import NAFS, UNIT

ODD = "FORM-2024/17 å"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """One of its own, as a template stays."""
    with a_local(tmp_path_factory.mktemp("engine")) as local:
        yield local


def found(local: Local, personnummer: str) -> list[Any]:
    asked = {"healthcare_facility_CareUnit": UNIT, "subjectOfCare": personnummer}
    forms: list[Any] = local.call("GetForms", asked)["forms"]
    return forms


def statuses(local: Local, template: str) -> list[tuple[int, str]]:
    asked = {"healthcare_facility_CareUnit": UNIT, "templateIds": [template]}
    listed = local.call("GetFormTemplates", asked)["formTemplates"]
    return [(each["templateVersion"], each["publishStatus"]) for each in listed]


def somebody_elses_form(local: Local, personnummer: str, **odd: str) -> str:
    form = {"personnummer": personnummer, "unit": UNIT, "template": NAFS, **odd}
    return str(local.ask("/control/forms", form)["formId"])


def test_the_engine_moves_dates_and_then_keeps_them_again(local: Local, anna: str) -> None:
    local.put("dates", {"moves_expire_days": 1, "moves_keep_days": -2})
    local.create(anna)
    local.put("dates", {})
    local.create(anna)

    dates = [(form["expireDate"], form["keepUntil"]) for form in found(local, anna)]
    assert dates == [("20270303", "20270331"), ("20270302", "20270402")]


def test_the_engine_may_say_that_it_has_changed_dates_when_it_has_made_a_form(
    local: Local, anna: str
) -> None:
    local.put("dates", {"moves_expire_days": 1, "says_so": True})

    answer = local.create_form(anna)

    assert answer["resultCode"] == "INFO"
    assert "Anna Testsson" in answer["comment"]
    assert len(answer["formRequestResponses"]) == len(found(local, anna)) == 1


def test_the_engine_forgets_dates(local: Local, anna: str) -> None:
    local.put("dates", {"forgets_expire": True, "forgets_keep": True})

    local.create(anna)

    (form,) = found(local, anna)
    assert "expireDate" not in form
    assert form["keepUntil"] == ""


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"expire_date": "2027-03-02", "keep_until": "tills vidare"},
        {"expire_date": "20270302", "keep_until": "20270402", "created": "i går"},
    ],
)
def test_forms_of_others_have_any_dates_and_stand_among_the_rest(
    local: Local, resident: Resident, anna: str, odd: dict[str, str]
) -> None:
    ours = local.create(anna)
    theirs = somebody_elses_form(local, anna, **odd)

    listed = {form["formId"]: form for form in found(local, anna)}

    assert listed.keys() == {ours, theirs}
    assert listed[theirs].get("expireDate", "") == odd.get("expire_date", "")
    assert listed[theirs]["keepUntil"] == odd.get("keep_until", "")
    assert listed[theirs]["createdDateTime"] == odd.get("created", "20260302T120000")
    assert resident.sign_in(ref_of(local, anna)).status_code == 200


def test_a_form_without_a_last_day_can_be_answered(
    local: Local, resident: Resident, anna: str
) -> None:
    form_id = somebody_elses_form(local, anna)
    start = resident.sign_in(ref_of(local, anna))

    page = resident.get(f"/formular/{form_id}")

    assert "Besvara när du kan" in start.text
    assert "Besvara när du kan." in page.text
    assert "Granska svaren" in page.text


def test_a_template_may_have_any_id_and_its_versions_any_status(local: Local, anna: str) -> None:
    versions = {"1": "Archived", "2": "Published", "3": "Pending", "4": "under översyn"}
    local.control("templates", {"id": ODD, "name": "Udda", "versions": versions})

    listed = statuses(local, ODD)

    assert listed == [(4, "under översyn"), (3, "Pending"), (2, "Published"), (1, "Archived")]
    assert local.create_form(anna, templateId=ODD)["resultCode"] == "OK"
    assert found(local, anna)[0]["formTemplate"]["templateVersion"] == 2


def test_a_template_without_a_published_version_cannot_be_sent(local: Local, anna: str) -> None:
    local.control("templates", {"id": "NY", "name": "Ny", "versions": {"1": "Published"}})

    local.put("templates/NY/versions", {"versions": {"7": "Unpublished"}})

    assert local.create_form(anna, templateId="NY")["resultCode"] == "ERROR"
    assert statuses(local, "NY") == [(7, "Unpublished")]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("forms", {"personnummer": "0", "unit": UNIT, "template": NAFS}),
        ("forms", {"personnummer": "191212121212", "unit": UNIT, "template": "none"}),
        ("templates/none/archive", None),
        ("templates/none/publish", None),
    ],
)
def test_what_does_not_exist_cannot_be_changed(local: Local, path: str, content: Any) -> None:
    assert local.post(f"/control/{path}", content).status_code == 404


def test_a_fault_has_a_code_that_platforms_know(local: Local) -> None:
    order = {"service": "forms", "kind": "platform_before", "code": "VP016"}

    response: httpx.Response = local.post("/control/faults", order)

    assert response.status_code == 422
