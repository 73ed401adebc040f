"""The same submission: by its content, or by the name that the caller gives it."""

from typing import Any

import pytest

from tests.clinic import UNIT, Clinic
from utskick.domain.specs import DispatchSpec, FormSpec, Sending
from utskick.use_cases.submissions import submission_key

PACKAGE: dict[str, Any] = {
    "unit": UNIT.id,
    "package": "infor-besok",
    "title": "Inför ditt besök",
    "start": {"date": "2027-02-01", "time": "08:30"},
    "recipients": ["19121212-1212"],
    "listed_recipients": [{"personnummer": "19900101-2385", "row": 2}],
}
FORM: dict[str, Any] = {"unit": UNIT.id, "form": "phq-9", "recipients": ["19121212-1212"]}


class DispatchSpecOfNextYear(DispatchSpec):
    colour: str = "green"


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (
            DispatchSpec.model_validate(PACKAGE),
            "64af4dff864c3090a2ba2c66014119615445aeb53b17882286c2e5ef63194ae9",
        ),
        (
            FormSpec.model_validate(FORM),
            "65a29687e4ebc8ad67c1696ce2614fb0425566ce568d000bbf6dbdcc6ce923df",
        ),
    ],
)
def test_a_spec_of_todays_fields_keeps_its_key_for_ever(
    clinic: Clinic, spec: Sending, key: str
) -> None:
    assert submission_key(spec, clinic.store) == key


def test_a_field_that_is_added_later_changes_no_key(clinic: Clinic) -> None:
    today = DispatchSpec.model_validate(PACKAGE)
    next_year = DispatchSpecOfNextYear.model_validate(PACKAGE)
    with_the_field = DispatchSpecOfNextYear.model_validate(PACKAGE | {"colour": "red"})

    assert submission_key(next_year, clinic.store) == submission_key(today, clinic.store)
    assert submission_key(with_the_field, clinic.store) != submission_key(today, clinic.store)


def test_what_is_left_out_is_the_same_as_what_is_written_as_it_is_anyway(clinic: Clinic) -> None:
    spelled_out = DispatchSpec.model_validate(
        PACKAGE | {"creates_inbox_message": True, "form_banner": "", "answer_by": None}
    )

    assert submission_key(spelled_out, clinic.store) == submission_key(
        DispatchSpec.model_validate(PACKAGE), clinic.store
    )


def test_a_given_key_is_the_submission_for_its_kind(clinic: Clinic) -> None:
    one = DispatchSpec.model_validate(PACKAGE)
    other = DispatchSpec.model_validate(PACKAGE | {"title": "Något annat"})
    form = FormSpec.model_validate(FORM)
    keys = [submission_key(spec, clinic.store, given="mine") for spec in (one, other, form)]

    assert keys[0] == keys[1]
    assert keys[0] != keys[2]
