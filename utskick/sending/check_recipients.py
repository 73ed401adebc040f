"""Ask the population register and 1177 who can get a form, and whom 1177 would notify."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from utskick.domain.deliveries import Refusal
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import Clock, InboxUser, PersonRecord, Persons, TemporaryFailure
from utskick.records import Store
from utskick.sending.accounts import Accounts
from utskick.sending.look_up import look_up
from utskick.sending.retry import with_retries


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`refused` cannot get a form. `notified_by` is empty for whom 1177 would not notify.

    About the `unknown` the inbox has not answered yet. `names`: as the population register has
    them, where it has any.
    """

    refused: Mapping[Personnummer, Refusal] = field(default_factory=dict)
    notified_by: Mapping[Personnummer, tuple[str, ...]] = field(default_factory=dict)
    unknown: Collection[Personnummer] = ()
    names: Mapping[Personnummer, str] = field(default_factory=dict, repr=False)

    @property
    def unnotified(self) -> int:
        """How many would not notice a message (manual: "Är det tomt …")."""
        return sum(not channels for channels in self.notified_by.values())


async def check_register(
    numbers: Sequence[Personnummer],
    *,
    store: Store,
    persons: Persons,
    clock: Clock,
    rules: Rules,
) -> Checked:
    """Ask the population register alone. Raises `TemporaryFailure` if it does not answer."""
    said: dict[Personnummer, PersonRecord | None] = {}
    async for batch in _looked_up(numbers, store=store, persons=persons, clock=clock, rules=rules):
        said |= batch
    return Checked(
        refused=_refusals(said),
        names={number: record.name for number, record in said.items() if record},
    )


async def check_quickly(
    numbers: Sequence[Personnummer],
    *,
    needs_account: bool,
    store: Store,
    persons: Persons,
    accounts: Accounts,
    clock: Clock,
    rules: Rules,
) -> Checked:
    """While somebody waits: the population register is asked, the inbox as far as there is time.

    Raises `TemporaryFailure` if the population register does not answer.
    """
    known = await check_register(numbers, store=store, persons=persons, clock=clock, rules=rules)
    reachable = [number for number in numbers if number not in known.refused]
    users = await accounts.learn_quickly(reachable)
    checked = _checked(reachable, known.refused, users, needs_account=needs_account)
    return replace(checked, names=known.names)


async def check_recipients(
    numbers: Collection[Personnummer],
    *,
    needs_account: bool,
    store: Store,
    persons: Persons,
    accounts: Accounts,
    clock: Clock,
    rules: Rules,
    known: dict[Personnummer, InboxUser] | None = None,
    until: datetime | None = None,
) -> Checked:
    """Check everyone. A mark may be set later: done at the start and again at every occasion.

    `known` keeps what the inbox has answered from one try to the next: with hundreds of recipients
    all calls seldom succeed at once. If it has not answered `until` then, it is not waited for.
    Raises `TemporaryFailure` if a register does not answer.
    """
    users = {} if known is None else known
    refused: dict[Personnummer, Refusal] = {}

    async def learn(some: Sequence[Personnummer]) -> None:
        if needs_account:
            await _learn_until(until, accounts, some, users, clock, rules)

    asking: asyncio.Task[None] = asyncio.create_task(learn([]))
    try:
        async for batch in _looked_up(
            list(numbers), store=store, persons=persons, clock=clock, rules=rules
        ):
            refused |= _refusals(batch)
            await asking
            # Meanwhile the next batch waits for its place in the register's queue.
            asking = asyncio.create_task(learn([n for n in batch if n not in refused]))
        await asking
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    reachable = [number for number in numbers if number not in refused]
    return _checked(reachable, refused, users, needs_account=needs_account)


async def _learn_until(
    until: datetime | None,
    accounts: Accounts,
    numbers: Sequence[Personnummer],
    users: dict[Personnummer, InboxUser],
    clock: Clock,
    rules: Rules,
) -> None:
    learn = partial(accounts.learn, numbers, users, within=rules.inbox_fresh)
    if until is None:
        await learn()
        return
    with suppress(TimeoutError, TemporaryFailure):
        async with asyncio.timeout((until - clock.now()).total_seconds()):
            await with_retries(learn, until=until, clock=clock, rules=rules)


def _checked(
    reachable: Sequence[Personnummer],
    refused: Mapping[Personnummer, Refusal],
    users: Mapping[Personnummer, InboxUser],
    *,
    needs_account: bool,
) -> Checked:
    accountless = {
        n: Refusal.NO_ACCOUNT
        for n in reachable
        if needs_account and n in users and not users[n].active
    }
    return Checked(
        refused={**refused, **accountless},
        notified_by={
            n: users[n].notified_by for n in reachable if n in users and n not in accountless
        },
        unknown=tuple(n for n in reachable if n not in users),
    )


async def _looked_up(
    numbers: Sequence[Personnummer], *, store: Store, persons: Persons, clock: Clock, rules: Rules
) -> AsyncIterator[Mapping[Personnummer, PersonRecord | None]]:
    """A batch at a time, at the register's pace."""
    for start in range(0, len(numbers), rules.persons_batch):
        await clock.sleep(await asyncio.to_thread(_reserve, store, rules))
        batch = numbers[start : start + rules.persons_batch]
        records = await look_up(batch, persons=persons, store=store)
        yield {number: records[number] for number in batch}


def _reserve(store: Store, rules: Rules) -> float:
    with store.transaction() as records:
        return records.budgets.reserve("persons", calls=1, per_s=rules.persons_per_s)


def _refusals(
    batch: Mapping[Personnummer, PersonRecord | None],
) -> dict[Personnummer, Refusal]:
    return {n: why for n, record in batch.items() if (why := refusal_of(record)) is not None}


def refusal_of(record: PersonRecord | None) -> Refusal | None:
    """Why somebody gets nothing of whom the population register says this.

    Whoever is deregistered without a reason that we know may be dead: nothing goes there either.
    """
    if record is None:
        return Refusal.UNKNOWN_PERSON
    by_weight = {
        Refusal.PROTECTED: record.protected,
        Refusal.DECEASED: record.deceased,
        Refusal.EMIGRATED: record.emigrated,
        Refusal.CHANGED_NUMBER: record.changed_number,
        Refusal.DEREGISTERED: record.deregistered,
        Refusal.UNREADABLE_RECORD: record.unreadable,
    }
    return next((refusal for refusal, applies in by_weight.items() if applies), None)
