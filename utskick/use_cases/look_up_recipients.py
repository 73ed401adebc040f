"""Kontrollera mottagare: who on the list can get a form, and whom 1177 would notify."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.deliveries import REFUSAL_LABELS, REFUSAL_REMEDIES, Refusal
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Clock, Inbox, InboxUser, Persons, TemporaryFailure
from utskick.records import LogEntry, Store
from utskick.sending.check_recipients import inbox_users, refused_by_register


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What is known of one person just now. `notified_by` is `None` if nobody knows."""

    number: Personnummer
    refusal: Refusal | None = None
    notified_by: tuple[str, ...] | None = None

    @property
    def reason(self) -> str:
        """Why the person cannot be added; empty if they can."""
        return f"{REFUSAL_LABELS[self.refusal]}." if self.refusal else ""

    @property
    def remedy(self) -> str:
        return REFUSAL_REMEDIES[self.refusal] if self.refusal else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpRecipients:
    store: Store
    persons: Persons
    inbox: Inbox
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

        A register that is away keeps nobody off the list, as all are checked again at the start.
        """
        await asyncio.to_thread(log_asked, numbers, actor, self.store, now)
        try:
            refused = await refused_by_register(
                numbers,
                store=self.store,
                persons=self.persons,
                clock=self.clock,
                rules=self.rules,
            )
        except TemporaryFailure:
            return [LookedUp(number=number) for number in numbers]
        reachable = [number for number in numbers if number not in refused]
        try:
            users = await inbox_users(reachable, inbox=self.inbox, rules=self.rules)
        except TemporaryFailure:
            users = {}
        if needs_account:
            refused |= {n: Refusal.NO_ACCOUNT for n, user in users.items() if not user.active}
        return [_looked_up(number, refused.get(number), users.get(number)) for number in numbers]


def _looked_up(number: Personnummer, refusal: Refusal | None, user: InboxUser | None) -> LookedUp:
    if refusal or user is None:
        return LookedUp(number=number, refusal=refusal)
    return LookedUp(number=number, notified_by=user.notified_by)


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
