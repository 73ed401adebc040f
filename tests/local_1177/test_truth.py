"""What whoever checks a run is shown, and what survives a restart."""

from pathlib import Path

from tests.local_1177.conftest import Local, ref_of, served
from tests.local_1177.region import NAFS, UNIT
from utskick.local_1177.app import create_app


def test_the_truth_lists_every_form_without_personnummer(local: Local, anna: str) -> None:
    form_id = local.create(anna)

    response = local.client.get(f"{local.url}/control/truth")

    truth = response.json()
    assert truth["counts"]["forms"] == len(truth["forms"])
    assert truth["forms"][-1] == {
        "formId": form_id,
        "unit": UNIT,
        "templateId": NAFS,
        "templateName": "Mall nationell",
        "createdDateTime": "20260302T120000",
        "personRef": ref_of(local, anna),
        "reference": "",
    }
    assert anna not in response.text


def test_many_persons_can_be_added_at_once(local: Local, anna: str) -> None:
    local.control("persons", [{"personnummer": anna, "surname": "Ny"}])

    assert ref_of(local, anna)


def test_wrong_answers_are_not_accepted_from_tests_either(local: Local, anna: str) -> None:
    form_id = local.create(anna)

    response = local.post("/control/answer", {"formId": form_id, "answers": {"ork": "7"}})

    assert response.status_code == 409
    assert local.forms_of(anna)[0]["formStatus"] == "ONGOING"


def test_changes_survive_a_restart_and_are_not_seeded_over(tmp_path: Path, region: Path) -> None:
    state = tmp_path / "state.db"
    tolvan = "191212121212"
    with served(create_app(state, region)) as url:
        first = Local(url)
        first.create(tolvan, expireDate="29990101")
        first.control(f"templates/{NAFS}/archive")
        first.client.close()

    with served(create_app(state, region)) as url:
        second = Local(url)
        assert len(second.forms_of(tolvan)) == 1
        refused = second.create_form(tolvan, expireDate="29990101")
        assert "inte publicerad" in refused["comment"]
        second.client.close()


def test_it_says_that_it_is_well(local: Local) -> None:
    assert local.client.get(f"{local.url}/health").json() == {"status": "ok"}
