"""What every `FormService` promises."""

from datetime import UTC, date, datetime

import pytest

from tests.adapters.neighbours import (
    ARCHIVED_FORM,
    NAFS_FORM,
    OTHER_UNIT_ID,
    OWN_FORM,
    SHARED_FORM,
    UNIT_ID,
    LocalNeighbours,
    Neighbours,
    an_order,
)
from tests.local_1177.conftest import NOON, Local
from tests.local_1177.region import a_personnummer
from utskick.domain.deliveries import FormId, FormStatus, Refusal
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.ports import PermanentFailure, Withheld


async def test_a_made_form_is_found_with_what_was_asked_for(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()

    form_id = await neighbours.forms.create_form(an_order(anna, banner="Obs!"))

    [found] = await neighbours.forms.find_forms(
        unit_id=UNIT_ID, personnummer=anna, template_ids=[OWN_FORM]
    )
    assert found.id == form_id
    assert found.template_id == OWN_FORM
    assert (found.answer_by, found.purge_after) == (date(2027, 3, 2), date(2027, 4, 2))
    assert found.created_at == found.created_at_latest == NOON
    assert found.status is FormStatus.ONGOING


async def test_the_same_order_twice_makes_two_forms(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()

    first = await neighbours.forms.create_form(an_order(anna))
    second = await neighbours.forms.create_form(an_order(anna))

    found = await neighbours.forms.find_forms(
        unit_id=UNIT_ID, personnummer=anna, template_ids=[OWN_FORM]
    )
    assert {form.id for form in found} == {first, second}
    assert first != second


async def test_a_call_that_may_not_leave_any_more_makes_nothing(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()

    with pytest.raises(Withheld):
        await neighbours.forms.create_form(an_order(anna), may_leave=lambda: False)

    assert not await neighbours.forms.find_forms(
        unit_id=UNIT_ID, personnummer=anna, template_ids=[OWN_FORM]
    )


async def test_forms_of_other_units_persons_and_templates_are_not_found(
    neighbours: Neighbours,
) -> None:
    anna, bo = neighbours.add_person(), neighbours.add_person()
    await neighbours.forms.create_form(an_order(anna, template_id=NAFS_FORM))
    find = neighbours.forms.find_forms

    assert not await find(unit_id=OTHER_UNIT_ID, personnummer=anna, template_ids=[NAFS_FORM])
    assert not await find(unit_id=UNIT_ID, personnummer=bo, template_ids=[NAFS_FORM])
    assert not await find(unit_id=UNIT_ID, personnummer=anna, template_ids=[OWN_FORM])
    assert not await find(unit_id=UNIT_ID, personnummer=anna, template_ids=[])


async def test_a_moment_is_given_in_whole_seconds(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()
    neighbours.set_clock(NOON.replace(microsecond=999_999))

    await neighbours.forms.create_form(an_order(anna))

    [found] = await neighbours.forms.find_forms(
        unit_id=UNIT_ID, personnummer=anna, template_ids=[OWN_FORM]
    )
    assert found.created_at == NOON


async def test_a_form_is_never_found_to_be_younger_than_it_is(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()
    the_second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    neighbours.set_clock(the_second_half_past_two)

    await neighbours.forms.create_form(an_order(anna))

    [found] = await neighbours.forms.find_forms(
        unit_id=UNIT_ID, personnummer=anna, template_ids=[OWN_FORM]
    )
    assert found.created_at_latest == the_second_half_past_two
    assert found.created_at is not None
    assert found.created_at <= the_second_half_past_two


@pytest.mark.parametrize(
    ("template_id", "unit_id"), [(ARCHIVED_FORM, UNIT_ID), (OWN_FORM, OTHER_UNIT_ID)]
)
async def test_a_form_that_may_not_be_sent_is_refused(
    neighbours: Neighbours, template_id: object, unit_id: HsaId
) -> None:
    anna = neighbours.add_person()

    with pytest.raises(PermanentFailure) as caught:
        await neighbours.forms.create_form(
            an_order(anna, template_id=template_id, unit_id=unit_id)
        )

    assert caught.value.reason is Refusal.REFUSED_BY_1177


async def test_a_form_for_somebody_unknown_is_refused(neighbours: Neighbours) -> None:
    stranger = neighbours.add_stranger()

    with pytest.raises(PermanentFailure) as caught:
        await neighbours.forms.create_form(an_order(stranger))

    assert caught.value.reason is Refusal.REFUSED_BY_1177


async def test_a_date_that_has_passed_is_refused(neighbours: Neighbours) -> None:
    anna = neighbours.add_person()

    with pytest.raises(PermanentFailure) as caught:
        await neighbours.forms.create_form(an_order(anna, answer_by=date(2026, 3, 1)))

    assert caught.value.reason is Refusal.REFUSED_BY_1177


async def test_archived_templates_are_listed_as_not_sendable(neighbours: Neighbours) -> None:
    neighbours.archive(SHARED_FORM)

    templates = await neighbours.forms.form_templates(UNIT_ID)

    assert templates == {
        OWN_FORM: True,
        SHARED_FORM: False,
        NAFS_FORM: True,
        ARCHIVED_FORM: False,
    }


async def test_templates_of_others_are_not_listed(neighbours: Neighbours) -> None:
    templates = await neighbours.forms.form_templates(OTHER_UNIT_ID)

    assert set(templates) == {SHARED_FORM, NAFS_FORM}


async def test_an_unanswered_form_has_no_answers(neighbours: Neighbours) -> None:
    form_id = await neighbours.forms.create_form(an_order(neighbours.add_person()))

    answer = await neighbours.forms.read_answer(form_id)

    assert (answer.status, answer.answers) == (FormStatus.ONGOING, ())


async def test_an_answer_shows_what_was_asked_and_answered(local: Local) -> None:
    guardian = local.add_person(given_name="Kim", surname="Ek")
    child = local.add_person(a_personnummer(date(2014, 6, 1)), guardians=guardian)
    forms = LocalNeighbours(local).forms
    form_id = await forms.create_form(an_order(Personnummer(child)))
    answers = {"sover": "ja", "ork": "1"}
    local.control("answer", {"formId": form_id, "answers": answers, "by": guardian})

    answer = await forms.read_answer(form_id)

    assert answer.status is FormStatus.COMPLETED
    (first, second, *others) = answer.answers
    assert (first, second) == (("Sover du bra?", "Ja"), ("Hur mycket orkar du?", "Allt"))
    assert {given for _, given in others} == {""}


async def test_the_answer_of_a_form_that_is_not_there_cannot_be_read(
    neighbours: Neighbours,
) -> None:
    with pytest.raises(PermanentFailure):
        await neighbours.forms.read_answer(FormId("no-such-form"))
