"""Inskickade frågeformulär: shown to residents for a limited time, and kept by the unit."""

from datetime import timedelta

import pytest

from tests.local_1177.conftest import Local, Resident, ref_of
from tests.local_1177.region import UNIT
from utskick.local_1177.answers import SENT_IN_IS_SHOWN_FOR


@pytest.fixture
def sent_in(local: Local, resident: Resident, anna: str) -> str:
    """The id of a form that Anna, who is signed in, has answered."""
    form_id = local.create(anna)
    local.control("answer", {"formId": form_id})
    resident.sign_in(ref_of(local, anna))
    return form_id


def test_it_is_shown_until_its_time_is_out(local: Local, resident: Resident, sent_in: str) -> None:
    local.now += SENT_IN_IS_SHOWN_FOR - timedelta(seconds=1)
    shown = resident.get("/").text
    local.now += timedelta(seconds=1)
    purged = resident.get("/").text

    assert "visas här i 90 dagar" in shown
    assert f"/formular/{sent_in}" in shown
    assert f"/formular/{sent_in}" not in purged


@pytest.mark.parametrize("part", ["", "/granska", "/kvitto"])
def test_nobody_reads_it_by_its_address_either(
    local: Local, resident: Resident, sent_in: str, part: str
) -> None:
    local.now += SENT_IN_IS_SHOWN_FOR

    gone = resident.get(f"/formular/{sent_in}{part}")

    assert gone.status_code == 410
    assert "Formuläret visas inte längre" in gone.text
    assert "Frågor nationell" not in gone.text


def test_a_form_that_is_not_sent_in_is_not_purged(
    local: Local, resident: Resident, anna: str
) -> None:
    form_id = local.create(anna, expireDate="20270302")
    resident.sign_in(ref_of(local, anna))

    local.now += SENT_IN_IS_SHOWN_FOR * 2

    assert f"/formular/{form_id}" in resident.get("/").text


def test_the_unit_keeps_the_answers_which_are_its_own_to_purge(
    local: Local, anna: str, sent_in: str
) -> None:
    """Manual: "formulärsvar inte tas bort/gallras automatiskt vid detta datum"."""
    local.now += SENT_IN_IS_SHOWN_FOR * 2

    asked = {"healthcare_facility_CareUnit": UNIT, "subjectOfCare": anna}
    (listed,) = local.call("GetForms", asked)["forms"]
    assert (listed["formId"], listed["formStatus"]) == (sent_in, "COMPLETED")
    assert local.call("GetForm", {"formId": sent_in})["form"]["answeredPages"]
    assert len(local.forms_of(anna)) == 1
