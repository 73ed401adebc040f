"""The same submission: by its content, or by the name that the caller gives it."""

from typing import Any

import pytest

from tests.clinic import UNIT
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
            "4039e75b14ab731b35dbd0a01033cd4b6c426a36f1435a4d28e78ca39e3cc464",
        ),
        (
            FormSpec.model_validate(FORM),
            "73dfcb381e5ae9a23c0b10ad14656eb7766a80e8ee9af6c9d928203e47b080cd",
        ),
    ],
)
def test_a_spec_of_todays_fields_keeps_its_key_for_ever(spec: Sending, key: str) -> None:
    assert submission_key(spec) == key


def test_a_field_that_is_added_later_changes_no_key() -> None:
    today = DispatchSpec.model_validate(PACKAGE)
    next_year = DispatchSpecOfNextYear.model_validate(PACKAGE)
    with_the_field = DispatchSpecOfNextYear.model_validate(PACKAGE | {"colour": "red"})

    assert submission_key(next_year) == submission_key(today)
    assert submission_key(with_the_field) != submission_key(today)


def test_what_is_left_out_is_the_same_as_what_is_written_as_it_is_anyway() -> None:
    spelled_out = DispatchSpec.model_validate(
        PACKAGE | {"creates_inbox_message": True, "form_banner": "", "answer_by": None}
    )

    assert submission_key(spelled_out) == submission_key(DispatchSpec.model_validate(PACKAGE))


def test_a_given_key_is_the_submission_for_its_kind() -> None:
    one = DispatchSpec.model_validate(PACKAGE)
    other = DispatchSpec.model_validate(PACKAGE | {"title": "Något annat"})
    form = FormSpec.model_validate(FORM)
    keys = [submission_key(spec, given="mine") for spec in (one, other, form)]

    assert keys[0] == keys[1]
    assert keys[0] != keys[2]
