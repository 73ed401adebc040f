"""Questions about persons, gathered from all runs and asked in batches.

Hundreds of occasions have the same minute, and a neighbour allows only so many calls a second.
While one place in its queue is waited for, the questions of all runs gather. The next call then
asks about as many persons as it can hold.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import Clock, Inbox, InboxUser, PersonRecord, Persons, TemporaryFailure
from utskick.records import Store

T = TypeVar("T")

_LARGEST_HANDFUL = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a neighbour may be asked: `batch` persons at a time, which counts as `calls`."""

    queue: str
    per_s: float
    batch: int
    calls: int


@dataclass(frozen=True, slots=True)
class _Asked(Generic[T]):
    number: Personnummer
    answer: "asyncio.Future[T]"


class SharedQuestions(Generic[T]):
    """What a neighbour knows of persons, at its pace. Each event loop asks for itself."""

    def __init__(
        self,
        ask: Callable[[Sequence[Personnummer]], Awaitable[Mapping[Personnummer, T]]],
        *,
        pace: Pace,
        store: Store,
        clock: Clock,
    ) -> None:
        self._ask = ask
        self._pace = pace
        self._store = store
        self._clock = clock
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

    async def _answer_some(self, desk: "_Desk[T]") -> None:
        """Wait for a place in the neighbour's queue, then ask about those who wait by then."""
        await self._clock.sleep(await asyncio.to_thread(self._reserve))
        desk.answer(desk.next(self._pace.batch), self._ask)

    def _reserve(self) -> float:
        with self._store.transaction() as records:
            return records.budgets.reserve(
                self._pace.queue, calls=self._pace.calls, per_s=self._pace.per_s
            )


class _Desk(Generic[T]):
    """The questions of one event loop, and the task that answers them while there are any."""

    def __init__(self, serve: "Callable[[_Desk[T]], Awaitable[None]]") -> None:
        self._serve = serve
        self._waiting: deque[_Asked[T]] = deque()
        self._serving: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()

    def ask(self, numbers: Sequence[Personnummer]) -> Sequence[_Asked[T]]:
        loop = asyncio.get_running_loop()
        asked = [_Asked(number, loop.create_future()) for number in numbers]
        self._waiting.extend(asked)
        if asked and self._serving is None:
            self._serving = loop.create_task(self._serve_all())
        return asked

    def next(self, count: int) -> Mapping[Personnummer, Sequence[_Asked[T]]]:
        """The next persons, each with those who wait for the answer; not those who gave up."""
        taken: dict[Personnummer, list[_Asked[T]]] = {}
        while self._waiting and len(taken) < count:
            each = self._waiting.popleft()
            if not each.answer.done():
                taken.setdefault(each.number, []).append(each)
        return taken

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

    async def _serve_all(self) -> None:
        try:
            while any(not each.answer.done() for each in self._waiting):
                await self._serve(self)
        except Exception as error:  # noqa: BLE001  # whatever it is, all must get it
            _fail(list(self._waiting), error)
        finally:
            self._waiting.clear()
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
    pace = Pace(queue="persons", per_s=rules.persons_per_s, batch=rules.persons_batch, calls=1)
    return SharedQuestions(persons.look_up, pace=pace, store=store, clock=clock)


def shared_accounts(
    inbox: Inbox, *, store: Store, clock: Clock, rules: Rules
) -> SharedQuestions[InboxUser]:
    """Who has a 1177 account: a call for each, in a queue apart from the messages.

    As fast as messages may be left, but never before them: those are due.
    """

    async def ask(numbers: Sequence[Personnummer]) -> Mapping[Personnummer, InboxUser]:
        answers = await asyncio.gather(*map(inbox.user, numbers), return_exceptions=True)
        return {
            number: answer
            for number, answer in zip(numbers, answers, strict=True)
            if isinstance(answer, InboxUser)
        }

    handful = max(1, min(_LARGEST_HANDFUL, int(rules.inbox_per_s)))
    pace = Pace(queue="inbox users", per_s=rules.inbox_per_s, batch=handful, calls=handful)
    return SharedQuestions(ask, pace=pace, store=store, clock=clock)
