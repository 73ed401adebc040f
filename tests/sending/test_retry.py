"""Waiting for a neighbour that is unwell (I15)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from utskick.adapters.in_memory import FakeClock
from utskick.domain.rules import Rules
from utskick.ports import TemporaryFailure
from utskick.sending.circuit_breaker import CircuitBreaker
from utskick.sending.retry import each, next_delay_s, with_retries

NOW = datetime(2027, 2, 1, 11, tzinfo=UTC)
RULES = Rules(retry_delays_s=(4, 20, 300, 1800))
AWAY = TemporaryFailure("away")


class Neighbour:
    """Fails so many times, then answers."""

    def __init__(self, failures: int, *, retry_after_s: float | None = None) -> None:
        self.calls = 0
        self._failures = failures
        self._retry_after_s = retry_after_s

    async def call(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise TemporaryFailure("away", retry_after_s=self._retry_after_s)
        return "well"


@pytest.mark.parametrize(
    ("retries", "least", "most"),
    [(0, 4, 6), (1, 20, 30), (2, 300, 450), (3, 1800, 2700), (9, 1800, 2700)],
)
def test_delays_grow_and_never_coincide(retries: int, least: float, most: float) -> None:
    delays = {next_delay_s(retries, AWAY, rules=RULES) for _ in range(50)}

    assert least <= min(delays) < max(delays) <= most


def test_the_neighbours_own_delay_counts_when_it_is_longer() -> None:
    long, short = TemporaryFailure("", retry_after_s=100), TemporaryFailure("", retry_after_s=1)

    assert next_delay_s(0, long, rules=RULES) == 100
    assert next_delay_s(0, short, rules=RULES) >= 4


async def test_a_call_is_repeated_until_it_succeeds() -> None:
    clock, neighbour = FakeClock(NOW), Neighbour(3)

    answer = await with_retries(
        neighbour.call, until=NOW + timedelta(hours=1), clock=clock, rules=RULES
    )

    assert (answer, neighbour.calls) == ("well", 4)
    assert timedelta(seconds=324) <= clock.now() - NOW <= timedelta(seconds=486)


async def test_patience_ends_with_a_last_try_just_before_it_is_too_late() -> None:
    clock, neighbour = FakeClock(NOW), Neighbour(99)
    until = NOW + timedelta(minutes=1)

    with pytest.raises(TemporaryFailure):
        await with_retries(neighbour.call, until=until, clock=clock, rules=RULES)

    assert neighbour.calls == 4
    assert clock.now() == until


async def test_a_neighbour_that_wants_to_be_left_alone_for_too_long_is_asked_once_more() -> None:
    neighbour, clock = Neighbour(1, retry_after_s=3600), FakeClock(NOW)
    until = NOW + timedelta(minutes=1)

    await with_retries(neighbour.call, until=until, clock=clock, rules=RULES)

    assert neighbour.calls == 2
    assert clock.now() == until


async def test_no_more_calls_are_made_at_once_than_allowed() -> None:
    under_way = most = 0

    async def call(item: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return item * item

    assert await each(range(20), call, at_once=3) == [n * n for n in range(20)]
    assert most == 3


async def test_after_a_failure_what_is_under_way_ends_and_nothing_more_is_begun() -> None:
    done: list[int] = []

    async def call(item: int) -> None:
        if item == 2:
            raise AWAY
        await asyncio.sleep(0.001)
        done.append(item)

    with pytest.raises(TemporaryFailure):
        await each(range(9), call, at_once=4)

    assert done == [0, 1]


def broken(times: int, *, rules: Rules = RULES) -> tuple[CircuitBreaker, float]:
    """A breaker that has opened so many times, and the moment it last did."""
    circuit_breaker, at = CircuitBreaker(rules, threshold=2), 0.0
    for _ in range(times):
        at += circuit_breaker.wait_s(at=at)
        circuit_breaker.note(failed=True, at=at)
        circuit_breaker.note(failed=True, at=at)
    return circuit_breaker, at


def test_a_single_failure_keeps_nobody_away() -> None:
    circuit_breaker = CircuitBreaker(RULES, threshold=2)

    circuit_breaker.note(failed=True, at=0)

    assert circuit_breaker.wait_s(at=0) == 0


def test_failures_in_a_row_keep_us_away_for_a_while() -> None:
    circuit_breaker, at = broken(1)

    assert circuit_breaker.wait_s(at=at) == 4
    assert circuit_breaker.wait_s(at=at + 3) == 1
    assert circuit_breaker.wait_s(at=at + 5) == 0


def test_each_time_in_a_row_keeps_us_away_for_longer() -> None:
    waits = [circuit_breaker.wait_s(at=at) for circuit_breaker, at in map(broken, (1, 2, 3, 4, 5))]

    assert waits == [4, 20, 30, 30, 30]


def test_one_success_forgets_the_failures() -> None:
    circuit_breaker, at = broken(3)
    at += circuit_breaker.wait_s(at=at)

    circuit_breaker.note(failed=False, at=at)
    circuit_breaker.note(failed=True, at=at)
    after_one = circuit_breaker.wait_s(at=at)
    circuit_breaker.note(failed=True, at=at)

    assert (after_one, circuit_breaker.wait_s(at=at)) == (0, 4)


def test_calls_that_were_under_way_do_not_prolong_the_wait() -> None:
    circuit_breaker, at = broken(1)

    for _ in range(10):
        circuit_breaker.note(failed=True, at=at + 1)

    assert circuit_breaker.wait_s(at=at) == 4


def test_what_fails_whoever_it_is_about_keeps_us_away_at_once() -> None:
    circuit_breaker = CircuitBreaker(RULES, threshold=5)

    circuit_breaker.note(failed=True, at=0, for_all=True)

    assert circuit_breaker.wait_s(at=0) == 4
