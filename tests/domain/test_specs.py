"""What is wrong with the shape of a spec is said in Swedish, without echoing what was typed."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.people import ANNA
from tests.spellings import spellings_of
from tests.whole.sinks import holds
from utskick.domain.specs import (
    DispatchSpec,
    FormSpec,
    place_of,
    problems_of,
    texts_with_personnummer,
)

WHOLE: dict[str, Any] = {
    "unit": "SE2321000131-E000000000101",
    "package": "infor-besok",
    "recipients": [ANNA.digits],
    "start": {"date": "2027-02-01", "time": "08:00"},
}


def problems(**changes: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        DispatchSpec.model_validate(WHOLE | changes)
    return [str(problem) for problem in problems_of(caught.value.errors())]


def test_a_whole_spec_is_understood() -> None:
    spec = DispatchSpec.model_validate(WHOLE)

    assert (spec.package, spec.creates_inbox_message) == ("infor-besok", True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"mottagare": []},
            "mottagare: fältet finns inte. Kontrollera stavningen eller ta bort det.",
        ),
        (
            {"start": {"time": 480}},
            'start, time: värdet ska vara text. Sätt citattecken runt det, till exempel "08:00".',
        ),
        (
            {"recipients": ANNA.digits},
            "recipients: värdet ska vara en lista. Skriv ett värde per rad",
        ),
        (
            {"recipients": [ANNA.digits, 191212121212]},
            "recipients, rad 2: värdet ska vara text. Sätt citattecken runt det",
        ),
        (
            {"answer_by": "snart"},
            "answer_by: datumet är inte giltigt. Skriv det som ÅÅÅÅ-MM-DD.",
        ),
        (
            {"creates_inbox_message": "kanske"},
            "creates_inbox_message: värdet ska vara ja eller nej. Skriv true eller false.",
        ),
        (
            {"error_addresses": ["chef@"]},
            "error_addresses, rad 1: e-postadressen är inte giltig.",
        ),
        (
            {"error_addresses": ["chef@vgregion.se", "sjuksköterska@vgregion.se"]},
            "error_addresses, rad 2: e-postadressen har å, ä, ö eller ett annat tecken före @",
        ),
        ({"title": "x" * 201}, "title: texten är för lång. Korta den till högst 200 tecken."),
        ({"title": " "}, "title: texten är tom. Fyll i den."),
        (
            {"inbox_message": "x" * 4001},
            "inbox_message: texten är för lång. Korta den till högst 4000 tecken.",
        ),
        ({"forms": []}, "forms: listan är tom. Lägg till minst ett värde."),
        ({"title": "Hej\x00"}, "title: tecknet U+0000 går inte att använda. Ta bort det."),
        (
            {"form_banner": "Hej\x1b"},
            "form_banner: tecknet U+001B går inte att använda. Ta bort det.",
        ),
        (
            {"forms": ["phq-9", "gad\x07"]},
            "forms: tecknet U+0007 på rad 2 går inte att använda. Ta bort det.",
        ),
        (
            {"start": "måndag"},
            "start: innehållet är tomt eller har fel form. Se config/region/examples.",
        ),
    ],
)
def test_each_fault_has_its_place_reason_and_remedy(changes: dict[str, Any], said: str) -> None:
    (problem,) = problems(**changes)

    assert problem.startswith(said)


def test_every_text_is_kept_in_one_way() -> None:
    spec = DispatchSpec.model_validate(
        WHOLE
        | {
            "title": "\ufeffInfo\u0308r ditt\vbesök",
            "inbox_message": "Hej!\vSvara va\u0308l.",
            "forms": ["Info\u0308r\u2028besök"],
            "answer_by": "2027\u201103\u201101",
        }
    )

    assert spec.title == "Inför ditt besök"
    assert spec.inbox_message == "Hej!\nSvara väl."
    assert spec.forms == ["Inför besök"]
    assert f"{spec.answer_by}" == "2027-03-01"


def test_a_text_is_measured_as_it_is_kept() -> None:
    assert DispatchSpec.model_validate(WHOLE | {"title": "a\u030a" * 200}).title == "å" * 200


def test_what_is_missing_is_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        FormSpec.model_validate({})

    assert [str(problem) for problem in problems_of(caught.value.errors())] == [
        "unit: fältet saknas. Lägg till det.",
        "form: fältet saknas. Lägg till det.",
    ]


def test_all_faults_are_shown_at_once() -> None:
    assert len(problems(title="", forms=[], answer_by="x", mottagare=1)) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"recipients": {"nummer": ANNA.digits}},
        {"answer_by": ANNA.formatted},
        {"title": [ANNA.digits]},
        {"start": {"date": ANNA.formatted, "time": [ANNA.digits]}},
        {"error_addresses": [f"{ANNA.digits}@"]},
    ],
)
def test_nothing_that_was_typed_is_echoed(changes: dict[str, Any]) -> None:
    said = " ".join(problems(**changes))

    assert ANNA.digits not in said
    assert ANNA.formatted not in said


def test_what_is_no_spec_at_all_is_the_files_fault() -> None:
    with pytest.raises(ValidationError) as caught:
        DispatchSpec.model_validate("hej")

    assert str(problems_of(caught.value.errors())[0]).startswith(
        "filen: innehållet är tomt eller har fel form."
    )


def test_rows_are_counted_as_people_count() -> None:
    assert place_of(("occasions", 0, "time")) == "occasions, rad 1, time"


def test_a_field_that_is_a_personnummer_is_not_repeated_however_it_is_written() -> None:
    for typed in spellings_of(ANNA.digits):
        assert not holds(place_of((typed,)), ANNA.digits)


def test_a_text_with_something_like_a_personnummer_is_refused() -> None:
    found = texts_with_personnummer(
        {"title": "Inför besök", "form_banner": f"Om {ANNA.formatted}", "inbox_message": None}
    )

    assert [problem.place for problem in found] == ["form_banner"]
    assert ANNA.formatted not in str(found[0])


def test_a_message_that_is_nothing_is_emptied_and_not_the_default() -> None:
    with pytest.raises(ValidationError) as caught:
        DispatchSpec.model_validate(
            {"unit": "SE2321000131-E000000000101", "package": "infor-besok", "inbox_message": None}
        )

    (problem,) = problems_of(caught.value.errors())
    assert f"{problem.place}: {problem.reason}" == "inbox_message: meddelandet är tomt."


def test_texts_in_other_languages_are_kept_as_texts_are_and_keep_their_direction() -> None:
    spec = DispatchSpec(
        unit="SE2321000131-E000000000101",
        package="infor-besok",
        inbox_messages={"ar": "\u200fمرحبا\r\n\u2067أ\u2069", "fa": "می\u200cخواهیم"},
    )

    assert spec.inbox_messages == {
        "ar": "\u200fمرحبا\n\u2067أ\u2069",
        "fa": "می\u200cخواهیم",
    }
    with pytest.raises(ValidationError, match="control_character"):
        DispatchSpec(unit="SE2321000131-E000000000101", package="x", inbox_messages={"ar": "\x07"})
