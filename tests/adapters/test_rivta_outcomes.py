"""What each answer means (I5), for a call that changes something and for a reading."""

import traceback

import pytest

from tests.adapters.answering import (
    CANARY,
    CHANGING,
    READING,
    Call,
    answering,
    ask,
    create,
    find,
    leave_message,
    look_up,
    read,
    templates,
)
from tests.adapters.neighbours import UNIT_ID, an_order
from tests.calling import PLATFORM, forms_of
from tests.rivta.messages import an_answer
from utskick.domain.deliveries import Refusal
from utskick.ports import (
    PermanentFailure,
    PlatformRefusal,
    RefusedFurtherOn,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.rivta.contracts import (
    ADD_MESSAGE,
    CREATE_FORM_REQUEST,
    GET_FORM,
    GET_FORM_TEMPLATES,
    GET_FORMS,
    GET_PERSONS,
    IS_ACTIVE_USER,
    Contract,
)
from utskick.rivta.envelopes import answer, fault
from utskick.rivta.faults import platform_text

WHO = CANARY.digits
NEVER_FORWARDED = [f"VP{number:03}" for number in (*range(1, 9), *range(10, 16))]
DONE = answer(ADD_MESSAGE, {"resultCode": "OK"})


def said_by(platform: str, code: str) -> bytes:
    return fault("Server", platform_text(code, platform, f"about {WHO}"), detail=WHO)


UNFORESEEN = {
    "no content": (200, b""),
    "a page": (200, f"<html>{WHO}</html>".encode()),
    "half an envelope": (200, DONE[:-15]),
    "a DOCTYPE": (200, DONE.replace(b"?>", b"?><!DOCTYPE x>", 1)),
    "another contract's answer": (200, answer(GET_FORM, {})),
    "success with status 500": (500, answer(GET_FORM, {})),
    "VP009": (500, said_by(PLATFORM, "VP009")),
    "a VP code that nobody knows": (500, said_by(PLATFORM, "VP016")),
    "a VP code with another status": (503, said_by(PLATFORM, "VP007")),
    "a client fault": (500, fault("Client", f"bad request of {WHO}")),
    "a server fault": (500, fault("Server", f"failed for {WHO}")),
    "a fault of no kind": (500, fault(WHO, "")),
    "a fault with status 200": (200, fault("Server", "failed")),
    "a VP code within a fault's text": (500, fault("Server", f"it said VP007 [{PLATFORM}]")),
    **{f"status {status}": (status, b"") for status in (201, 204, 301, 400, 401, 403, 404, 422)},
    **{f"status {status}": (status, b"<html/>") for status in (307, 500, 502, 503, 504)},
}


@pytest.mark.parametrize("call", CHANGING)
@pytest.mark.parametrize("seen", UNFORESEEN)
async def test_whatever_is_not_foreseen_leaves_a_change_unknown(call: Call, seen: str) -> None:
    status, body = UNFORESEEN[seen]

    async with answering(body, status=status) as client:
        with pytest.raises(UnknownOutcome) as caught:
            await call(client)

    assert WHO not in shown_by(caught.value)


@pytest.mark.parametrize("call", [find, templates, ask, look_up])
@pytest.mark.parametrize("seen", UNFORESEEN)
async def test_whatever_is_not_foreseen_makes_a_reading_temporary(call: Call, seen: str) -> None:
    status, body = UNFORESEEN[seen]

    async with answering(body, status=status) as client:
        with pytest.raises(TemporaryFailure) as caught:
            await call(client)

    assert not isinstance(caught.value, PlatformRefusal)
    assert WHO not in shown_by(caught.value)


@pytest.mark.parametrize("call", [*CHANGING, *READING])
@pytest.mark.parametrize("code", NEVER_FORWARDED)
async def test_what_our_platform_refuses_was_not_applied_and_is_nobodys_fault(
    call: Call, code: str
) -> None:
    async with answering(said_by(PLATFORM, code), status=500) as client:
        with pytest.raises(PlatformRefusal, match=code) as caught:
            await call(client)

    assert caught.value.code == code
    assert WHO not in shown_by(caught.value)


@pytest.mark.parametrize("call", CHANGING)
@pytest.mark.parametrize("platform", ["NTJP-PROD", "", f"{PLATFORM}-2"])
async def test_what_another_platform_refuses_may_have_been_applied_and_operators_hear_of_it(
    call: Call, platform: str
) -> None:
    async with answering(said_by(platform, "VP007"), status=500) as client:
        with pytest.raises(RefusedFurtherOn) as caught:
            await call(client)

    assert isinstance(caught.value, UnknownOutcome)
    assert caught.value.code == "VP007"
    assert WHO not in shown_by(caught.value)


@pytest.mark.parametrize("call", READING)
async def test_what_another_platform_refuses_of_a_reading_operators_hear_of(call: Call) -> None:
    async with answering(said_by("NTJP-PROD", "VP007"), status=500) as client:
        with pytest.raises(PlatformRefusal):
            await call(client)


@pytest.mark.parametrize("call", CHANGING)
async def test_without_a_platforms_name_no_refusal_is_certain(call: Call) -> None:
    async with answering(said_by("", "VP007"), status=500, platform="") as client:
        with pytest.raises(UnknownOutcome):
            await call(client)


@pytest.mark.parametrize("call", [*CHANGING, *READING])
async def test_too_many_calls_are_made_again_later(call: Call) -> None:
    async with answering(status=429, headers="Retry-After: 7\r\n") as client:
        with pytest.raises(TemporaryFailure, match="429") as caught:
            await call(client)

    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("call", "contract"),
    [
        (create, CREATE_FORM_REQUEST),
        (leave_message, ADD_MESSAGE),
        (ask, IS_ACTIVE_USER),
        (look_up, GET_PERSONS),
    ],
)
async def test_an_answer_without_what_must_be_in_it_says_nothing(
    call: Call, contract: Contract
) -> None:
    unclear = UnknownOutcome if call in CHANGING else TemporaryFailure

    async with answering(an_answer(contract, "")) as client:
        with pytest.raises(unclear, match="has no"):
            await call(client)


