"""Register occasions with the scheduler, and choose what it may know of them."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from utskick.domain.dispatches import Dispatch, DispatchId, RecipientState
from utskick.domain.occasions import Occasion, OccasionId, OccasionState
from utskick.domain.rules import Rules
from utskick.ports import OccasionPlan, Scheduler, TemporaryFailure
from utskick.records import Store, Transaction

_AT_A_TIME = 24
"""After so many, what is registered is noted: the scheduler may go away before the rest."""


def plan_of(
    records: Transaction, dispatch: Dispatch, occasion: Occasion, *, rules: Rules
) -> OccasionPlan:
    """Names, times and numbers: nothing personal, and nothing that staff have typed."""
    return OccasionPlan(
        occasion_id=occasion.id,
        dispatch_id=dispatch.id,
        number=occasion.number,
        of=len(dispatch.occasions),
        version=occasion.version,
        starts_at=rules.starts_at(occasion),
        local=occasion.local,
        package_name=dispatch.name,
        unit_id=dispatch.unit_id,
        form_names=tuple(form.name for form in dispatch.forms),
        recipients=records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE),
    )


def register_occasions(
    dispatch_id: DispatchId, *, store: Store, scheduler: Scheduler, rules: Rules, now: datetime
) -> bool:
    """Register the occasions that need a run.

    `False` if the scheduler is away: the reconciler registers them later.
    """
    with store.transaction() as records:
        dispatch = records.dispatches.get(dispatch_id)
        plans = [
            plan_of(records, dispatch, occasion, rules=rules)
            for occasion in dispatch.occasions
            if occasion.state is OccasionState.PLANNED and dispatch.awaits_run(occasion)
        ]
    try:
        register_plans(plans, store=store, scheduler=scheduler, now=now)
    except TemporaryFailure:
        return False
    return True


def register_plans(
    plans: Iterable[OccasionPlan], *, store: Store, scheduler: Scheduler, now: datetime
) -> int:
    """Register all, and note that they are; how many. Raises `TemporaryFailure`."""
    left, registered = list(plans), 0
    while left:
        some, left = left[:_AT_A_TIME], left[_AT_A_TIME:]
        scheduler.register_all(some, now=now)
        with store.transaction() as records:
            for plan in some:
                records.occasions.note_registered(plan.occasion_id, version=plan.version)
        registered += len(some)
    return registered


def unregister_occasions(occasion_ids: Iterable[OccasionId], *, scheduler: Scheduler) -> None:
    """Best effort: what stays registered finds nothing to send, and the audit removes it."""
    with suppress(TemporaryFailure):
        scheduler.remove_all(list(occasion_ids))
