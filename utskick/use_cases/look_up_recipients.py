"""Kontrollera mottagare: who on the list can get a form, and whom 1177 would notify."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from utskick.domain.deliveries import REFUSAL_LABELS, REFUSAL_REMEDIES, Refusal
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Clock, InboxUser, Persons, TemporaryFailure
from utskick.records import LogEntry, Store
from utskick.sending.accounts import Accounts
from utskick.sending.check_recipients import check_quickly


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What is known of one person just now. `notified_by` is `None` if nobody knows.

    No `name`: the population register gave none.
    """

    number: Personnummer
    refusal: Refusal | None = None
    notified_by: tuple[str, ...] | None = None
    name: str = field(default="", repr=False)

    @property
    def reason(self) -> str:
        """Why the person cannot be added; empty if they can."""
        return f"{REFUSAL_LABELS[self.refusal]}." if self.refusal else ""

    @property
    def remedy(self) -> str:
        return REFUSAL_REMEDIES[self.refusal] if self.refusal else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSoFar:
    """What the inbox has said of those on a list. `awaited`: it is being asked about them.

    `left_s` is about how long it takes to hear of all of them.
    """

    users: Mapping[Personnummer, InboxUser]
    awaited: Collection[Personnummer]
    left_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpRecipients:
    store: Store
    persons: Persons
    accounts: Accounts
    clock: Clock
    rules: Rules

    async def __call__(
        self,
        numbers: Sequence[Personnummer],
        *,
        needs_account: bool,
        actor: Actor,
        now: datetime,
    ) -> list[LookedUp]:
        """Look everyone up, in the order given; logged before anything is asked.

        Whom there is no time to ask the inbox about is asked about in the background. A register
        that is away keeps nobody off the list, as all are checked again at the start.
        """
        await asyncio.to_thread(log_asked, numbers, actor, self.store, now)
        try:
            checked = await check_quickly(
                numbers,
                needs_account=needs_account,
                store=self.store,
                persons=self.persons,
                accounts=self.accounts,
                clock=self.clock,
                rules=self.rules,
            )
        except TemporaryFailure:
            return [LookedUp(number=number) for number in numbers]
        return [
            LookedUp(
                number=number,
                refusal=checked.refused.get(number),
                notified_by=checked.notified_by.get(number),
                name=checked.names.get(number, ""),
            )
            for number in numbers
        ]

    async def so_far(self, numbers: Collection[Personnummer]) -> KnownSoFar:
        """Of those who have been looked up already, and logged then: nothing is asked anew."""
        users = await self.accounts.known(numbers, within=self.rules.inbox_remembered)
        unknown = [number for number in numbers if number not in users]
        awaited = self.accounts.awaited(unknown)
        return KnownSoFar(
            users=users, awaited=frozenset(awaited), left_s=self.accounts.seconds_left(awaited)
        )


def log_asked(numbers: Sequence[Personnummer], actor: Actor, store: Store, now: datetime) -> None:
    """That the registers are asked about these persons, whatever they answer."""
    entries = [
        LogEntry(
            actor=actor,
            activity=Activity.READ,
            act="kontrollerat mottagare",
            personnummer=number,
        )
        for number in numbers
    ]
    with store.transaction() as records:
        records.access_log.write(entries, now=now)
