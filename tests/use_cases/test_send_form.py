"""Skicka formulär: one form, now."""

from typing import Any

import pytest

from tests.clinic import FOREIGN, GAD, PHQ, SHARED, STAFF, UNIT, Clinic
from tests.people import ANNA, BO, PROTECTED
from tests.use_cases.clinic_days import mails, run_to_its_end
from utskick.domain.dispatches import DispatchKind
from utskick.domain.errors import KeyReused, SpecRefused, StartBlocked
from utskick.domain.packages import FORMS_DESK
from utskick.domain.specs import FormSpec
from utskick.use_cases.submissions import Started


async def test_a_form_is_sent_at_once_with_its_message(clinic: Clinic) -> None:
    started = await clinic.send()
    (run,) = clinic.scheduler.runs

    closed = await run_to_its_end(clinic, started.dispatch.occasions[0])

    assert run.occasion_id == started.dispatch.occasions[0].id
    assert (closed.sent, clinic.sent_to(ANNA), clinic.sent_to(BO)) == (2, [PHQ], [PHQ])
    _, message = clinic.inbox.messages[0]
    assert message.heading == PHQ.resident_name
    assert f"{UNIT.name} ber dig att svara på formuläret" in message.text
    assert "{{" not in message.text


async def test_a_single_form_is_a_dispatch_of_its_own_kind(clinic: Clinic) -> None:
    dispatch = (await clinic.send(form=SHARED.name)).dispatch

    assert dispatch.kind is DispatchKind.FORM
    assert (dispatch.name, dispatch.package_key) == (SHARED.name, None)
    assert dispatch.error_addresses == (FORMS_DESK,)
    assert len(dispatch.occasions) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"form": "finns-inte"}, "forms, rad 1: formuläret finns inte."),
        ({"recipients": []}, "recipients: Mottagarlistan är tom."),
        ({"inbox_message": "{{ namn }}"}, "inbox_message, rad 1: {{ namn }} går inte att använda"),
        ({"form_banner": ANNA.formatted}, "form_banner: texten innehåller något som liknar"),
        ({"answer_by": "2027-01-31"}, "answer_by: besvaras senast ligger före"),
        ({"unit": "SE1"}, "unit: enheten finns inte"),
        ({"recipients": [PROTECTED.digits]}, "recipients, rad 1 (1995••••-••••): Skyddad"),
    ],
)
async def test_each_fault_is_shown_and_nothing_is_sent(
    clinic: Clinic, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecRefused) as caught:
        await clinic.send(**changes)

    (problem,) = caught.value.problems
    assert str(problem).startswith(said)
    assert (clinic.listed(), clinic.scheduler.plans) == ([], [])


async def test_a_form_to_nobody_is_refused(clinic: Clinic) -> None:
    with pytest.raises(SpecRefused, match="1 problem"):
        await clinic.send(recipients=[PROTECTED.digits], leave_out_unreachable=True)

    assert clinic.listed() == []


async def test_a_form_that_may_not_be_sent_is_refused_without_mail(clinic: Clinic) -> None:
    with pytest.raises(StartBlocked):
        await clinic.send(form=FOREIGN.key)

    assert (clinic.listed(), mails(clinic)) == ([], [])


async def send_with_key(clinic: Clinic, **changes: Any) -> Started:
    spec = {"unit": UNIT.id, "form": PHQ.key, "recipients": [ANNA.digits]}
    return await clinic.send_form(
        FormSpec.model_validate(spec | changes),
        actor=STAFF,
        submission_key="double-click",
        now=clinic.clock.now(),
    )


async def test_the_same_submission_twice_sends_once(clinic: Clinic) -> None:
    first, second = [await send_with_key(clinic) for _ in range(2)]

    assert (first.already, second.already) == (False, True)
    assert len(clinic.scheduler.runs) == 1


async def test_a_key_that_comes_again_with_another_form_sends_nothing(clinic: Clinic) -> None:
    await send_with_key(clinic)

    with pytest.raises(KeyReused):
        await send_with_key(clinic, form=GAD.key)

    assert len(clinic.scheduler.runs) == 1
