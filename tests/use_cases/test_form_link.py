"""Formulärlänk: one form, one unit, nobody's identity."""

from dataclasses import replace

import pytest

from tests.clinic import FOREIGN, PHQ, SHARED, UNIT, Clinic
from utskick.domain.errors import NotFound, StartBlocked
from utskick.domain.forms import FormTemplate


def link_to(clinic: Clinic, key: str) -> str:
    return clinic.form_link(key, unit_id=UNIT.id)


@pytest.mark.parametrize("form", [PHQ, SHARED])
def test_a_link_holds_the_form_and_the_unit(clinic: Clinic, form: FormTemplate) -> None:
    assert link_to(clinic, form.key) == (
        f"https://formular.1177.se/etjanst/{form.id}"
        "?externalApplication=UTSKICK_SE2321000131-E000000000101"
    )


def test_a_form_that_is_not_there_has_no_link(clinic: Clinic) -> None:
    with pytest.raises(NotFound):
        link_to(clinic, "finns-inte")


def test_a_form_that_is_not_the_units_to_send_has_no_link(clinic: Clinic) -> None:
    with pytest.raises(StartBlocked):
        link_to(clinic, FOREIGN.key)


def test_an_archived_form_has_no_link(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.forms.save([replace(PHQ, archived_at=clinic.clock.now())])

    with pytest.raises(StartBlocked):
        link_to(clinic, PHQ.key)


def test_a_withdrawn_unit_has_no_links(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.units.save([replace(UNIT, withdrawn_at=clinic.clock.now())])

    with pytest.raises(NotFound):
        link_to(clinic, PHQ.key)
