"""A process of the product under attack: a worker that sends, or a clerk who changes something.

It is the product's own code, from the reconciler to the HTTP adapters; only Prefect is replaced,
by a scheduler that runs occasions in the process itself.
"""

import asyncio
import ctypes
import logging
import os
import secrets
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from multiprocessing.connection import Connection
from random import Random
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from tests.chaos.installation import STAFF, Installation, start
from tests.chaos.visits import book_visits
from utskick import failpoints
from utskick.domain.brakes import BrakeScope
from utskick.domain.dispatches import DispatchId
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.ports import OccasionPlan, RunUnderWay, ScheduledOccasion
from utskick.sending.reconcile import reconcile
from utskick.wiring import Services

_PR_SET_PDEATHSIG = 1
_ROUND_S = 0.25
_GONE_S = 1.0

log = logging.getLogger(__name__)


class Blow(StrEnum):
    """What happens to a process at the place that was chosen."""

    KILL = "kill"
    PAUSE = "pause"
    GONE = "database gone"


@dataclass(frozen=True, slots=True)
class Ambush:
    """The blow falls when `point` is reached for the `nth` time."""

    point: str
    blow: Blow
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Hazard:
    """At every place the process is killed, or paused, with a chance of its own."""

    seed: int
    kill: float
    pause: float


def work(
    installation: Installation, lies_in_wait: Ambush | Hazard | None, harness: Connection
) -> None:
    """Send whatever is due, until killed."""
    try:
        services = _prepared(installation, lies_in_wait, harness)
    except OperationalError:
        # The database is away. Whoever keeps the workers starts another.
        sys.exit(1)
    harness.send("ready")
    asyncio.run(_work(services))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a clerk does: start a dispatch with `key`, stop it, remove somebody, book visits.

    Or pull the brake, or release each that holds, one that is pulled first among them.
    """

    what: str
    numbers: tuple[str, ...] = ()
    forms: int = 0
    key: str = ""
    dispatch_id: UUID | None = None


def do(
    installation: Installation, lies_in_wait: Ambush | None, harness: Connection, deed: Deed
) -> None:
    """One deed, as a page or the command would do it."""
    carry_out(deed, _prepared(installation, lies_in_wait, harness))
    harness.send("done")


def carry_out(deed: Deed, services: Services) -> None:
    """Raises as the use case does."""
    now = services.clock.now()
    match deed.what:
        case "start":
            asyncio.run(
                start(
                    services,
                    list(deed.numbers),
                    forms=deed.forms,
                    occasions_after_s=[2],
                    key=deed.key,
                )
            )
        case "stop":
            services.stop_dispatch(DispatchId(_given(deed)), actor=STAFF, now=now)
        case "remove":
            services.remove_recipient(
                DispatchId(_given(deed)), Personnummer(deed.numbers[0]), actor=STAFF, now=now
            )
        case "brake":
            services.pull_brake.pull(BrakeScope(), "Fel", actor=STAFF, now=now)
        case "release":
            services.pull_brake.pull(BrakeScope(), "Fel", actor=STAFF, now=now)
            for brake, _target in services.pull_brake.list_pulled():
                services.pull_brake.release(brake.id, actor=STAFF, now=now)
        case "approve":
            services.decide_approval.approve_dispatch(
                DispatchId(_given(deed)), actor=replace(STAFF, name="a colleague"), now=now
            )
        case "visit":
            book_visits(services, deed.numbers)


def _given(deed: Deed) -> UUID:
    assert deed.dispatch_id is not None
    return deed.dispatch_id


def _prepared(
    installation: Installation, lies_in_wait: Ambush | Hazard | None, harness: Connection
) -> Services:
    _end_with_the_harness()
    logging.basicConfig(filename=installation.key_file.with_name("workers.log"))
    match lies_in_wait:
        case Ambush():
            failpoints.arm(_at(lies_in_wait, installation, harness))
        case Hazard():
            failpoints.arm(_anywhere(lies_in_wait))
    return installation.services()


def _end_with_the_harness() -> None:
    """Also when that is killed; and paused ones too."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _at(ambush: Ambush, installation: Installation, harness: Connection) -> Callable[[str], None]:
    left = ambush.nth

    def on_reaching(point: str) -> None:
        nonlocal left
        if point != ambush.point or left == 0:
            return
        left -= 1
        if left:
            return
        harness.send(point)
        match ambush.blow:
            case Blow.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            case Blow.PAUSE:
                os.kill(os.getpid(), signal.SIGSTOP)
            case Blow.GONE if installation.database_url.startswith("sqlite"):
                _lose_the_file(point)
            case Blow.GONE:
                # The harness answers when it has closed the database.
                harness.recv()

    return on_reaching


