"""What an operator reads when a dispatch was started: also that it is not theirs to let go."""

from dataclasses import replace

from flows.start_dispatch import _as_state
from tests.clinic import Clinic


async def test_what_waits_for_a_colleague_says_that_an_operator_cannot_approve_it(
    clinic: Clinic,
) -> None:
    usual = await clinic.start()
    clinic.rules = replace(clinic.rules, approval_above=1)
    waiting = await clinic.start()

    states = [_as_state(usual), _as_state(waiting)]

    assert [state.name for state in states] == ["Startat", "Väntar på godkännande"]
    assert str(states[1].message).endswith("driften kan inte göra det")
