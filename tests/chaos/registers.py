"""The population register and the accounts of 1177, and each process's last answers.

What was sent to somebody is held against what the sender knew: nobody gets anything whom the
sender's last question refused, and no sender begins on answers that have grown old.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.chaos.virtual import World
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser, PersonRecord

Loop = asyncio.AbstractEventLoop

_OLDEST = timedelta(seconds=300)
"""An answer's age when the first form leaves: two minutes, half a lease, and how time passes."""


@dataclass(frozen=True, slots=True)
class _Answer:
    at: datetime
    refused: bool


@dataclass(slots=True)
class Registers:
    """A `Persons`, and who has an account.

    `inattentive` are processes that have stood still, or had a connection that did not open.
    """

    world: World
    records: dict[Personnummer, PersonRecord | None]
    without_account: set[Personnummer] = field(default_factory=set)
    inattentive: set[Loop] = field(default_factory=set)
    ever_refused: set[Personnummer] = field(default_factory=set)
    _persons: dict[tuple[Loop, Personnummer], _Answer] = field(default_factory=dict)
    _accounts: dict[tuple[Loop, Personnummer], _Answer] = field(default_factory=dict)
    _have_begun: set[Loop] = field(default_factory=set)

    async def look_up(
        self, numbers: Sequence[Personnummer]
    ) -> Mapping[Personnummer, PersonRecord | None]:
        answer = {number: self.records[number] for number in numbers}
        for number, record in answer.items():
            refused = record != PersonRecord()
            self._note(number, refused=refused)
            self._persons[asyncio.get_running_loop(), number] = _Answer(self.world.now, refused)
        return answer

    def user(self, number: Personnummer) -> InboxUser:
        active = number not in self.without_account
        self._note(number, refused=not active)
        answer = _Answer(self.world.now, refused=not active)
        self._accounts[asyncio.get_running_loop(), number] = answer
        return InboxUser(active=active, notified_by=("SMS",) if active else ())

    def look_at(self, number: Personnummer, *, loop: Loop, needs_account: bool) -> None:
        """Something leaves for the person. Raises `AssertionError` if it must not."""
        registers = [self._persons, *([self._accounts] if needs_account else [])]
        for answer in [register[loop, number] for register in registers]:
            # What is answered in the very moment of leaving comes too late.
            assert not (answer.refused and answer.at < self.world.now), (
                "sent to one who was refused"
            )
            if loop not in self.inattentive | self._have_begun:
                assert self.world.now - answer.at <= _OLDEST, "sent on an old answer"
        self._have_begun.add(loop)

    def _note(self, number: Personnummer, *, refused: bool) -> None:
        if refused:
            self.ever_refused.add(number)
