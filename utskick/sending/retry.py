"""Retries, with growing delays, while a neighbour is unwell (I15)."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import TypeVar

from utskick.domain.rules import Rules
from utskick.ports import Clock, TemporaryFailure

T = TypeVar("T")
Item = TypeVar("Item")

_JITTER = 0.5
_LONGEST_WAIT_S = 86_400


def next_delay_s(retries: int, failure: TemporaryFailure, *, rules: Rules) -> float:
    """The growing delay with jitter, or what the neighbour asked for if that is longer."""
    spread = 1 + random.random() * _JITTER  # noqa: S311  # jitter is no secret
    asked_for = min(failure.retry_after_s or 0, _LONGEST_WAIT_S)
    return max(rules.retry_delay_s(retries) * spread, asked_for)


async def with_retries(
    call: Callable[[], Awaitable[T]], *, until: datetime, clock: Clock, rules: Rules
) -> T:
    """Call until it succeeds. Raises the last `TemporaryFailure` when `until` would pass."""
    retries = 0
    while True:
        try:
            return await call()
        except TemporaryFailure as failure:
            left = (until - clock.now()).total_seconds()
            if left <= 0:
                raise
            # However long the neighbour asks for: there is one last try before it is too late.
            await clock.sleep(min(next_delay_s(retries, failure, rules=rules), left))
            retries += 1


async def each(
    items: Iterable[Item], call: Callable[[Item], Awaitable[T]], *, at_once: int
) -> list[T]:
    """Call for every item, at most `at_once` at a time.

    After a failure no more are begun; it is raised when those under way have ended.
    """
    call_slots = asyncio.Semaphore(at_once)
    failures: list[BaseException] = []

    async def in_turn(item: Item) -> T:
        async with call_slots:
            if failures:
                raise failures[0]
            try:
                return await call(item)
            except BaseException as failure:
                failures.append(failure)
                raise

    results = await asyncio.gather(*map(in_turn, items), return_exceptions=True)
    if failures:
        raise failures[0]
    return [result for result in results if not isinstance(result, BaseException)]
