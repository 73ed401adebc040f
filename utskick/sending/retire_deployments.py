"""Retire the deployments of occasions that have ended, when the scheduler has nothing to do."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock

from utskick.domain.errors import NotFound
from utskick.domain.occasions import OccasionId
from utskick.domain.rules import Rules
from utskick.ports import Scheduler, TemporaryFailure
from utskick.records import Store

_AHEAD = timedelta(minutes=1)
_AT_A_TIME = 50
"""How many are retired at a time. Each takes a call, and these some seconds of the scheduler."""


class EndedOccasions:
    """Occasions that have ended in this process, and are still in the scheduler.

    In memory alone: what a process that dies has left here, the audit finds.
    """

    def __init__(self) -> None:
        self._under_way: dict[OccasionId, datetime] = {}
        self._ended: dict[OccasionId, None] = {}
        self._lock = Lock()

    @contextmanager
    def after(self, occasion_id: OccasionId, *, sends_at: datetime) -> Iterator[None]:
        """The block runs the occasion. Whether it has then ended, the store knows."""
        with self._lock:
            self._under_way[occasion_id] = sends_at
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[occasion_id]
                self._ended[occasion_id] = None

    def is_calm(self, *, now: datetime) -> bool:
        """Whether nothing under way here is sent, or will be within a minute."""
        with self._lock:
            return all(sends_at > now + _AHEAD for sends_at in self._under_way.values())

    def first(self, count: int) -> list[OccasionId]:
        """Those that have waited longest."""
        with self._lock:
            return list(self._ended)[:count]

    def forget(self, occasion_ids: Collection[OccasionId]) -> None:
        with self._lock:
            for occasion_id in occasion_ids:
                self._ended.pop(occasion_id, None)


def retire_deployments(
    ended_occasions: EndedOccasions,
    *,
    store: Store,
    scheduler: Scheduler,
    rules: Rules,
    now: datetime,
) -> int:
    """Retire some of them, if all is calm; how many. What fails is left for the next time."""
    occasion_ids = ended_occasions.first(_AT_A_TIME)
    if (
        not occasion_ids
        or not ended_occasions.is_calm(now=now)
        or _some_start_soon(store, rules, now)
    ):
        return 0
    over = [occasion_id for occasion_id in occasion_ids if is_over(occasion_id, store)]
    try:
        scheduler.remove_all(over)
    except TemporaryFailure:
        return 0
    ended_occasions.forget(occasion_ids)
    return len(over)


def is_over(occasion_id: OccasionId, store: Store) -> bool:
    """Whether nothing of the occasion is left to be started: ended, stopped, or deleted."""
    with store.transaction() as records:
        try:
            dispatch, occasion = records.dispatches.of_occasion(occasion_id)
        except NotFound:
            return True
    return not dispatch.awaits_run(occasion)


def _some_start_soon(store: Store, rules: Rules, now: datetime) -> bool:
    with store.transaction() as records:
        return bool(records.occasions.planned(before=now + rules.lead + _AHEAD, limit=1))
