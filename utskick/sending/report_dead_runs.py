"""Let the scheduler know which runs have died: each would hold a place of its limits for ever."""

from datetime import datetime, timedelta

from utskick.ports import RunUnderWay, Scheduler, TemporaryFailure
from utskick.records import Store

_CLAIMS_WITHIN = timedelta(minutes=10)
"""A run that has been taken, and has not claimed its occasion, or has let it go: it has ended."""
_LASTS = timedelta(hours=1)
"""Longer than any flow that sends nothing lasts: those hold no lease to show that they live."""


def report_dead_runs(*, store: Store, scheduler: Scheduler, now: datetime) -> int:
    """Those that neither hold an occasion nor can be on their way to it; how many.

    Whoever holds one with a lease lives. What dies holding one is reported by the reconciler.
    """
    try:
        under_way = scheduler.under_way()
        with store.transaction() as records:
            alive = records.occasions.alive([run.token for run in under_way])
        dead = [run.token for run in under_way if run.token not in alive and _is_over(run, now)]
        if dead:
            scheduler.report_dead(dead)
    except TemporaryFailure:
        return 0
    return len(dead)


def _is_over(run: RunUnderWay, now: datetime) -> bool:
    return now - run.since > (_CLAIMS_WITHIN if run.of_occasion else _LASTS)