def made(form_id: str = "one", unit: str = UNIT_ID, subject: str = WHO) -> dict[str, str]:
    return {"formId": form_id, "healthcare_facility_CareUnit": unit, "subjectOfCare": subject}


def created(result: str, *forms: dict[str, str], comment: str = f"om {WHO}") -> bytes:
    fields = {"formRequestResponses": list(forms), "comment": comment, "resultCode": result}
    return answer(CREATE_FORM_REQUEST, fields)


@pytest.mark.parametrize("result", ["OK", "INFO"])
@pytest.mark.parametrize("unit", [UNIT_ID, UNIT_ID.lower(), f" {UNIT_ID} "])
async def test_the_one_form_of_our_unit_and_person_is_made(result: str, unit: str) -> None:
    async with answering(created(result, made(unit=unit))) as client:
        assert await create(client) == "one"


async def test_a_form_of_ours_with_the_status_of_a_fault_may_have_been_made() -> None:
    async with answering(created("OK", made()), status=500) as client:
        with pytest.raises(UnknownOutcome):
            await create(client)


@pytest.mark.parametrize("comment", ["", "TEMPLATE_ARCHIVED", "SUBJECT_UNKNOWN", f"för {WHO}"])
async def test_an_error_without_a_form_is_a_refusal_whatever_its_comment(comment: str) -> None:
    async with answering(created("ERROR", comment=comment)) as client:
        with pytest.raises(PermanentFailure) as caught:
            await create(client)

    assert caught.value.reason is Refusal.REFUSED_BY_1177
    assert str(caught.value) == "CreateFormRequest: ERROR"


NO_SUBJECT = {name: value for name, value in made().items() if name != "subjectOfCare"}
CONTRADICTIONS = {
    "done, and no form": created("OK"),
    "done with a message, and no form": created("INFO"),
    "not done, and a form": created("ERROR", made()),
    "several forms": created("OK", made("one"), made("two")),
    "another unit's form": created("OK", made(unit="SE2321000131-E000000000999")),
    "another person's form": created("OK", made(subject="199102042398")),
    "nobody's form": created("OK", NO_SUBJECT),
    "ours and another person's": created("OK", made(), made(subject="199102042398")),
    "a form without a name": created("OK", made("")),
    "a result that nobody knows": created(WHO, made()),
    "a form that cannot be read": an_answer(
        CREATE_FORM_REQUEST, "<x:formRequestResponses/><x:resultCode>OK</x:resultCode>"
    ),
    "an error with what cannot be read": an_answer(
        CREATE_FORM_REQUEST, "<x:formRequestResponses/><x:resultCode>ERROR</x:resultCode>"
    ),
}


