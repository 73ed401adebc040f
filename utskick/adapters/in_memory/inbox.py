"""1177's inbox in memory."""

import asyncio
from collections.abc import Callable, Mapping

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.deliveries import Refusal
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxMessage, InboxUser, PermanentFailure, Withheld

_NO_ACCOUNT = InboxUser(active=False, notified_by=())


class InMemoryInbox:
    """An `Inbox`. Whoever is not among `users` has no account. `messages` are those left.

    `fails_before` strikes before a message is left and `fails_after` when it has been left;
    `fails_reading` strikes `user`, which answers when it `may_answer`. `asked` is about whom.
    """

    def __init__(self, users: Mapping[Personnummer, InboxUser]) -> None:
        self.users = dict(users)
        self.messages: list[tuple[Personnummer, InboxMessage]] = []
        self.fails_before = Failures()
        self.fails_after = Failures()
        self.fails_reading = Failures()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.asked: list[Personnummer] = []

    async def user(self, personnummer: Personnummer) -> InboxUser:
        self.asked.append(personnummer)
        await self.may_answer.wait()
        self.fails_reading.strike()
        return self.users.get(personnummer, _NO_ACCOUNT)

    async def add_message(
        self,
        personnummer: Personnummer,
        message: InboxMessage,
        *,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> None:
        if not may_leave():
            raise Withheld
        self.fails_before.strike()
        if not self.users.get(personnummer, _NO_ACCOUNT).active:
            raise PermanentFailure("the person has no account", reason=Refusal.NO_ACCOUNT)
        self.messages.append((personnummer, message))
        self.fails_after.strike()
