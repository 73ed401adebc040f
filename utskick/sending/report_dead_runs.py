"""Let the scheduler know which runs have died: each would hold a place of its limits for ever."""

from datetime import datetime, timedelta

from utskick.ports import RunUnderWay, Scheduler, TemporaryFailure
from utskick.records import Store

_CLAIMS_WITHIN = timedelta(minutes=10)
"""A run that so long after its start holds no occasion has died, or has let go of it."""
_LASTS = timedelta(hours=1)
"""Longer than any other flow lasts; those hold no lease to show that they are alive."""


def report_dead_runs(*, store: Store, scheduler: Scheduler, now: datetime) -> int:
    """Report the runs that hold no occasion and can no longer be about to claim one; how many.

    A run whose lease on an occasion lasts is alive. One that died holding an occasion is reported
    by the reconciler.
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
