"""Pågående Paketutskick: the list shows nobody; opening one is logged for each person."""

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, Clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import run_to_its_end
from utskick.domain.errors import NotFound


async def test_the_list_says_how_the_forms_have_fared(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    (listed,) = clinic.listed()

    assert (listed.dispatch.label, listed.recipients) == ("Klar", 2)
    assert [(form.form_name, form.sent) for form in listed.forms] == [
        ("PHQ-9", 2),
        ("GAD-7", 2),
        ("Inför besök", 2),
        ("Levnadsvanor", 2),
    ]


async def test_another_unit_sees_nothing(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    assert clinic.listed(OTHER_STAFF) == []
    with pytest.raises(NotFound):
        clinic.open_dispatch.show_dispatch(dispatch.id, actor=OTHER_STAFF, now=clinic.clock.now())


async def test_opening_one_is_logged_for_each_person_and_listing_is_not(
    clinic: Clinic, log: Log
) -> None:
    dispatch = (await clinic.start()).dispatch
    before = len(log())
    clinic.listed()
    after_listing = len(log())

    shown = clinic.show(dispatch)

    assert [r.personnummer for r in shown.recipients] == [ANNA, BO]
    assert after_listing == before
    assert log()[before:] == ["Läsa: visat mottagarlista (person)"] * 2
