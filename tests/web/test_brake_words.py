"""What came of a released brake, in words."""

from uuid import uuid4

import pytest

from tests.clinic import MONDAY_NOON
from utskick.domain.brakes import Brake, BrakeId, BrakeScope
from utskick.use_cases.pull_brake import Hit, Released
from utskick.web.brake_words import released_in_words


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (1, "1 tillfälle har passerat: enheten väljer om det ska skickas."),
        (2, "2 tillfällen har passerat: enheterna väljer om de ska skickas."),
    ],
)
def test_what_has_passed_is_counted_in_words(passed: int, said: str) -> None:
    scope = BrakeScope()
    brake = Brake(
        id=BrakeId(uuid4()), scope=scope, cause="Fel", pulled_by="x", pulled_at=MONDAY_NOON
    )
    hit = Hit(scope=scope, target="alla utskick", dispatches=[], total=2)

    assert released_in_words(Released(brake=brake, hit=hit, passed=passed)).endswith(said)
