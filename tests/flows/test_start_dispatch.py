"""What an operator reads when a dispatch was started: also that it is not theirs to let go."""

from dataclasses import replace
from typing import Any

from flows.start_dispatch import _as_state, _tried_state
from tasks.tables import occasion_table
from tests.clinic import STAFF, Clinic, a_spec
from tests.people import ANNA, UNNOTIFIED
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


async def test_operators_read_of_red_days_and_of_no_one(clinic: Clinic) -> None:
    red = [{"date": f"2027-06-{day}", "time": "08:00"} for day in range(19, 27)]
    changes: dict[str, Any] = {
        "occasions": red[:2] + red[6:],
        "recipients": [ANNA.digits, UNNOTIFIED.digits],
    }
    spec = DispatchSpec.model_validate(a_spec(clinic.clock.now()) | changes)

    tried = await clinic.start_dispatch.dry_run(spec, actor=STAFF, now=clinic.clock.now())
    states = [_tried_state(tried), _as_state(await clinic.start(**changes))]

    for state in states:
        assert "2027-06-25 är midsommarafton. Nästa arbetsdag är måndag" in str(state.message)
        assert "avisering via 1177" not in str(state.message)
    assert any("avisering via 1177" in warning for warning in tried.warnings)


async def test_operators_read_of_five_days_and_how_many_more(clinic: Clinic) -> None:
    days = [f"2027-{month:02}-{day}" for month in (2, 3) for day in (13, 14, 20, 21)]
    started = await clinic.start(occasions=[{"date": day, "time": "08:00"} for day in days])

    message = str(_as_state(started).message)

    assert message.count("Nästa arbetsdag") == 5
    assert message.endswith("Och 3 till.")
