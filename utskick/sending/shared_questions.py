"""Questions about persons, gathered from all runs and asked in batches.

Hundreds of occasions have the same minute, and a neighbour allows only so many calls a second.
While one place in its queue is waited for, the questions of all runs gather. The next call then
asks about as many persons as it can hold.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import Clock, PersonRecord, Persons, TemporaryFailure
from utskick.records import Store
from utskick.sending.look_up import look_up

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked(Generic[T]):
    number: Personnummer
    answer: "asyncio.Future[T]"


class SharedQuestions(Generic[T]):
    """What a neighbour knows of persons, at its pace. Each event loop asks for itself.

    `await_place` waits for a place in its queue when so many wait for answers; it returns how many
    of them may be asked about then. `recall` knows whom another process has heard of meanwhile.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[Personnummer]], Awaitable[Mapping[Personnummer, T]]],
        *,
        await_place: Callable[[int], Awaitable[int]],
        recall: Callable[[Sequence[Personnummer]], Awaitable[Mapping[Personnummer, T]]]
        | None = None,
    ) -> None:
        self._ask = ask
        self._recall = recall
        self._await_place = await_place
        self._desks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk[T]] = WeakKeyDictionary()

    async def learn(self, numbers: Sequence[Personnummer], known: dict[Personnummer, T]) -> None:
        """Fill in `known` with those that it lacks: whoever is cancelled keeps what has come.

        Raises what the neighbour and the database raise.
        """
        desk = self._desks.setdefault(asyncio.get_running_loop(), _Desk(self._answer_some))
        asked = desk.ask([number for number in numbers if number not in known])
        try:
            if asked:
                await asyncio.wait([each.answer for each in asked])
        finally:
            for each in asked:
                if _has_come(each.answer):
                    known[each.number] = each.answer.result()
                else:
                    each.answer.cancel()
        for each in asked:
            each.answer.result()

    def calls_until(self, count: int) -> int:
        """About how many persons are asked about until so many of one list have been."""
        desk = self._desks.get(asyncio.get_running_loop())
        return desk.before(count) if desk else count

    async def _answer_some(self, desk: "_Desk[T]") -> None:
        """Wait for a place in the neighbour's queue, then ask about those who wait by then."""
        count = await self._await_place(len(desk.waiting))
        if self._recall is not None:
            desk.settle(await self._recall(desk.waiting))
        desk.answer(desk.next(count), self._ask)


class _Desk(Generic[T]):
    """The questions of one event loop, and the task that answers them while there are any.

    Whoever asks about many has one question answered in turn with all others.
    """

    def __init__(self, serve: "Callable[[_Desk[T]], Awaitable[None]]") -> None:
        self._serve = serve
        self._waiting: dict[Personnummer, list[_Asked[T]]] = {}
        self._lists: deque[deque[Personnummer]] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()

    def ask(self, numbers: Sequence[Personnummer]) -> Sequence[_Asked[T]]:
        loop = asyncio.get_running_loop()
        asked = [_Asked(number, loop.create_future()) for number in numbers]
        for each in asked:
            self._waiting.setdefault(each.number, []).append(each)
        if asked:
            self._lists.append(deque(numbers))
        if asked and self._serving is None:
            self._serving = loop.create_task(self._serve_all())
        return asked

    @property
    def waiting(self) -> Sequence[Personnummer]:
        """Those about whom nobody has been asked yet."""
        return list(self._waiting)

    def settle(self, answers: Mapping[Personnummer, T]) -> None:
        """What is known need not be asked."""
        for number, answer in answers.items():
            for each in self._waiting.pop(number, ()):
                if not each.answer.done():
                    each.answer.set_result(answer)

    def next(self, count: int) -> Mapping[Personnummer, Sequence[_Asked[T]]]:
        """The next persons, each with all who wait for the answer; not those who gave up."""
        taken: dict[Personnummer, list[_Asked[T]]] = {}
        while self._lists and len(taken) < count:
            numbers = self._lists.popleft()
            number = numbers.popleft()
            if numbers:
                self._lists.append(numbers)
            waiting = [each for each in self._waiting.pop(number, ()) if not each.answer.done()]
            if waiting:
                taken[number] = waiting
        return taken

    def before(self, count: int) -> int:
        """How many are asked about until so many of one list have been."""
        return max(count, sum(min(len(numbers), count) for numbers in self._lists))

    def answer(
        self,
        taken: Mapping[Personnummer, Sequence[_Asked[T]]],
        ask: Callable[[Sequence[Personnummer]], Awaitable[Mapping[Personnummer, T]]],
    ) -> None:
        """Make the call in a task of its own, so that the next batch need not wait for it."""
        if taken:
            call = asyncio.get_running_loop().create_task(_call(taken, ask))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    @property
    def _all(self) -> Sequence[_Asked[T]]:
        return [each for waiting in self._waiting.values() for each in waiting]

    async def _serve_all(self) -> None:
        try:
            while any(not each.answer.done() for each in self._all):
                await self._serve(self)
        except Exception as error:  # noqa: BLE001  # whatever it is, all must get it
            _fail(self._all, error)
        finally:
            self._waiting.clear()
            self._lists.clear()
            self._serving = None


async def _call(
    taken: Mapping[Personnummer, Sequence[_Asked[T]]],
    ask: Callable[[Sequence[Personnummer]], Awaitable[Mapping[Personnummer, T]]],
) -> None:
    try:
        answers = await ask(list(taken))
    except Exception as error:  # noqa: BLE001  # whatever it is, whoever asked must get it
        _fail([each for asked in taken.values() for each in asked], error)
        return
    for number, asked in taken.items():
        if number not in answers:
            _fail(asked, TemporaryFailure("no answer about a person"))
        for each in asked:
            if not each.answer.done():
                each.answer.set_result(answers[number])


def _fail(asked: Sequence[_Asked[T]], error: Exception) -> None:
    for each in asked:
        if not each.answer.done():
            each.answer.set_exception(error)


def _has_come(answer: "asyncio.Future[T]") -> bool:
    return answer.done() and not answer.cancelled() and answer.exception() is None


def shared_register(
    persons: Persons, *, store: Store, clock: Clock, rules: Rules
) -> SharedQuestions[PersonRecord | None]:
    """The population register: a call for a whole batch."""

    def reserve() -> float:
        with store.transaction() as records:
            return records.budgets.reserve("persons", calls=1, per_s=rules.persons_per_s)

    async def await_place(_waiting: int) -> int:
        await clock.sleep(await asyncio.to_thread(reserve))
        return rules.persons_batch

    return SharedQuestions(partial(look_up, persons=persons, store=store), await_place=await_place)
