"""Ask the inbox about those who were started for before it had answered about them.

From a page they are asked about already; from a process that has ended since, or has been started
anew, they are not.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.records import Store
from utskick.sending.accounts import Accounts

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAboutRecipients:
    store: Store
    accounts: Accounts
    rules: Rules

    async def __call__(self) -> int:
        """In the background; how many there are. What is remembered is passed on to them."""
        awaited = await asyncio.to_thread(self._awaited)
        known = await self.accounts.known(awaited, within=self.rules.inbox_remembered)
        if known:
            await asyncio.to_thread(self._pass_on, list(known))
        self.accounts.learn_soon([number for number in awaited if number not in known])
        return len(awaited)

    def _awaited(self) -> Sequence[Personnummer]:
        with self.store.transaction() as records:
            return records.inbox_answers.awaited(limit=_AT_ONCE)

    def _pass_on(self, numbers: Sequence[Personnummer]) -> None:
        with self.store.transaction() as records:
            records.inbox_answers.pass_on(numbers)
