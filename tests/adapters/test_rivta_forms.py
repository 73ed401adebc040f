"""What is read of the form engine's answers, each form, template and question alone."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.adapters.answering import CANARY, answering, create, find, served_by, templates
from tests.adapters.neighbours import OTHER_UNIT_ID, OWN_FORM, SHARED_FORM, UNIT_ID, an_order
from tests.calling import forms_of
from tests.people import ANNA, TOLVAN
from tests.rivta.messages import an_answer
from utskick.adapters.rivta_form_service import RivTaFormService
from utskick.domain.deliveries import DeliveryId, DeliveryState, FormId, FormStatus, OpenDelivery
from utskick.domain.rules import Rules
from utskick.ports import Answer, FoundForm, UnknownOutcome
from utskick.rivta.contracts import GET_FORM, GET_FORM_TEMPLATES, GET_FORMS
from utskick.rivta.envelopes import read_request
from utskick.sending.read_back import may_be_ours, read_back

FORM = {
    "createdDateTime": "20260302T120000",
    "expireDate": "20270302",
    "formId": "1",
    "formStatus": "ONGOING",
    "keepUntil": "20270402",
    "templateId": str(OWN_FORM),
}


def a_form(**changes: str | None) -> str:
    """As the engine writes it, with the template's id in its template; `None` leaves out."""
    fields = {name: value for name, value in (FORM | changes).items() if value is not None}
    template = fields.pop("templateId", None)
    inside = "".join(f"<y:{name}>{value}</y:{name}>" for name, value in fields.items())
    if template is not None:
        inside += f"<y:formTemplate><y:templateId>{template}</y:templateId></y:formTemplate>"
    return f"<x:forms>{inside}</x:forms>"


async def found(*forms: str) -> list[FoundForm]:
    async with answering(an_answer(GET_FORMS, "".join(forms))) as client:
        result: Any = await find(client)
        return list(result)


@pytest.mark.parametrize(
    ("field", "value", "unknown"),
    [
        ("formId", "", ["id"]),
        ("formId", None, ["id"]),
        ("templateId", "x", ["template_id"]),
        ("templateId", None, ["template_id"]),
        ("createdDateTime", None, ["created_at", "created_at_latest"]),
        ("createdDateTime", "2026-03-02T12:00:00", ["created_at", "created_at_latest"]),
        ("createdDateTime", "00010101T000000", ["created_at", "created_at_latest"]),
        ("expireDate", "2027", ["answer_by"]),
        ("expireDate", None, ["answer_by"]),
        ("keepUntil", "20270230", ["purge_after"]),
        ("keepUntil", "", ["purge_after"]),
        ("formStatus", "LOST", ["status"]),
    ],
)
async def test_of_a_misshapen_form_only_what_cannot_be_read_is_unknown(
    field: str, value: str | None, unknown: list[str]
) -> None:
    whole, misshapen = await found(a_form(), a_form(**{field: value}))

    nothing: dict[str, Any] = dict.fromkeys(unknown)
    assert misshapen == replace(whole, **nothing)


async def test_a_form_with_everything_twice_is_there_and_costs_no_other() -> None:
    twice = a_form().replace("</x:forms>", "") + a_form().replace("<x:forms>", "")

    odd, whole = await found(twice, a_form())

    assert odd == FoundForm(**dict.fromkeys(FoundForm.__dataclass_fields__))
    assert whole.id == "1"


@pytest.mark.parametrize(
    ("field", "value", "ours"),
    [
        ("subjectOfCare", CANARY.digits, True),
        ("subjectOfCare", f" {CANARY.digits[:8]}-{CANARY.digits[8:]} ", True),
        ("subjectOfCare", None, True),
        ("subjectOfCare", ANNA.digits, False),
        ("subjectOfCare", "", True),
        ("healthcare_facility_CareUnit", UNIT_ID, True),
        ("healthcare_facility_CareUnit", f" {UNIT_ID.lower()} ", True),
        ("healthcare_facility_CareUnit", None, True),
        ("healthcare_facility_CareUnit", OTHER_UNIT_ID, False),
    ],
)
async def test_a_form_that_names_somebody_else_is_there_and_can_be_nobodys(
    field: str, value: str | None, ours: bool
) -> None:
    whole, named = await found(a_form(), a_form(**{field: value}))

    assert named == (whole if ours else replace(whole, id=None))


async def test_a_form_that_names_somebody_else_is_neither_adopted_nor_made_again() -> None:
    delivery = OpenDelivery(
        id=DeliveryId(uuid4()),
        attempt=1,
        unit_id=UNIT_ID,
        personnummer=CANARY,
        template_id=OWN_FORM,
        answer_by=date(2027, 3, 2),
        purge_after=date(2027, 4, 2),
        first_intent_at=datetime(2026, 3, 2, 10, 59, tzinfo=UTC),
        unknown_for_s=0,
    )
    rules = Rules(adopts_changed_dates=True)

    candidates = may_be_ours(delivery, await found(a_form(subjectOfCare=ANNA.digits)), rules=rules)

    outcome = read_back(delivery, candidates, rules=rules)
    assert (outcome.state, outcome.form_id) == (DeliveryState.MANUAL, None)


