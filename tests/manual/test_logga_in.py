"""Logga in i Utskick: the chosen unit decides what can be sent, and what is seen."""

import pytest

from tests.clinic import OTHER_STAFF, OTHER_UNIT, Clinic
from utskick.domain.errors import NotFound, SpecRefused


async def test_staff_send_for_the_unit_they_have_chosen_and_for_no_other(clinic: Clinic) -> None:
    """Välj den enhet/mottagning som du ska arbeta med."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.send(unit=OTHER_UNIT.id)

    (problem,) = caught.value.problems
    assert problem.place == "unit"
    assert clinic.listed() == clinic.listed(OTHER_STAFF) == []


async def test_what_another_unit_has_started_is_not_there_to_be_opened(clinic: Clinic) -> None:
    """Välj den enhet/mottagning som du ska arbeta med."""
    dispatch = (await clinic.start()).dispatch

    with pytest.raises(NotFound) as caught:
        clinic.open_dispatch.show_dispatch(dispatch.id, actor=OTHER_STAFF, now=clinic.clock.now())

    assert "Kontrollera att rätt enhet är vald" in caught.value.staff_message
