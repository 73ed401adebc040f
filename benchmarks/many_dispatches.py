"""Many dispatches due at the same second, in a whole installation: how late each recipient is.

How late is read from the neighbour, for each form by its own clock; which recipient of which
dispatch it belongs to, from the ledger, which must know exactly the forms that were made.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from benchmarks import NotAsPromised
from benchmarks.growth_of_prefect import Size, size_of
from benchmarks.installation import ALWAYS_OPEN, Installation, installed
from benchmarks.neighbours import LeanNeighbour, lean_neighbour, persons
from benchmarks.processes import Usage
from benchmarks.progress import Steps
from benchmarks.senders.assignments import UNIT
from benchmarks.senders.ours import PACKAGE
from tests.postgresql import running_postgresql
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.specs import DispatchSpec, Moment
from utskick.domain.units import Actor, HsaId
from utskick.running.children import Children
from utskick.running.stack import WORK_POOL, Stack
from utskick.store.engine import open_engine
from utskick.wiring import Services

RECIPIENTS, FORMS = 20, 2
STEPS = 4
"""Of one case, as its progress is shown."""
_STOCK_POOL = "stock"
_PERSONS = 18_000
_TRIED_FIRST = 3
_SPARE = 1.5
"""Submitting may take so much longer than the first few took."""
_BEFORE_S = 30
_TOMORROW = timedelta(days=1)
_GIVEN_UP_AFTER_S = 900
_WRITTEN_WITHIN_S = 3
"""The last forms are in the ledger so long after they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`worker` is `ours`, or `process` for Prefect's stock one."""

    dispatches: int
    database: str
    worker: str
    workers: int = 1
    latency_ms: float = 10
    """Of the neighbour, for each form."""

    @property
    def forms(self) -> int:
        return self.dispatches * RECIPIENTS * FORMS

    @property
    def name(self) -> str:
        return f"{self.dispatches}:{self.database}:{self.worker}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds. Lateness is a recipient's, until all forms are there.

    `usage` is of each process from when all were submitted until all is sent; `prefect` is what
    one occasion has added to Prefect's database.
    """

    case: Case
    p50_s: float
    p95_s: float
    p99_s: float
    max_s: float
    submitted_s: float
    peak_concurrency: int
    usage: Mapping[str, Usage]
    prefect: Size


def measure(case: Case, progress: Steps, *, name: str) -> Measured:
    """One case, in an installation of its own. Raises `NotAsPromised`."""
    progress.begin(f"{name}: starting")
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="utskick-monday-")))
        outside = parts.enter_context(Children(logs=folder / "outside", environment={}))
        neighbour = parts.enter_context(lean_neighbour(outside))
        neighbour.set_latency(case.latency_ms / 1000)
        server = None
        if case.database == "postgresql":
            server = parts.enter_context(running_postgresql())
        pool = _STOCK_POOL if case.worker == "process" else WORK_POOL
        settings = neighbour.settings | ALWAYS_OPEN | {"UTSKICK_SCHEDULER__WORK_POOL": pool}
        installation = parts.enter_context(installed(folder, server=server, settings=settings))
        _start_more_workers(case, installation.stack)
        return _measure(case, installation, neighbour, progress)


def _measure(
    case: Case, installation: Installation, neighbour: LeanNeighbour, progress: Steps
) -> Measured:
    wired = installation.services
    progress.begin(f"submitting {case.dispatches:,} dispatches")
    expected_s = asyncio.run(_try_some(case, wired)) * _SPARE
    size_before = size_of(installation.prefects)
    moment, submitted_s = asyncio.run(_submit_all(case, wired, expected_s=expected_s))
    usage_before = installation.usage()
    progress.begin(f"waiting for the moment, {moment.astimezone(STOCKHOLM):%H:%M:%S}")
    time.sleep(max(0, _left_s(moment)))
    progress.begin(f"sending {case.forms:,} forms")
    _wait_for(case, neighbour, within_s=_GIVEN_UP_AFTER_S)
    time.sleep(_WRITTEN_WITHIN_S)
    usage = installation.usage()
    made = {form.id: form.made_at for form in neighbour.made()}
    late = _lateness_s(installation.stack, made, moment)
    return Measured(
        case=case,
        p50_s=_quantile(late, 0.5),
        p95_s=_quantile(late, 0.95),
        p99_s=_quantile(late, 0.99),
        max_s=_quantile(late, 1),
        submitted_s=round(submitted_s, 3),
        peak_concurrency=neighbour.peak_concurrency(),
        usage={name: usage[name].since(usage_before[name]) for name in usage},
        prefect=size_of(installation.prefects).for_each(case.dispatches, since=size_before),
    )


def _start_more_workers(case: Case, stack: Stack) -> None:
    """Beside the one that every installation has."""
    prefect = (sys.executable, "-m", "prefect")
    if case.worker == "process":
        create = [*prefect, "work-pool", "create", _STOCK_POOL, "--type", "process"]
        stack.children.run_to_end("work-pool", create)
        stock = ("worker", "start", "--pool", _STOCK_POOL, "--type", "process", "--limit", "10")
        stack.children.start("stock-worker", [*prefect, *stock])
    for number in range(2, case.workers + 1):
        ours = (sys.executable, "-m", "utskick.worker", "--pool", WORK_POOL)
        named = ("--name", f"utskick-{number}")
        stack.children.start(f"worker-{number}", [*ours, *named])


async def _try_some(case: Case, wired: Services) -> float:
    """The seconds that one takes, by a few for another day."""
    began = time.monotonic()
    for number in range(_TRIED_FIRST):
        await _submit(wired, number, case, wired.clock.now() + _TOMORROW)
    return (time.monotonic() - began) / _TRIED_FIRST


async def _submit_all(case: Case, wired: Services, *, expected_s: float) -> tuple[datetime, float]:
    """As staff would, all for one moment; the moment, and the seconds that one took."""
    moment = _moment(case, wired, expected_s=expected_s)
    began = time.monotonic()
    for number in range(case.dispatches):
        await _submit(wired, number, case, moment)
    if _left_s(moment) < wired.rules.lead.total_seconds():
        raise NotAsPromised("the last dispatches were started too late to be prepared in time")
    return moment, (time.monotonic() - began) / case.dispatches


def _moment(case: Case, wired: Services, *, expected_s: float) -> datetime:
    """When all have been submitted, and then the longest time that a run starts before it."""
    rules = wired.rules
    lead = min(rules.lead + case.dispatches * rules.lead_for_each_other, rules.longest_lead)
    submitting = timedelta(seconds=_BEFORE_S + case.dispatches * expected_s)
    return (wired.clock.now() + submitting + max(lead, rules.lead)).replace(microsecond=0)


async def _submit(wired: Services, number: int, case: Case, moment: datetime) -> None:
    numbers = persons(min(_PERSONS, case.dispatches * RECIPIENTS))
    with wired.store.transaction() as records:
        keys = [a.form.key for a in records.forms.list_for(HsaId(UNIT)) if a.sendable]
    first = number * RECIPIENTS % len(numbers)
    # Whoever is in two dispatches gets other forms in the second.
    turn = FORMS * (number * RECIPIENTS // len(numbers))
    local = moment.astimezone(STOCKHOLM)
    spec = DispatchSpec(
        unit=UNIT,
        package=PACKAGE,
        recipients=numbers[first : first + RECIPIENTS],
        forms=(keys * 2)[turn : turn + FORMS],
        start=Moment(date=f"{local:%Y-%m-%d}", time=f"{local:%H:%M:%S}"),
    )
    await wired.start_dispatch(
        spec,
        actor=Actor("benchmark", HsaId(UNIT)),
        submission_key=str(uuid4()),
        now=wired.clock.now(),
    )


def _wait_for(case: Case, neighbour: LeanNeighbour, *, within_s: float) -> None:
    """Raises `NotAsPromised` if the forms do not come in time."""
    deadline = time.monotonic() + within_s
    while neighbour.forms() < case.forms:
        if time.monotonic() > deadline:
            raise NotAsPromised("not all forms came")
        time.sleep(1)


def _lateness_s(stack: Stack, made: Mapping[str, datetime], moment: datetime) -> list[float]:
    """For each recipient of each dispatch, ordered. Raises `NotAsPromised`."""
    known = _ledger(stack)
    if known.keys() != made.keys():
        raise NotAsPromised("the ledger does not know exactly the forms that were made")
    last: dict[str, float] = {}
    for form_id, recipient_id in known.items():
        seconds = (made[form_id] - moment).total_seconds()
        if seconds < 0:
            raise NotAsPromised(f"a form came {-seconds:.3f} s early")
        last[recipient_id] = max(last.get(recipient_id, 0), seconds)
    return sorted(last.values())


def _ledger(stack: Stack) -> dict[Any, str]:
    """The recipient of each form that we know of."""
    engine = open_engine(stack.services.settings.database.url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT recipient_id, form_id FROM delivery WHERE form_id IS NOT NULL")
        )
        known = {form_id: str(recipient_id) for recipient_id, form_id in rows}
    engine.dispose()
    return known


def _left_s(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds()


def _quantile(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
