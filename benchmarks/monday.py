"""Monday 08:00: many dispatches due at the same second, `python -m benchmarks.monday`.

A whole installation with a real Prefect server, as operators run it. How late each recipient has
all forms is read from the local 1177 itself, for each form by its own clock. Exits with 1 if a
form came early, or not at all, or twice.
"""

import argparse
import asyncio
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.neighbours import Local1177, persons
from benchmarks.processes import Usage, usage_of
from tests.postgresql import EMPTY, PostgresqlServer, running_postgresql
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.specs import DispatchSpec, Moment
from utskick.domain.units import Actor, HsaId
from utskick.running.ports import choose_ports
from utskick.running.stack import Stack, running_stack
from utskick.store.engine import open_engine
from utskick.use_cases.start_dispatch import start_dispatch
from utskick.wiring import services

UNIT = HsaId("SE2321000131-E000000000101")
PACKAGE = "vuxenpsykiatri-infor-besok"
RECIPIENTS, FORMS = 20, 2
STOCK_POOL = "stock"
_STARTED_IN_S = 0.6
"""For each dispatch, so that all are registered long before the moment."""
_BEFORE = timedelta(seconds=30)
_GIVEN_UP_AFTER_S = 900
_WRITTEN_WITHIN_S = 3
"""The last forms are in the ledger so long after they were made."""


class NotAsPromised(Exception):
    """A form came early, or did not come, or came twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    dispatches: int
    database: str
    worker: str

    @property
    def forms(self) -> int:
        return self.dispatches * RECIPIENTS * FORMS

    @property
    def name(self) -> str:
        return f"{self.dispatches}, {self.database}, {self.worker}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Seconds. Lateness is a recipient's, until all forms are there; CPU is of all our parts."""

    case: Case
    p50_s: float
    p95_s: float
    p99_s: float
    max_s: float
    submitted_s: float
    usage: dict[str, Usage]


def main() -> None:
    """Measure each case, print, and write what was measured."""
    options = _options()
    console = Console()
    measured = []
    for case in _cases(options):
        with console.status(f"{case.name} …"):
            measured.append(measure(case))
        _print(measured[-1], console)
    if options.json:
        result = _result(measured)
        Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


def measure(case: Case) -> Measured:
    """One case, in an installation of its own. Raises `NotAsPromised`."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="utskick-monday-")))
        server = parts.enter_context(_database(case))
        stack = parts.enter_context(running_stack(folder, choose_ports(usual=False), _say_nothing))
        if case.worker == "process":
            _start_stock_worker(stack)
        began = time.monotonic()
        moment = _start_all(case, stack)
        submitted_s = (time.monotonic() - began) / case.dispatches
        before = _usage(stack, server)
        truth = Truth(folder / "local-1177.db")
        truth.wait_for(case.forms, until=time.monotonic() + _left_s(moment) + _GIVEN_UP_AFTER_S)
        time.sleep(_WRITTEN_WITHIN_S)
        after = _usage(stack, server)
        late = _lateness_s(stack, truth.made(), moment)
        return Measured(
            case=case,
            p50_s=_quantile(late, 0.5),
            p95_s=_quantile(late, 0.95),
            p99_s=_quantile(late, 0.99),
            max_s=_quantile(late, 1),
            submitted_s=round(submitted_s, 3),
            usage={name: after[name].since(before[name]) for name in after},
        )


@contextmanager
def _database(case: Case) -> Iterator[PostgresqlServer | None]:
    """The environment of the installation: ours and Prefect's databases, and the hours."""
    chosen = {
        "UTSKICK_TIMING__OPENS": "00:00",
        "UTSKICK_TIMING__CLOSES": "23:59:59",
        "UTSKICK_SCHEDULER__WORK_POOL": STOCK_POOL if case.worker == "process" else "utskick",
    }
    with ExitStack() as parts:
        server = None
        if case.database == "postgresql":
            server = parts.enter_context(running_postgresql())
            chosen["UTSKICK_DATABASE__URL"] = parts.enter_context(server.fresh_database())
            prefects = parts.enter_context(server.fresh_database(template=EMPTY))
            chosen["PREFECT_API_DATABASE_CONNECTION_URL"] = prefects.replace("psycopg", "asyncpg")
        before = dict(os.environ)
        os.environ.update(chosen)
        services.cache_clear()
        try:
            yield server
        finally:
            os.environ.clear()
            os.environ.update(before)
            services.cache_clear()


