from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.clinic import GAD, OTHER_UNIT, PHQ, UNIT
from utskick.domain.brakes import Brake, Braked, BrakeId, BrakeScope, problems_of_cause


def test_a_brake_on_everything_is_on_every_unit_and_form() -> None:
    assert BrakeScope().hits(UNIT.id, [PHQ.id])
    assert BrakeScope().hits(OTHER_UNIT.id, [])


def test_a_brake_on_a_unit_is_on_nothing_of_others() -> None:
    scope = BrakeScope(unit_id=UNIT.id)

    assert scope.hits(UNIT.id, [PHQ.id])
    assert not scope.hits(OTHER_UNIT.id, [PHQ.id])


def test_a_brake_on_a_form_is_on_all_that_holds_it() -> None:
    scope = BrakeScope(template_id=PHQ.id)

    assert scope.hits(UNIT.id, [GAD.id, PHQ.id])
    assert not scope.hits(UNIT.id, [GAD.id])


def test_what_is_refused_says_since_when_and_why_and_logs_hold_no_free_text() -> None:
    brake = Brake(
        id=BrakeId(UUID(int=9)),
        scope=BrakeScope(),
        cause="Fel fråga i PHQ-9",
        pulled_by="SE2321000131-P000000000003",
        pulled_at=datetime(2027, 2, 1, 11, tzinfo=UTC),
    )

    refused = Braked(brake)

    assert "sedan 2027-02-01 kl. 12:00" in refused.staff_message
    assert "Skäl: Fel fråga i PHQ-9." in refused.staff_message
    assert "PHQ" not in str(refused)


@pytest.mark.parametrize("cause", ["", "x" * 201, "Fel för 19121212-1212", "Fel\x00"])
def test_a_cause_is_there_and_may_be_read_by_everybody(cause: str) -> None:
    (problem,) = problems_of_cause(cause)

    assert problem.place == "skal"
    assert problem.remedy
