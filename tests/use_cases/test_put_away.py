"""What has ended is put away when the scheduler has nothing better to do, and soon."""

from datetime import timedelta

import pytest

from tests.clinic import WEEKLY, Clinic
from tests.use_cases.clinic_days import AWAY, run_to_its_end
from utskick.domain.occasions import Occasion
from utskick.use_cases.put_away import Spent, put_away


@pytest.fixture
def spent() -> Spent:
    return Spent()


async def ended(clinic: Clinic, spent: Spent) -> Occasion:
    """The first of three weekly occasions, run to its end in this process."""
    occasion = (await clinic.start(package=WEEKLY.key, start=None)).dispatch.occasions[0]
    with spent.after(occasion.id, sends_at=occasion.sends_at):
        await run_to_its_end(clinic, occasion)
    return occasion


def put_away_now(clinic: Clinic, spent: Spent) -> int:
    return put_away(
        spent,
        store=clinic.store,
        scheduler=clinic.scheduler,
        rules=clinic.rules,
        now=clinic.clock.now(),
    )


def numbers(clinic: Clinic) -> list[int]:
    return sorted(plan.number for plan in clinic.scheduler.plans)


async def test_an_occasion_that_has_ended_is_put_away_once(clinic: Clinic, spent: Spent) -> None:
    await ended(clinic, spent)

    assert put_away_now(clinic, spent) == 1
    assert put_away_now(clinic, spent) == 0
    assert numbers(clinic) == [2, 3]


async def test_nothing_is_put_away_while_another_is_sent(clinic: Clinic, spent: Spent) -> None:
    first = await ended(clinic, spent)

    with spent.after(first.id, sends_at=clinic.clock.now() - timedelta(minutes=5)):
        assert put_away_now(clinic, spent) == 0
    assert put_away_now(clinic, spent) == 1


@pytest.mark.parametrize(("ahead_s", "count"), [(59, 0), (61, 1)])
async def test_nothing_is_put_away_within_a_minute_of_anothers_moment(
    clinic: Clinic, spent: Spent, ahead_s: int, count: int
) -> None:
    first = await ended(clinic, spent)
    moment = clinic.clock.now() + timedelta(seconds=ahead_s)

    with spent.after(first.id, sends_at=moment):
        assert put_away_now(clinic, spent) == count


async def test_nothing_is_put_away_while_another_is_about_to_start(
    clinic: Clinic, spent: Spent
) -> None:
    await ended(clinic, spent)
    another = (await clinic.start()).dispatch.occasions[0]
    clinic.clock.moment = another.sends_at - clinic.rules.lead - timedelta(seconds=30)

    assert put_away_now(clinic, spent) == 0


async def test_what_cannot_be_put_away_now_is_put_away_later(clinic: Clinic, spent: Spent) -> None:
    await ended(clinic, spent)
    clinic.scheduler.fails_with.append(AWAY)

    assert put_away_now(clinic, spent) == 0
    assert put_away_now(clinic, spent) == 1


async def test_an_occasion_whose_run_was_broken_off_stays(clinic: Clinic, spent: Spent) -> None:
    occasion = (await clinic.start()).dispatch.occasions[0]
    with spent.after(occasion.id, sends_at=occasion.sends_at):
        clinic.run_of(occasion).claim()

    assert put_away_now(clinic, spent) == 0
    assert numbers(clinic) == [1]