def _start_all(case: Case, stack: Stack) -> datetime:
    """Submit every dispatch as staff would; the moment at which all of them are due."""
    wired = stack.services
    numbers = persons(min(18_000, case.dispatches * RECIPIENTS))
    Local1177(stack.local_1177_url).add_persons(numbers)
    with wired.store.transaction() as records:
        keys = [a.form.key for a in records.forms.list_for(UNIT) if a.sendable]
    until_then = wired.rules.lead + _BEFORE + timedelta(seconds=case.dispatches * _STARTED_IN_S)
    moment = (wired.clock.now() + until_then).replace(microsecond=0)
    local = moment.astimezone(STOCKHOLM)
    for number in range(case.dispatches):
        first = number * RECIPIENTS % len(numbers)
        # Whoever is in two dispatches gets other forms in the second.
        turn = FORMS * (number * RECIPIENTS // len(numbers))
        spec = DispatchSpec(
            unit=UNIT,
            package=PACKAGE,
            recipients=numbers[first : first + RECIPIENTS],
            forms=(keys * 2)[turn : turn + FORMS],
            start=Moment(date=f"{local:%Y-%m-%d}", time=f"{local:%H:%M:%S}"),
        )
        asyncio.run(
            start_dispatch(
                spec,
                actor=Actor("benchmark", UNIT),
                submission_key=str(uuid4()),
                with_=wired.starting,
                now=wired.clock.now(),
            )
        )
    if _left_s(moment) < wired.rules.lead.total_seconds():
        raise NotAsPromised("the last dispatches were started too late to be prepared in time")
    return moment


def _start_stock_worker(stack: Stack) -> None:
    prefect = (sys.executable, "-m", "prefect")
    stack.children.run_to_end(
        "work-pool", [*prefect, "work-pool", "create", STOCK_POOL, "--type", "process"]
    )
    start = ("worker", "start", "--pool", STOCK_POOL, "--type", "process", "--limit", "10")
    stack.children.start("stock-worker", [*prefect, *start])


class Truth:
    """What the local 1177 holds, read from its file: its answers tell whole seconds only."""

    def __init__(self, file: Path) -> None:
        self._url = f"file:{file}?mode=ro"

    def wait_for(self, forms: int, *, until: float) -> None:
        """Raises `NotAsPromised` if they do not come."""
        while self._rows("SELECT count(*) FROM form")[0][0] < forms:
            if time.monotonic() > until:
                raise NotAsPromised("not all forms came")
            time.sleep(1)

    def made(self) -> dict[str, datetime]:
        """When each form was made."""
        rows = self._rows("SELECT id, created_at FROM form")
        return {form_id: datetime.fromisoformat(created_at) for form_id, created_at in rows}

    def _rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self._url, uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()


def _lateness_s(stack: Stack, made: Mapping[str, datetime], moment: datetime) -> list[float]:
    """For each recipient of each dispatch, ordered. Raises `NotAsPromised`."""
    engine = open_engine(stack.services.settings.database.url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT recipient_id, external_form_id FROM delivery"))
        known = {form_id: str(recipient_id) for recipient_id, form_id in rows}
    engine.dispose()
    if known.keys() != made.keys():
        raise NotAsPromised("the ledger does not know exactly the forms that were made")
    last: dict[str, float] = {}
    for form_id, recipient_id in known.items():
        seconds = (made[form_id] - moment).total_seconds()
        if seconds < 0:
            raise NotAsPromised(f"a form came {-seconds:.3f} s early")
        last[recipient_id] = max(last.get(recipient_id, 0), seconds)
    return sorted(last.values())


def _usage(stack: Stack, server: PostgresqlServer | None) -> dict[str, Usage]:
    used = {name: usage_of(pid) for name, pid in stack.children.pids.items()}
    if server is not None and server.process is not None:
        used["postgresql"] = usage_of(server.process.pid)
    return used


def _left_s(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds()


def _say_nothing(what: str) -> None:
    del what


def _quantile(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def _print(measured: Measured, console: Console) -> None:
    table = Table("", "seconds", title=f"Monday 08:00: {measured.case.name}")
    for name in ("p50_s", "p95_s", "p99_s", "max_s"):
        table.add_row(f"lateness {name.removesuffix('_s')}", f"{getattr(measured, name):.2f}")
    table.add_row("to submit and register one", f"{measured.submitted_s:.2f}")
    table.add_section()
    for name, used in measured.usage.items():
        table.add_row(f"CPU of {name}", f"{used.cpu_s:.1f} ({used.peak_mb:.0f} MB)")
    console.print(table)


def _result(measured: Sequence[Measured]) -> dict[str, Any]:
    bars = {
        f"lateness_p95_s_{each.case.dispatches}": each.p95_s
        for each in measured
        if (each.case.database, each.case.worker) == ("postgresql", "warm")
    }
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "recipients": RECIPIENTS,
        "forms": FORMS,
        **bars,
        "early": 0,
        "cases": [asdict(each) for each in measured],
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--dispatches", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--databases", nargs="+", default=["postgresql", "sqlite"])
    parser.add_argument("--stock", type=int, default=30, help="dispatches for the stock worker")
    return parser.parse_args()


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    for database in options.databases:
        for dispatches in options.dispatches:
            yield Case(dispatches=dispatches, database=database, worker="warm")
    if options.stock:
        for worker in ("warm", "process"):
            yield Case(dispatches=options.stock, database=options.databases[0], worker=worker)


if __name__ == "__main__":
    try:
        main()
    except NotAsPromised as broken:
        sys.exit(str(broken))
