"""Hold the store against the scheduler and the clock, and mend what differs.

The store is the truth. Always safe to run, also twice at once: what two reconcilers do is done
once, by the claims and unique keys that each step rests on (I12).
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import NotFound
from utskick.domain.occasions import Occasion, OccasionId, OccasionState, RunToken
from utskick.domain.rules import Rules
from utskick.failpoints import Step
from utskick.ports import FormService, OccasionPlan, ScheduledOccasion, Scheduler, TemporaryFailure
from utskick.records import Store
from utskick.use_cases.close_occasion import (
    conclude_dispatch,
    miss_occasion,
    release_occasion,
    settled_occasion,
)
from utskick.use_cases.occasion_plans import plan_of
from utskick.use_cases.settle import settle
from utskick.use_cases.turns import Turns

_OVERDUE = timedelta(seconds=10)
_ANOTHER_TRY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What was mended. `scheduler_away`: registering has to wait for the next time."""

    settled: int = 0
    missed: int = 0
    registered: int = 0
    started: int = 0
    resumed: int = 0
    retired: int = 0
    removed: int = 0
    scheduler_away: bool = False


async def reconcile(
    *,
    store: Store,
    forms: FormService,
    turns: Turns,
    scheduler: Scheduler,
    rules: Rules,
    now: datetime,
) -> Reconciled:
    """One round."""
    await asyncio.to_thread(_reap, store, rules, now)
    settled = await settle(store=store, forms=forms, turns=turns, rules=rules)
    missed = await asyncio.to_thread(_apply_late_policy, store, rules, now)
    try:
        return await asyncio.to_thread(
            _mend_schedule, settled, missed, store, scheduler, rules, now
        )
    except TemporaryFailure:
        return Reconciled(settled=settled, missed=missed, scheduler_away=True)


def _reap(store: Store, rules: Rules, now: datetime) -> None:
    """What the dead have left becomes unknown, released, or done."""
    with store.transaction(Step.REAP) as records:
        records.deliveries.expire_leases()
        records.inbox_messages.expire_leases()
        for occasion_id in records.occasions.missed_with_nothing_left():
            settled_occasion(records, occasion_id, now=now)
        abandoned = records.occasions.abandoned()
    for occasion_id, _token in abandoned:
        with store.transaction() as records:
            dispatch, occasion = records.dispatches.of_occasion(occasion_id)
            if dispatch.status in (DispatchStatus.STOPPED, DispatchStatus.ABORTED):
                release_occasion(records, occasion, now=now)
            elif now >= rules.send_until(occasion):
                miss_occasion(records, dispatch, occasion, now=now)


def _apply_late_policy(store: Store, rules: Rules, now: datetime) -> int:
    with store.transaction() as records:
        passed = [each.id for each in records.occasions.planned() if each.sends_at <= now]
        over = records.dispatches.ongoing_without_occasions()
    missed = 0
    for occasion_id in passed:
        if (found := _found(occasion_id, store)) is None:
            continue
        dispatch, occasion = found
        if occasion.state is OccasionState.PLANNED and now >= rules.send_until(occasion):
            with store.transaction() as records:
                missed += miss_occasion(records, dispatch, occasion, now=now)
    for dispatch in over:
        with store.transaction() as records:
            conclude_dispatch(records, dispatch, now=now)
    return missed


def _mend_schedule(
    settled: int, missed: int, store: Store, scheduler: Scheduler, rules: Rules, now: datetime
) -> Reconciled:
    with store.transaction() as records:
        dead = {token for _occasion_id, token in records.occasions.abandoned()}
    known = {
        scheduled.occasion_id: scheduled for scheduled in scheduler.registered(dead=dead, now=now)
    }
    with store.transaction() as records:
        expected = {each.id: each for each in records.occasions.planned()}
    registered = started = 0
    for planned in expected.values():
        scheduled = known.get(planned.id)
        overdue = now >= planned.sends_at - rules.lead + _OVERDUE
        unknown = scheduled is None or scheduled.version != planned.version
        forgotten = scheduled is not None and not scheduled.waiting and overdue
        if not (unknown or forgotten) or (plan := _plan(planned.id, store, rules)) is None:
            continue
        if unknown:
            scheduler.register(plan, now=now)
            registered += 1
        else:
            scheduler.start_now(plan, attempt=_attempt("overdue", now), now=now)
            started += 1
    waiting = {scheduled.occasion_id for scheduled in known.values() if scheduled.waiting}
    resumed = _resume_abandoned(waiting, store, scheduler, rules, now)
    retired, removed = _put_away(known, expected, store, scheduler)
    return Reconciled(
        settled=settled,
        missed=missed,
        registered=registered,
        started=started,
        resumed=resumed,
        retired=retired,
        removed=removed,
    )


def _plan(occasion_id: OccasionId, store: Store, rules: Rules) -> OccasionPlan | None:
    """`None` if the dispatch has been deleted meanwhile."""
    with store.transaction() as records:
        try:
            dispatch, occasion = records.dispatches.of_occasion(occasion_id)
        except NotFound:
            return None
        return plan_of(records, dispatch, occasion, rules=rules)


def _resume_abandoned(
    waiting: Collection[OccasionId],
    store: Store,
    scheduler: Scheduler,
    rules: Rules,
    now: datetime,
) -> int:
    with store.transaction() as records:
        abandoned = records.occasions.abandoned()
        plans: list[tuple[OccasionPlan, RunToken]] = []
        for occasion_id, token in abandoned:
            if occasion_id in waiting:
                continue
            dispatch, occasion = records.dispatches.of_occasion(occasion_id)
            plans.append((plan_of(records, dispatch, occasion, rules=rules), token))
    for plan, token in plans:
        scheduler.start_now(plan, attempt=_attempt(str(token), now), now=now)
    return len(plans)


def _put_away(
    known: Mapping[OccasionId, ScheduledOccasion],
    expected: Collection[OccasionId],
    store: Store,
    scheduler: Scheduler,
) -> tuple[int, int]:
    """Retire what is spent; remove what was stopped or deleted."""
    retired = removed = 0
    for occasion_id, scheduled in known.items():
        if occasion_id in expected:
            continue
        found = _found(occasion_id, store)
        if found is None or found[0].status is DispatchStatus.STOPPED:
            scheduler.remove(occasion_id)
            removed += 1
        elif scheduled.waiting and found[1].state is not OccasionState.RUNNING:
            scheduler.retire(occasion_id)
            retired += 1
    return retired, removed


def _found(occasion_id: OccasionId, store: Store) -> tuple[Dispatch, Occasion] | None:
    with store.transaction() as records:
        try:
            return records.dispatches.of_occasion(occasion_id)
        except NotFound:
            return None


def _attempt(of: str, now: datetime) -> str:
    """Two reconcilers in one minute start one run; if it dies, the next minute another."""
    return f"{of}:{int(now.timestamp() // _ANOTHER_TRY_S)}"
