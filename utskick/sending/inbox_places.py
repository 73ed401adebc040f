"""Places in the one queue of 1177's inbox, which all our processes share."""

import asyncio

from utskick.domain.inbox_budget import Place
from utskick.domain.rules import Rules
from utskick.ports import Clock
from utskick.records import Store


async def inbox_place(
    calls: int = 1, *, messages: bool, store: Store, clock: Clock, rules: Rules
) -> Place:
    """Wait for the next place. One that is not taken is not waited for: messages pause."""
    place = await asyncio.to_thread(_reserve, calls, messages, store, rules)
    if place.taken:
        await clock.sleep(place.wait_s)
    return place


def _reserve(calls: int, messages: bool, store: Store, rules: Rules) -> Place:  # noqa: FBT001
    with store.transaction() as records:
        return records.budgets.reserve_inbox(rules.inbox_budget, calls=calls, messages=messages)
