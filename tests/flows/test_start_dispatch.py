"""What an operator reads when a dispatch was started: also that it is not theirs to let go."""

from dataclasses import replace

from flows.start_dispatch import _as_state, _tried_state
from tasks.tables import occasion_table
from tests.clinic import STAFF, Clinic, a_spec
from utskick.domain.specs import DispatchSpec


async def test_what_waits_for_a_colleague_says_that_an_operator_cannot_approve_it(
    clinic: Clinic,
) -> None:
    usual = await clinic.start()
    clinic.rules = replace(clinic.rules, approval_above=1)
    waiting = await clinic.start()

    states = [_as_state(usual), _as_state(waiting)]

    assert [state.name for state in states] == ["Startat", "Väntar på godkännande"]
    assert str(states[1].message).endswith("driften kan inte göra det")


async def test_a_dry_run_is_a_table_of_moments_and_starts_nothing(clinic: Clinic) -> None:
    spec = DispatchSpec.model_validate(a_spec(clinic.clock.now()))
    tried = await clinic.start_dispatch.dry_run(spec, actor=STAFF, now=clinic.clock.now())

    state = _tried_state(tried)

    assert state.name == "Provat, inget startat"
    assert state.message == "2 mottagare, 1 tillfälle"
    assert [row["Mottagare"] for row in occasion_table(tried)] == [2]
    assert not clinic.scheduler.plans