async def test_forms_of_other_templates_are_not_ours() -> None:
    assert not await found(a_form(templateId=str(SHARED_FORM)))


def a_template(template_id: str, status: str) -> str:
    return (
        f"<x:formTemplates><y:publishStatus>{status}</y:publishStatus>"
        f"<y:templateId>{template_id}</y:templateId></x:formTemplates>"
    )


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_template_is_sendable_if_any_version_is_published(newest_first: bool) -> None:
    versions = [
        *(a_template(str(OWN_FORM), status) for status in ("Archived", "Published", "Pending")),
        *(a_template(str(SHARED_FORM), status) for status in ("Archived", "Unpublished", "new")),
        a_template("AUDIT-C", "Published"),
        "<x:formTemplates/>",
    ]
    listed = "".join(versions[:: 1 if newest_first else -1])

    async with answering(an_answer(GET_FORM_TEMPLATES, listed)) as client:
        assert await templates(client) == {OWN_FORM: True, SHARED_FORM: False}


def a_question(number: int, text: str, given: str, alternatives: str = "") -> str:
    return (
        f"<y:questions>{given}{alternatives}<y:input>x</y:input>"
        f"<y:questionNumber>{number}</y:questionNumber><y:subject>{text}</y:subject></y:questions>"
    )


def chosen(number: int | None = None, value: str = "") -> str:
    which = (
        ""
        if number is None
        else f"<y:answerAlternativeNumber>{number}</y:answerAlternativeNumber>"
    )
    return f"<y:answers>{which}<y:value>{value}</y:value></y:answers>"


def alternatives(*texts: str) -> str:
    return "".join(
        f"<y:answerAlternatives><y:alternativeValue>{text}</y:alternativeValue>"
        f"<y:answerAlternativeNumber>{number}</y:answerAlternativeNumber></y:answerAlternatives>"
        for number, text in enumerate(texts, 1)
    )


async def answers(pages: str, status: str = "COMPLETED") -> Answer:
    form = f"<y:formId>1</y:formId><y:formStatus>{status}</y:formStatus>{pages}"
    async with answering(an_answer(GET_FORM, f"<x:form>{form}</x:form>")) as client:
        return await forms_of(client).read_answer(FormId("1"))


def a_page(*questions: str, name: str = "answeredPages") -> str:
    return f"<y:{name}><y:questionBlocks>{''.join(questions)}</y:questionBlocks></y:{name}>"


async def test_what_was_chosen_by_number_is_read_as_its_text() -> None:
    often = alternatives("Aldrig", "Ofta", "Annat")

    answer = await answers(
        a_page(
            a_question(1, "Hur ofta?", chosen(2), often),
            a_question(2, "Varför?", chosen(value="För att &amp; så")),
            a_question(3, "Vilka?", chosen(1) + chosen(3, "kanske") + chosen(2, "Ofta"), often),
        )
        + a_page(a_question(4, "Inget?", ""), a_question(5, "Vad?", chosen(7), often))
    )

    assert answer.status is FormStatus.COMPLETED
    assert answer.answers == (
        ("Hur ofta?", "Ofta"),
        ("Varför?", "För att & så"),
        ("Vilka?", "Aldrig\nAnnat: kanske\nOfta"),
        ("Inget?", ""),
        ("Vad?", "Svarsalternativ 7"),
    )


async def test_a_question_that_cannot_be_read_costs_no_other() -> None:
    odd = "<y:questions><y:answers/></y:questions>"

    answer = await answers(a_page(odd, a_question(1, "Hur?", chosen(value="Så"))))

    assert answer.answers == (("Hur?", "Så"),)


async def test_the_page_that_somebody_is_at_is_shown_once() -> None:
    page = a_page(a_question(1, "Hur?", chosen(value="Så")))
    current = page.replace("answeredPages", "currentPage")

    answer = await answers(current + page, "PENDING_COMPLETION")

    assert answer.answers == (("Hur?", "Så"),)


async def test_an_order_says_what_we_are_set_to_say_of_us() -> None:
    asked: list[bytes] = []

    async def nothing(_writer: object) -> None:
        """Whatever is answered."""

    async with served_by(nothing, asked=asked) as client:
        forms = RivTaFormService(client, care_system="SE1", care_giver="SE2")
        with pytest.raises(UnknownOutcome):
            await forms.create_form(an_order(ANNA, banner="Rad\r\nrad"))
        with pytest.raises(UnknownOutcome):
            await create(client)

    read: list[Any] = [read_request(raw.partition(b"\r\n\r\n")[2]).fields for raw in asked]
    (order,), (bare,) = ([*each["formRequests"]] for each in read)
    assert order == {
        "expireDate": "20270302",
        "formText": "Rad\nrad",
        "healthcare_CareGiver": "SE2",
        "healthcare_facility_CareUnit": "SE2321000131-E000000000901",
        "healthcare_systemID": "SE1",
        "keepUntil": "20270402",
        "subjectOfCare": ANNA.digits,
        "templateId": str(OWN_FORM),
    }
    assert bare["subjectOfCare"] == TOLVAN.digits
    assert not bare.keys() & {"formText", "healthcare_CareGiver", "healthcare_systemID"}
