"""Calls to the form service take their turns, however many may be made at once."""

import asyncio

from utskick.domain.rules import Rules
from utskick.sending.call_slots import CallSlots


def call_slots_for(at_once: int) -> CallSlots:
    return CallSlots(Rules(forms_concurrency=at_once))


class Callers:
    """So many who want to call, and end when they are let go."""

    def __init__(self, call_slots: CallSlots, number: int) -> None:
        self.calling: list[int] = []
        self.may_end = asyncio.Semaphore(0)
        self.tasks = [asyncio.create_task(self._call(call_slots, each)) for each in range(number)]

    async def _call(self, call_slots: CallSlots, number: int) -> None:
        async with call_slots.slot():
            self.calling.append(number)
            await self.may_end.acquire()

    async def end(self, number: int) -> None:
        for _ in range(number):
            self.may_end.release()
        await settled()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_first_come_first_served_and_never_more_than_allowed() -> None:
    callers = Callers(call_slots_for(2), 5)
    await settled()
    assert callers.calling == [0, 1]

    await callers.end(1)

    assert callers.calling == [0, 1, 2]
    await callers.end(4)
    assert callers.calling == [0, 1, 2, 3, 4]


async def test_with_fewer_allowed_those_under_way_end_before_another_begins() -> None:
    call_slots = call_slots_for(3)
    callers = Callers(call_slots, 5)
    await settled()

    call_slots.at_once = 1
    await callers.end(2)
    assert callers.calling == [0, 1, 2]
    await callers.end(1)

    assert callers.calling == [0, 1, 2, 3]
    await callers.end(2)


async def test_with_more_allowed_several_begin_when_the_next_ends() -> None:
    call_slots = call_slots_for(1)
    callers = Callers(call_slots, 4)
    await settled()

    call_slots.at_once = 3
    await callers.end(1)

    assert callers.calling == [0, 1, 2, 3]
    await callers.end(3)


async def test_whoever_gives_up_waiting_holds_nobody_up() -> None:
    callers = Callers(call_slots_for(1), 3)
    await settled()

    callers.tasks[1].cancel()
    await callers.end(1)

    assert callers.calling == [0, 2]
    await callers.end(1)


async def test_a_place_that_comes_to_whoever_has_just_given_up_goes_to_the_next() -> None:
    callers = Callers(call_slots_for(1), 3)
    await settled()

    callers.may_end.release()
    await asyncio.sleep(0)
    callers.tasks[1].cancel()
    await settled()
    await callers.end(2)

    assert callers.calling[0] == 0
    assert 2 in callers.calling
