"""Right before an occasion is sent, ask again for what may have changed since it was prepared.

Whoever may no longer get a form gets none, and staff see why. The registers have until a given
moment. For persons about whom they have not answered by then, the last answer is used; how many
those are is counted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.deliveries import Refusal
from utskick.domain.dispatches import Dispatch, Recipient
from utskick.domain.occasions import Aim, Occasion, OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import SYSTEM, Activity, Actor
from utskick.failpoints import Step
from utskick.ports import Clock, InboxUser, PersonRecord, TemporaryFailure
from utskick.records import LogEntry, Store
from utskick.sending.check_recipients import refusal_of
from utskick.sending.retry import with_retries
from utskick.sending.shared import Shared

CHECKED_AGAIN_S = (20, 60)
"""How long before the moment it is checked again: each occasion has a place of its own between
these, as hundreds may have the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedAgain:
    """How many get nothing after all, and for how many a register did not answer in time."""

    refused: int = 0
    unchecked_persons: int = 0
    unchecked_accounts: int = 0

    @property
    def unchecked(self) -> int:
        return self.unchecked_persons + self.unchecked_accounts


@dataclass(frozen=True, slots=True)
class _Left:
    """The recipients of an occasion to whom something of it may still go."""

    dispatch: Dispatch
    occasion: Occasion
    recipients: Sequence[Recipient]


async def check_recipients_again(
    occasion_id: OccasionId,
    *,
    token: RunToken,
    until: datetime,
    store: Store,
    shared: Shared,
    clock: Clock,
    rules: Rules,
) -> CheckedAgain | None:
    """Ask both registers, but not past `until`, about everyone to whom something may still go.

    Those refused now get nothing more of the occasion, neither form nor message. `None`, and
    nobody is asked about, while this run may send nothing.
    """
    left = await asyncio.to_thread(_left, occasion_id, token, store)
    if left is None:
        return None
    if not left.recipients:
        return CheckedAgain()
    numbers = [recipient.personnummer for recipient in left.recipients]
    records: dict[Personnummer, PersonRecord | None] = {}
    users: dict[Personnummer, InboxUser] = {}

    async def by(ask: Callable[[], Awaitable[None]]) -> None:
        with suppress(TimeoutError, TemporaryFailure):
            async with asyncio.timeout((until - clock.now()).total_seconds()):
                await with_retries(ask, until=until, clock=clock, rules=rules)

    asking = [by(lambda: shared.register.learn(numbers, records))]
    if left.dispatch.creates_inbox_message:
        asking.append(by(lambda: shared.accounts.learn(numbers, users, within=rules.inbox_fresh)))
    await asyncio.gather(*asking)
    refused = _refused(numbers, records, users)
    checked = CheckedAgain(
        refused=len(refused),
        unchecked_persons=len(numbers) - len(records),
        unchecked_accounts=_unasked(left.dispatch, numbers, users, refused),
    )
    if checked != CheckedAgain():
        await asyncio.to_thread(_apply, left, refused, checked, token, store, clock.now())
    return checked


def _left(occasion_id: OccasionId, token: RunToken, store: Store) -> _Left | None:
    """`None` if this run may send nothing now.

    A run that sends no form asks only about those who are to be notified.
    """
    with store.transaction() as records:
        if not records.occasions.may_notify(occasion_id, token=token):
            return None
        dispatch, occasion = records.dispatches.of_occasion(occasion_id)
        if occasion.aim is Aim.SEND:
            left = records.deliveries.recipients_left(occasion_id)
        else:
            left = records.inbox_messages.recipients_awaited(occasion_id)
        recipients = records.dispatches.recipients(dispatch.id)
    return _Left(dispatch, occasion, [each for each in recipients if each.id in left])


def _refused(
    numbers: Sequence[Personnummer],
    records: Mapping[Personnummer, PersonRecord | None],
    users: Mapping[Personnummer, InboxUser],
) -> dict[Personnummer, Refusal]:
    accountless = {n: Refusal.NO_ACCOUNT for n in numbers if n in users and not users[n].active}
    by_register = {n: why for n in records if (why := refusal_of(records[n])) is not None}
    return accountless | by_register


def _unasked(
    dispatch: Dispatch,
    numbers: Sequence[Personnummer],
    users: Mapping[Personnummer, InboxUser],
    refused: Mapping[Personnummer, Refusal],
) -> int:
    if not dispatch.creates_inbox_message:
        return 0
    return sum(number not in users and number not in refused for number in numbers)


def _apply(
    left: _Left,
    refused: Mapping[Personnummer, Refusal],
    checked: CheckedAgain,
    token: RunToken,
    store: Store,
    now: datetime,
) -> None:
    theirs = {r.id: refused[r.personnummer] for r in left.recipients if r.personnummer in refused}
    with store.transaction(Step.PLAN) as records:
        if not records.occasions.may_notify(left.occasion.id, token=token):
            return
        records.deliveries.refuse(left.occasion.id, theirs)
        records.occasions.note_unchecked(
            left.occasion.id,
            persons=checked.unchecked_persons,
            accounts=checked.unchecked_accounts,
        )
        records.access_log.write(
            [
                LogEntry(
                    actor=Actor(SYSTEM, left.dispatch.unit_id),
                    activity=Activity.WRITE,
                    act=f"skickar inte formulär, tillfälle {left.occasion.number}",
                    personnummer=number,
                    dispatch_id=left.dispatch.id,
                )
                for number in refused
            ],
            now=now,
        )