@pytest.mark.parametrize("said", CONTRADICTIONS)
async def test_an_answer_that_contradicts_itself_or_us_leaves_it_unknown(said: str) -> None:
    async with answering(CONTRADICTIONS[said]) as client:
        with pytest.raises(UnknownOutcome) as caught:
            await create(client)

    assert WHO not in shown_by(caught.value)


@pytest.mark.parametrize("result", ["OK", "INFO"])
async def test_a_message_is_left(result: str) -> None:
    async with answering(answer(ADD_MESSAGE, {"resultCode": result})) as client:
        await leave_message(client)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Target person is not active user", Refusal.NO_ACCOUNT),
        ("\n Target person is not active user.\n", Refusal.NO_ACCOUNT),
        (f"Target person is not active user {WHO}", Refusal.REFUSED_BY_1177),
        ("", Refusal.REFUSED_BY_1177),
    ],
)
async def test_a_message_that_is_refused_says_why_in_known_words_alone(
    text: str, reason: Refusal
) -> None:
    said = answer(ADD_MESSAGE, {"resultCode": "ERROR", "resultText": text})

    async with answering(said) as client:
        with pytest.raises(PermanentFailure) as caught:
            await leave_message(client)

    assert caught.value.reason is reason
    assert WHO not in shown_by(caught.value)


async def test_a_result_of_a_message_that_nobody_knows_leaves_it_unknown() -> None:
    async with answering(answer(ADD_MESSAGE, {"resultCode": WHO})) as client:
        with pytest.raises(UnknownOutcome) as caught:
            await leave_message(client)

    assert WHO not in shown_by(caught.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, fault("Server", f"Formuläret saknas {WHO}")),
        (500, fault("Client", "")),
        (200, fault("Server", "missing")),
        (200, answer(GET_FORM, {})),
    ],
)
async def test_a_form_that_is_not_there_is_missing(status: int, body: bytes) -> None:
    async with answering(body, status=status) as client:
        with pytest.raises(PermanentFailure) as caught:
            await read(client)

    assert WHO not in shown_by(caught.value)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, said_by(PLATFORM, "VP009")),
        (500, b"<html/>"),
        (404, b"<html/>"),
        (200, an_answer(GET_FORM, "<x:form/>")),
        (
            200,
            an_answer(
                GET_FORM,
                "<x:form><y:formId>another</y:formId><y:formStatus>ONGOING</y:formStatus></x:form>",
            ),
        ),
        (
            200,
            an_answer(
                GET_FORM,
                "<x:form><y:formId>some-form</y:formId><y:formStatus>LOST</y:formStatus></x:form>",
            ),
        ),
    ],
)
async def test_a_form_of_which_nothing_is_known_may_be_asked_for_again(
    status: int, body: bytes
) -> None:
    async with answering(body, status=status) as client:
        with pytest.raises(TemporaryFailure):
            await read(client)


@pytest.mark.parametrize("banner", ["\0", "\x0b", "\ud800", "\uffff"])
async def test_what_xml_cannot_carry_is_refused_before_it_may_leave(banner: str) -> None:
    asked: list[object] = []

    def may_leave() -> bool:
        asked.append(None)
        return True

    async with answering() as client:
        with pytest.raises(PermanentFailure):
            await forms_of(client).create_form(
                an_order(CANARY, banner=f"{WHO}{banner}"), may_leave=may_leave
            )

    assert not asked


async def test_nothing_there_is_an_answer() -> None:
    async with answering(answer(GET_FORMS, {})) as client:
        assert not await find(client)
    async with answering(answer(GET_FORM_TEMPLATES, {})) as client:
        assert not await templates(client)


def shown_by(error: BaseException) -> str:
    """All that a log could show of an error, and of what it was raised in the handling of."""
    return "".join(traceback.format_exception(error)) + repr(error)
