"""A scheduler in memory: it keeps what was registered, and starts nothing by itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from utskick.adapters.in_memory.failures import Failures
from utskick.domain.occasions import OccasionId, RunToken
from utskick.ports import OccasionPlan, RunUnderWay, ScheduledOccasion


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A run of an occasion; `attempt` is empty when the schedule itself started it."""

    occasion_id: OccasionId
    version: int
    attempt: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    plan: OccasionPlan
    waiting: bool


class InMemoryScheduler:
    """A `Scheduler`. `runs` are those started; `fails_with` strikes the next calls.

    What a worker has taken is among `taken` until it ends or is among `dead`.
    """

    def __init__(self) -> None:
        self.runs: list[StartedRun] = []
        self.taken: list[RunUnderWay] = []
        self.dead: list[RunToken] = []
        self.fails_with = Failures()
        self._kept: dict[OccasionId, _Kept] = {}

    @property
    def plans(self) -> list[OccasionPlan]:
        """What operators see."""
        return [kept.plan for kept in self._kept.values()]

    def register_all(self, plans: Collection[OccasionPlan], *, now: datetime) -> None:
        self.fails_with.strike()
        for plan in plans:
            run = StartedRun(plan.occasion_id, plan.version)
            due = plan.starts_at <= now
            self._kept[plan.occasion_id] = _Kept(plan, waiting=not due and run not in self.runs)
            if due:
                self._start(run)

    def start_now(self, plan: OccasionPlan, *, attempt: str, now: datetime) -> None:
        del now
        self.fails_with.strike()
        self._kept.setdefault(plan.occasion_id, _Kept(plan, waiting=False))
        self._start(StartedRun(plan.occasion_id, plan.version, attempt))

    def remove_all(self, occasion_ids: Collection[OccasionId]) -> None:
        self.fails_with.strike()
        for occasion_id in occasion_ids:
            self._kept.pop(occasion_id, None)

    def count_waiting(self) -> int:
        self.fails_with.strike()
        return len(self._kept)

    def registered(
        self,
        *,
        only: Collection[OccasionId] | None = None,
        dead: Collection[RunToken] = (),
        now: datetime,
    ) -> Sequence[ScheduledOccasion]:
        del dead
        self.fails_with.strike()
        return [
            ScheduledOccasion(
                occasion_id, kept.plan.version, kept.waiting and kept.plan.starts_at > now
            )
            for occasion_id, kept in self._kept.items()
            if only is None or occasion_id in only
        ]

    def under_way(self) -> Sequence[RunUnderWay]:
        self.fails_with.strike()
        return list(self.taken)

    def report_dead(self, tokens: Collection[RunToken]) -> None:
        self.fails_with.strike()
        self.dead += [run.token for run in self.taken if run.token in tokens]
        self.taken = [run for run in self.taken if run.token not in tokens]

    def spend(self, occasion_id: OccasionId) -> None:
        """Nothing of it waits any more, as after its schedule has started something."""
        if kept := self._kept.get(occasion_id):
            self._kept[occasion_id] = replace(kept, waiting=False)

    def pass_time(self, *, now: datetime) -> None:
        """Start what has been waiting for a moment that has come."""
        for occasion_id, kept in self._kept.items():
            if kept.waiting and kept.plan.starts_at <= now:
                self._kept[occasion_id] = replace(kept, waiting=False)
                self._start(StartedRun(occasion_id, kept.plan.version))

    def _start(self, run: StartedRun) -> None:
        if run not in self.runs:
            self.runs.append(run)