def _anywhere(hazard: Hazard) -> Callable[[str], None]:
    chance = Random(hazard.seed)  # noqa: S311  # to be repeated, not to be secret

    def on_reaching(_point: str) -> None:
        drawn = chance.random()
        if drawn < hazard.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        elif drawn < hazard.kill + hazard.pause:
            os.kill(os.getpid(), signal.SIGSTOP)

    return on_reaching


def _lose_the_file(point: str) -> None:
    """SQLite has no server to stop: for a while every transaction fails to begin, as on a disk
    that has gone, and so does the commit that is under way."""
    back_at = time.monotonic() + _GONE_S

    def refuse(*_: object) -> None:
        if time.monotonic() < back_at:
            raise sqlite3.OperationalError("disk I/O error")

    event.listen(Engine, "begin", refuse)
    if point.startswith(("before", "after")):
        raise sqlite3.OperationalError("disk I/O error")


async def _work(services: Services) -> None:
    runs = RunsHere(services)
    while True:
        try:
            await reconcile(
                store=services.store,
                forms=services.forms,
                call_slots=services.call_slots,
                scheduler=runs,
                rules=services.rules,
                now=services.clock.now(),
            )
        except Exception as error:  # noqa: BLE001  # as the product's own loop: the next round tries again
            log.warning("a round failed: %s", type(error).__name__)
        await asyncio.sleep(_ROUND_S)


class RunsHere:
    """A `Scheduler` that runs occasions in its own process, and knows who runs by the token."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._loop = asyncio.get_running_loop()
        self._running: dict[OccasionId, tuple[int, Future[None]]] = {}

    def register_all(self, plans: Collection[OccasionPlan], *, now: datetime) -> None:
        for plan in plans:
            if plan.starts_at <= now:
                self._start(plan)

    def start_now(self, plan: OccasionPlan, *, attempt: str, now: datetime) -> None:
        self._start(plan)

    def remove_all(self, occasion_ids: Collection[OccasionId]) -> None:
        pass

    def count_waiting(self) -> int:
        return 0

    def registered(
        self,
        *,
        only: Collection[OccasionId] | None = None,
        dead: Collection[RunToken] = (),
        now: datetime,
    ) -> Sequence[ScheduledOccasion]:
        return [
            ScheduledOccasion(occasion_id, version, waiting=True)
            for occasion_id, (version, run) in self._running.items()
            if not run.done() and (only is None or occasion_id in only)
        ]

    def under_way(self) -> Sequence[RunUnderWay]:
        return []

    def report_dead(self, tokens: Collection[RunToken]) -> None:
        pass

    def _start(self, plan: OccasionPlan) -> None:
        known = self._running.get(plan.occasion_id)
        if known is None or known[1].done():
            run = asyncio.run_coroutine_threadsafe(self._run(plan), self._loop)
            self._running[plan.occasion_id] = plan.version, run

    async def _run(self, plan: OccasionPlan) -> None:
        token = token_of(os.getpid())
        try:
            await self._services.occasion_run(plan.occasion_id, token, version=plan.version).run()
        except Exception as error:  # noqa: BLE001  # a run that crashed, as Prefect would note it
            log.warning("a run failed: %s", type(error).__name__)


def token_of(pid: int) -> RunToken:
    """A token that shows whose it is."""
    return RunToken(UUID(int=pid << 64 | secrets.randbits(64)))


def pid_of(token: UUID) -> int:
    """Whose token it is."""
    return token.int >> 64
