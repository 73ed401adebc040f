"""Hold the store against the scheduler and the clock, and mend what differs.

The store is the truth. Always safe to run, also twice at once: what two reconcilers do is done
once, by the claims and unique keys that each step rests on (I12).

`reconcile` looks only at what should be under way, and asks the scheduler nothing when all of it
is: it can be run as often as one likes, however much is planned. `audit` holds everything that is
planned against everything that the scheduler has, if their numbers differ or it is to be thorough:
to list ten thousand costs the scheduler a minute.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from utskick.domain.dispatches import Dispatch
from utskick.domain.errors import NotFound
from utskick.domain.occasions import Occasion, OccasionId, OccasionState, RunToken
from utskick.domain.rules import Rules
from utskick.failpoints import Step
from utskick.ports import FormService, OccasionPlan, ScheduledOccasion, Scheduler, TemporaryFailure
from utskick.records import PlannedOccasion, Store
from utskick.sending.await_approval import let_lapse
from utskick.sending.call_slots import CallSlots
from utskick.sending.close_occasion import (
    conclude_dispatch,
    hold_occasion,
    miss_occasion,
    release_occasion,
    report_late,
    report_uncertain_at_last,
    settled_occasion,
)
from utskick.sending.occasion_plans import plan_of, register_plans
from utskick.sending.retire_deployments import is_over
from utskick.sending.settle import settle

_OVERDUE = timedelta(seconds=10)
_REGISTERED_WITHIN = timedelta(seconds=10)
"""Whoever starts a dispatch registers it with the scheduler; only if that failed do we."""
_ANOTHER_TRY_S = 30
_AT_A_TIME = 100
"""Of overdue occasions, the longest overdue first: to ask for a thousand would delay them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What was mended. `scheduler_away`: registering has to wait for the next time."""

    settled: int = 0
    missed: int = 0
    registered: int = 0
    started: int = 0
    resumed: int = 0
    removed: int = 0
    scheduler_away: bool = False


async def reconcile(
    *,
    store: Store,
    forms: FormService,
    call_slots: CallSlots,
    scheduler: Scheduler,
    rules: Rules,
    now: datetime,
) -> Reconciled:
    """One round: the dead, the unknown, the missed, and what should have been started."""
    died = await asyncio.to_thread(_reap, store, rules, now)
    await asyncio.to_thread(let_lapse, store=store, now=now)
    await asyncio.to_thread(hold_what_has_passed, store, now)
    missed = await asyncio.to_thread(_apply_late_policy, store, rules, now)
    mended = await asyncio.to_thread(_start_overdue, store, scheduler, rules, died, now)
    # Last: a form service that is silent would keep everything else waiting.
    settled = await settle(store=store, forms=forms, call_slots=call_slots, rules=rules)
    return replace(mended, settled=settled, missed=missed)


def audit(
    *, store: Store, scheduler: Scheduler, rules: Rules, thorough: bool = True, now: datetime
) -> Reconciled:
    """Register what the scheduler has lost, and retire what has ended or was stopped.

    What this misses when it is not `thorough` is started in time all the same, or does nothing.
    """
    with store.transaction() as records:
        planned = {each.id: each for each in records.occasions.planned()}
    try:
        if not thorough and scheduler.count_waiting() == len(planned):
            return Reconciled()
        known = _by_id(scheduler.registered(now=now))
        unknown = [each for each in planned.values() if not _is_known(each, known)]
        registered = _register(unknown, store, scheduler, rules, now)
        # Read again each: it may have been started since we read what is planned.
        over = [each for each in known if each not in planned and is_over(each, store)]
        scheduler.remove_all(over)
    except TemporaryFailure:
        return Reconciled(scheduler_away=True)
    return Reconciled(registered=registered, removed=len(over))


def _reap(store: Store, rules: Rules, now: datetime) -> set[RunToken]:
    """What the dead have left becomes unknown, released, or done; which runs they were."""
    with store.transaction(Step.REAP) as records:
        records.deliveries.expire_leases()
        records.inbox_messages.expire_leases()
        records.deliveries.cancel_never_sent()
        for occasion_id in records.occasions.with_a_rest_but_nothing_left():
            settled_occasion(records, occasion_id, now=now)
        for occasion_id in records.occasions.ended_and_uncertain():
            report_uncertain_at_last(records, occasion_id, now=now)
        abandoned = records.occasions.abandoned()
    for occasion_id, _token in abandoned:
        with store.transaction() as records:
            dispatch, occasion = records.dispatches.lock_of_occasion(occasion_id)
            if not dispatch.awaits_run(occasion):
                release_occasion(records, dispatch, occasion, now=now)
            elif brake := records.brakes.over(dispatch):
                hold_occasion(records, dispatch, occasion, brake, now=now)
            elif now >= rules.send_until(occasion):
                miss_occasion(records, dispatch, occasion, now=now)
    return {token for _occasion_id, token in abandoned}


def hold_what_has_passed(store: Store, now: datetime) -> int:
    """What should have been sent under a brake waits for staff from now on; how many."""
    with store.transaction() as records:
        passed = records.brakes.passed(now=now)
    held = 0
    for occasion_id in passed:
        with store.transaction() as records:
            try:
                dispatch, occasion = records.dispatches.lock_of_occasion(occasion_id)
            except NotFound:
                continue
            brake = records.brakes.over(dispatch)
            waits = occasion.state is OccasionState.PLANNED and dispatch.awaits_run(occasion)
            if brake and waits:
                held += hold_occasion(records, dispatch, occasion, brake, now=now)
    return held


def plan_waiting_messages(occasion_ids: Iterable[OccasionId], store: Store, now: datetime) -> None:
    """Give the messages that a brake has held their time anew, from when it is released."""
    for occasion_id in occasion_ids:
        with store.transaction() as records:
            try:
                dispatch, occasion = records.dispatches.lock_of_occasion(occasion_id)
            except NotFound:
                continue
            if occasion.state is OccasionState.PLANNED and dispatch.awaits_run(occasion):
                records.occasions.plan_by_hand(occasion_id, occasion.aim, now=now)


def _apply_late_policy(store: Store, rules: Rules, now: datetime) -> int:
    with store.transaction() as records:
        passed = [each.id for each in records.occasions.planned(before=now)]
        over = records.dispatches.ongoing_without_occasions()
    missed = 0
    for occasion_id in passed:
        if (found := _found(occasion_id, store)) is None:
            continue
        dispatch, occasion = found
        if occasion.state is OccasionState.PLANNED and now >= rules.send_until(occasion):
            with store.transaction() as records:
                missed += miss_occasion(records, dispatch, occasion, now=now)
        elif dispatch.late(occasion, now=now, after=rules.late_after):
            with store.transaction() as records:
                report_late(records, dispatch, occasion, until=rules.send_until(occasion), now=now)
    for dispatch in over:
        with store.transaction() as records:
            conclude_dispatch(records, dispatch, now=now)
    return missed


def _start_overdue(
    store: Store, scheduler: Scheduler, rules: Rules, died: Collection[RunToken], now: datetime
) -> Reconciled:
    """See to it that the scheduler knows of each occasion, and that each has a run in time.

    And of those that `died`: the places that they hold are needed by the runs that go on.
    """
    with store.transaction() as records:
        unregistered = records.occasions.unregistered(
            before=now - _REGISTERED_WITHIN, limit=_AT_A_TIME
        )
        overdue = records.occasions.planned(before=now + rules.lead - _OVERDUE, limit=_AT_A_TIME)
        abandoned = records.occasions.abandoned()
    try:
        if died:
            scheduler.report_dead(died)
        registered = _register(unregistered, store, scheduler, rules, now)
        concerned = {each.id for each in overdue} | {each_id for each_id, _token in abandoned}
        if not concerned:
            return Reconciled(registered=registered)
        dead = {token for _occasion_id, token in abandoned}
        known = _by_id(scheduler.registered(only=concerned, dead=dead, now=now))
        unknown = [each for each in overdue if not _is_known(each, known)]
        registered += _register(unknown, store, scheduler, rules, now)
        started = 0
        for each in overdue:
            if _is_known(each, known) and not known[each.id].waiting:
                started += _start(each, store, scheduler, rules, now)
        waiting = {scheduled.occasion_id for scheduled in known.values() if scheduled.waiting}
        resumed = _resume_abandoned(waiting, store, scheduler, rules, now)
    except TemporaryFailure:
        return Reconciled(scheduler_away=True)
    return Reconciled(registered=registered, started=started, resumed=resumed)


def _register(
    occasions: Iterable[PlannedOccasion],
    store: Store,
    scheduler: Scheduler,
    rules: Rules,
    now: datetime,
) -> int:
    plans = filter(None, (_plan(each.id, store, rules) for each in occasions))
    return register_plans(plans, store=store, scheduler=scheduler, now=now)


def _start(
    planned: PlannedOccasion, store: Store, scheduler: Scheduler, rules: Rules, now: datetime
) -> bool:
    if (plan := _plan(planned.id, store, rules)) is None:
        return False
    scheduler.start_now(plan, attempt=_attempt("overdue", now), now=now)
    return True


def _is_known(planned: PlannedOccasion, known: Mapping[OccasionId, ScheduledOccasion]) -> bool:
    return planned.id in known and known[planned.id].version == planned.version


def _by_id(scheduled: Iterable[ScheduledOccasion]) -> dict[OccasionId, ScheduledOccasion]:
    return {each.occasion_id: each for each in scheduled}


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


def _found(occasion_id: OccasionId, store: Store) -> tuple[Dispatch, Occasion] | None:
    with store.transaction() as records:
        try:
            return records.dispatches.of_occasion(occasion_id)
        except NotFound:
            return None


def _attempt(of: str, now: datetime) -> str:
    """Two reconcilers within the same half minute start one run; if it dies, another comes."""
    return f"{of}:{int(now.timestamp() // _ANOTHER_TRY_S)}"
