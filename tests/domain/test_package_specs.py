"""A grundplåt as it is written, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Any

import pytest
from pydantic import ValidationError

from tests.clinic import OTHER_UNIT, PACKAGE, PHQ, UNIT
from tests.people import ANNA
from utskick.domain.languages import SWEDISH
from utskick.domain.message_names import MessageFault
from utskick.domain.package_specs import (
    PackageSpec,
    changed_fields,
    check_package,
    package_of,
    spec_of,
)
from utskick.domain.packages import FORMS_DESK, Weekday
from utskick.domain.schedules import Interval, IntervalUnit


def a_spec(**changes: Any) -> PackageSpec:
    parts: dict[str, Any] = {
        "key": "infor-besok",
        "name": "Inför besök",
        "resident_title": "Inför ditt besök",
        "units": [UNIT.id],
        "forms": [PHQ.key],
        "weekday": "måndag",
        "time": "08:00",
        "interval_weeks": 1,
        "occasions": 3,
        "error_addresses": ["enhet@example.se"],
        "inbox_message": "Hej!",
    }
    return PackageSpec(**parts | changes)


@dataclass(frozen=True)
class Reader:
    """Finds these faults in a message whose text is `fel`."""

    found: Sequence[MessageFault]

    def faults(self, message: str, *, language: str) -> Sequence[MessageFault]:
        return self.found if language == SWEDISH or message == "fel" else ()


FAULT = MessageFault(2, "{{ namn }}", "går inte.", "Byt.")


def problems_of(*faults: MessageFault, **changes: Any) -> list[str]:
    found = check_package(
        a_spec(**changes), units=[UNIT.id], forms=[PHQ.key], texts=Reader(faults)
    )
    return [f"{problem.place}: {problem.reason}" for problem in found]


def test_a_whole_package_has_no_problems() -> None:
    assert problems_of() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"units": [UNIT.id, OTHER_UNIT.id]}, f"units: {OTHER_UNIT.id} finns inte."),
        ({"forms": [PHQ.key, "borta"]}, "forms: borta finns inte."),
        ({"weekday": "tors"}, "weekday: veckodagen ska vara måndag till söndag."),
        ({"interval_weeks": 0}, "interval: flera tillfällen behöver ett intervall."),
        ({"time": "8"}, "time: Klockslaget går inte att tolka."),
        ({"time": "24:00"}, "time: Klockslaget går inte att tolka."),
        ({"inbox_message": " \n"}, "inbox_message: texten är tom."),
        ({"inbox_message": f"Hej {ANNA.digits}"}, "inbox_message: texten innehåller något"),
        ({"name": ANNA.formatted}, "name: texten innehåller något"),
    ],
)
def test_each_fault_is_shown_by_its_field(changes: dict[str, Any], said: str) -> None:
    (found,) = problems_of(**changes)

    assert found.startswith(said)


def test_a_fault_of_the_message_stands_at_its_row() -> None:
    assert problems_of(FAULT) == ["inbox_message, rad 2: {{ namn }} går inte."]


def test_each_language_has_a_place_of_its_own() -> None:
    found = problems_of(FAULT, inbox_messages={"ar": "fel", "en": "Hello"})

    assert found == [
        "inbox_message, rad 2: {{ namn }} går inte.",
        "inbox_messages.ar, rad 2: {{ namn }} går inte.",
    ]


@pytest.mark.parametrize(
    ("translations", "said"),
    [
        ({"xx": "Hej"}, "inbox_messages: språket xx finns inte."),
        ({"sv": "Hej"}, "inbox_messages: svenska står i inbox_message."),
        ({ANNA.digits: "Hej"}, "inbox_messages: språket 1991••••-•••• finns inte."),
        ({"en": f"About {ANNA.formatted}"}, "inbox_messages.en: texten innehåller något"),
        (
            dict.fromkeys(("ar", "en", "fi", "so", "uk"), "x" * 4000),
            "inbox_messages: meddelandet blir för långt på alla språk tillsammans.",
        ),
    ],
)
def test_what_is_wrong_with_the_languages_is_shown(
    translations: dict[str, str], said: str
) -> None:
    (found,) = problems_of(inbox_messages=translations)

    assert found.startswith(said)


def test_a_language_that_is_empty_is_not_there() -> None:
    package = package_of(
        a_spec(inbox_messages={"so": "Salaan!", "ar": " ", "en": "Hello!"}),
        version=1,
        forms={PHQ.key: PHQ.id},
    )

    assert list(package.inbox_messages.items()) == [("en", "Hello!"), ("so", "Salaan!")]


def test_all_faults_come_at_once() -> None:
    assert len(problems_of(FAULT, forms=["borta"], weekday="tors", time="x")) == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "Inför besök"),
        ("key", ""),
        ("name", " "),
        ("forms", []),
        ("occasions", 0),
        ("occasions", 101),
        ("interval_weeks", -1),
        ("interval_weeks", "varje"),
        ("error_addresses", ["vem@"]),
        ("inbox_message", "x" * 4001),
        ("resident_title", "en\x00titel"),
    ],
)
def test_what_no_package_can_hold_is_refused_by_its_shape(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        a_spec(**{field: value})

    assert caught.value.errors()[0]["loc"][0] == field


def test_a_package_is_made_of_what_was_written_and_the_forms_desk_is_always_first() -> None:
    package = package_of(a_spec(units=[UNIT.id.lower()]), version=4, forms={PHQ.key: PHQ.id})

    assert (package.version, package.weekday, package.time) == (4, Weekday.MONDAY, time(8))
    assert (package.unit_ids, package.template_ids) == ((UNIT.id,), (PHQ.id,))
    assert package.error_addresses == (FORMS_DESK, "enhet@example.se")


def test_without_presets_staff_choose_the_time_themselves() -> None:
    package = package_of(a_spec(weekday=None, time=None), version=1, forms={PHQ.key: PHQ.id})

    assert (package.weekday, package.time) == (None, None)


def test_what_differs_between_two_versions_is_shown_by_name() -> None:
    newer = replace(PACKAGE, version=2, name="Nytt namn", time=time(9))

    assert changed_fields(PACKAGE, newer) == ("name", "time")
    assert changed_fields(PACKAGE, replace(PACKAGE, version=2)) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interval": {"count": 3, "unit": "month"}}, "interval: intervallet är angivet på två"),
        ({"interval_weeks": 0, "offsets_days": [0, 90, 90]}, "offsets_days: dagarna ska börja"),
        ({"interval_weeks": 0, "offsets_days": [1, 90, 182]}, "offsets_days: dagarna ska börja"),
        ({"interval_weeks": 0, "offsets_days": [0, 90]}, "occasions: antalet stämmer inte"),
        ({"offsets_days": [0, 90, 182]}, "offsets_days: det finns både ett intervall"),
        ({"answer_within": {"days": 0, "time": "07:00"}}, "answer_within: besvaras senast ligger"),
        ({"answer_within": {"days": 0, "time": "7"}}, "answer_within: Klockslaget går inte"),
        ({"form_banner": f"Om {ANNA.digits}"}, "form_banner: texten innehåller något"),
    ],
)
def test_what_of_a_schedule_does_not_go_together_is_said_at_its_field(
    changes: dict[str, Any], said: str
) -> None:
    (found,) = problems_of(**changes)

    assert found.startswith(said)


@pytest.mark.parametrize(
    "schedule",
    [
        {},
        {"interval_weeks": None, "interval": {"count": 3, "unit": "month"}},
        {"interval_weeks": None, "occasions": None, "offsets_days": [0, 90, 182, 365]},
        {"interval_weeks": 0, "occasions": 1},
        {"answer_within": {"days": 6}, "older_unanswered": "close", "red_days": "keep"},
        {"answer_within": {"days": 0, "time": "20:00"}, "form_banner": "Kom fastande."},
    ],
)
def test_a_package_can_be_written_down_again_as_it_is(schedule: dict[str, Any]) -> None:
    package = package_of(a_spec(**schedule), version=1, forms={PHQ.key: PHQ.id})

    written = spec_of(package, forms={PHQ.id: PHQ}, forms_desk=FORMS_DESK)

    assert package_of(written, version=1, forms={PHQ.key: PHQ.id}) == package


def test_days_from_the_first_count_the_occasions_and_weeks_are_still_read() -> None:
    forms = {PHQ.key: PHQ.id}
    by_days = a_spec(interval_weeks=None, occasions=None, offsets_days=[0, 90, 182, 365])

    assert package_of(by_days, version=1, forms=forms).occasions == 4
    assert package_of(a_spec(), version=1, forms=forms).interval == Interval(1, IntervalUnit.WEEK)
