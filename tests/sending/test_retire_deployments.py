"""What has ended is retired when the scheduler has nothing better to do, and soon."""

from datetime import timedelta

import pytest

from tests.clinic import WEEKLY, Clinic
from tests.use_cases.clinic_days import AWAY, run_to_its_end
from utskick.domain.occasions import Occasion
from utskick.sending.retire_deployments import EndedOccasions, retire_deployments


@pytest.fixture
def ended_occasions() -> EndedOccasions:
    return EndedOccasions()


async def ended(clinic: Clinic, ended_occasions: EndedOccasions) -> Occasion:
    """The first of three weekly occasions, run to its end in this process."""
    occasion = (await clinic.start(package=WEEKLY.key, start=None)).dispatch.occasions[0]
    with ended_occasions.after(occasion.id, sends_at=occasion.sends_at):
        await run_to_its_end(clinic, occasion)
    return occasion


def retire_now(clinic: Clinic, ended_occasions: EndedOccasions) -> int:
    return retire_deployments(
        ended_occasions,
        store=clinic.store,
        scheduler=clinic.scheduler,
        rules=clinic.rules,
        now=clinic.clock.now(),
    )


def numbers(clinic: Clinic) -> list[int]:
    return sorted(plan.number for plan in clinic.scheduler.plans)


async def test_an_occasion_that_has_ended_is_retired_once(
    clinic: Clinic, ended_occasions: EndedOccasions
) -> None:
    await ended(clinic, ended_occasions)

    assert retire_now(clinic, ended_occasions) == 1
    assert retire_now(clinic, ended_occasions) == 0
    assert numbers(clinic) == [2, 3]


async def test_nothing_is_retired_while_another_is_sent(
    clinic: Clinic, ended_occasions: EndedOccasions
) -> None:
    first = await ended(clinic, ended_occasions)

    with ended_occasions.after(first.id, sends_at=clinic.clock.now() - timedelta(minutes=5)):
        assert retire_now(clinic, ended_occasions) == 0
    assert retire_now(clinic, ended_occasions) == 1


@pytest.mark.parametrize(("ahead_s", "count"), [(59, 0), (61, 1)])
async def test_nothing_is_retired_within_a_minute_of_anothers_moment(
    clinic: Clinic, ended_occasions: EndedOccasions, ahead_s: int, count: int
) -> None:
    first = await ended(clinic, ended_occasions)
    moment = clinic.clock.now() + timedelta(seconds=ahead_s)

    with ended_occasions.after(first.id, sends_at=moment):
        assert retire_now(clinic, ended_occasions) == count


async def test_nothing_is_retired_while_another_is_about_to_start(
    clinic: Clinic, ended_occasions: EndedOccasions
) -> None:
    await ended(clinic, ended_occasions)
    another = (await clinic.start()).dispatch.occasions[0]
    clinic.clock.moment = another.sends_at - clinic.rules.lead - timedelta(seconds=30)

    assert retire_now(clinic, ended_occasions) == 0


async def test_what_cannot_be_retired_now_is_retired_later(
    clinic: Clinic, ended_occasions: EndedOccasions
) -> None:
    await ended(clinic, ended_occasions)
    clinic.scheduler.fails_with.append(AWAY)

    assert retire_now(clinic, ended_occasions) == 0
    assert retire_now(clinic, ended_occasions) == 1


async def test_an_occasion_whose_run_was_broken_off_stays(
    clinic: Clinic, ended_occasions: EndedOccasions
) -> None:
    occasion = (await clinic.start()).dispatch.occasions[0]
    with ended_occasions.after(occasion.id, sends_at=occasion.sends_at):
        clinic.run_of(occasion).claim()

    assert retire_now(clinic, ended_occasions) == 0
    assert numbers(clinic) == [1]
