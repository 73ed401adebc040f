"""Who has an account at 1177, and how 1177 notifies them: asked within the inbox's budget.

At the national pace a list of 250 takes minutes. So nobody waits for it who need not: answers are
remembered, staff's lists are asked about in the background, and each question serves all who wait
for its answer.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import Clock, Inbox, InboxUser, PlatformRefusal, TemporaryFailure
from utskick.records import Store
from utskick.sending.inbox_places import inbox_place
from utskick.sending.retry import next_delay_s
from utskick.sending.shared_questions import SharedQuestions

log = logging.getLogger(__name__)

_TRIES = 4
_ANSWERED_FOR_S = 600
"""How long an answer shows that the inbox takes our calls: certificates change."""


class Accounts:
    """What the inbox says of persons, for everything in this process."""

    def __init__(self, inbox: Inbox, *, store: Store, clock: Clock, rules: Rules) -> None:
        self._inbox = inbox
        self._store = store
        self._clock = clock
        self._rules = rules
        self._questions = SharedQuestions(
            self._ask, await_place=self._await_place, recall=self._recall
        )
        self._learning: dict[Personnummer, asyncio.Task[None]] = {}
        self._answered_at = -math.inf

    @property
    def have_been_answered(self) -> bool:
        """Whether this process has had an answer of the inbox's lately."""
        return self._clock.monotonic() - self._answered_at < _ANSWERED_FOR_S

    def doubt(self) -> None:
        """What the inbox has answered says no more that it does."""
        self._answered_at = -math.inf

    async def ask_now(self, number: Personnummer) -> InboxUser | None:
        """Whatever is remembered. A platform that refuses the question has answered, too.

        Raises `TemporaryFailure`.
        """
        await self._await_place(1)
        user = None
        with suppress(PlatformRefusal):
            user = await self._inbox.user(number)
            await asyncio.to_thread(self._keep, {number: user})
        self._answered_at = self._clock.monotonic()
        return user

    async def known(
        self, numbers: Collection[Personnummer], *, within: timedelta
    ) -> Mapping[Personnummer, InboxUser]:
        """What has been said of them so long ago at most."""
        if not (numbers and within):
            return {}
        return await asyncio.to_thread(self._read, numbers, within)

    async def learn(
        self,
        numbers: Sequence[Personnummer],
        known: dict[Personnummer, InboxUser],
        *,
        within: timedelta,
    ) -> None:
        """Fill in `known`: what was said so long ago holds, and the rest is asked for.

        Whoever is cancelled keeps what has come. Raises `TemporaryFailure`.
        """
        unknown = [number for number in numbers if number not in known]
        known |= await self.known(unknown, within=within)
        await self._questions.learn(numbers, known)

    async def learn_quickly(
        self, numbers: Sequence[Personnummer]
    ) -> dict[Personnummer, InboxUser]:
        """What is remembered, and what can be learnt in a moment: somebody waits for a page.

        About the others the inbox is asked in the background.
        """
        remembered = self._rules.inbox_remembered
        known = await self.known(numbers, within=remembered)
        unknown = [number for number in numbers if number not in known]
        self.learn_soon(unknown)
        if not unknown or not await self._have_ended(unknown):
            return dict(known)
        return {**known, **await self.known(unknown, within=remembered)}

    async def _have_ended(self, numbers: Sequence[Personnummer]) -> bool:
        """Whether some time has been given to the questions about them, which go on after it."""
        patience_s = self._rules.inbox_patience_s
        if self._rules.inbox_budget.seconds(len(numbers) - 1) >= patience_s:
            return False
        loop = asyncio.get_running_loop()
        asking = {self._learning[n] for n in numbers if n in self._learning}
        if ours := [task for task in asking if task.get_loop() is loop]:
            await asyncio.wait(ours, timeout=patience_s)
        return True

    def learn_soon(self, numbers: Collection[Personnummer]) -> None:
        """Ask in the background, once: the answers are there to be read when they have come."""
        new = [number for number in dict.fromkeys(numbers) if not self._is_asking(number)]
        if new:
            learning = asyncio.get_running_loop().create_task(self._learn_in_background(new))
            self._learning |= dict.fromkeys(new, learning)

    def awaited(self, numbers: Collection[Personnummer]) -> list[Personnummer]:
        """Those about whom the inbox is being asked in the background."""
        return [number for number in numbers if self._is_asking(number)]

    def seconds_left(self, numbers: Collection[Personnummer]) -> float:
        """About how long it takes until the last of them is known, beside all others."""
        return self._rules.inbox_budget.seconds(self._questions.calls_until(len(numbers)))

    def _is_asking(self, number: Personnummer) -> bool:
        """A loop that has been closed asks no more, whatever it left behind."""
        learning = self._learning.get(number)
        return learning is not None and not (learning.done() or learning.get_loop().is_closed())

    async def _learn_in_background(self, numbers: Sequence[Personnummer]) -> None:
        known: dict[Personnummer, InboxUser] = {}
        try:
            for tries in range(_TRIES):
                try:
                    await self.learn(numbers, known, within=self._rules.inbox_remembered)
                except TemporaryFailure as failure:
                    await self._clock.sleep(next_delay_s(tries, failure, rules=self._rules))
                else:
                    return
            log.warning("The inbox did not answer about %d persons", len(numbers) - len(known))
        except Exception as error:  # noqa: BLE001  # its text may hold anything
            log.warning("Asking the inbox ended with %s", type(error).__name__)
        finally:
            for number in numbers:
                self._learning.pop(number, None)

    async def _await_place(self, waiting: int) -> int:
        handful = max(1, min(waiting, self._rules.inbox_budget.handful))
        await inbox_place(
            handful, messages=False, store=self._store, clock=self._clock, rules=self._rules
        )
        return handful

    async def _recall(self, numbers: Sequence[Personnummer]) -> Mapping[Personnummer, InboxUser]:
        """A page and an occasion's run may ask about the same list at once, each in a process."""
        return await self.known(numbers, within=self._rules.inbox_fresh)

    async def _ask(self, numbers: Sequence[Personnummer]) -> Mapping[Personnummer, InboxUser]:
        asked = await asyncio.gather(*map(self._inbox.user, numbers), return_exceptions=True)
        answers = {
            number: answer
            for number, answer in zip(numbers, asked, strict=True)
            if isinstance(answer, InboxUser)
        }
        if answers:
            self._answered_at = self._clock.monotonic()
        await asyncio.to_thread(self._keep, answers)
        return answers

    def _read(
        self, numbers: Collection[Personnummer], within: timedelta
    ) -> Mapping[Personnummer, InboxUser]:
        with self._store.transaction() as records:
            return records.inbox_answers.known(numbers, since=self._clock.now() - within)

    def _keep(self, answers: Mapping[Personnummer, InboxUser]) -> None:
        with self._store.transaction() as records:
            records.inbox_answers.keep(answers, now=self._clock.now())
