"""Thousands of ongoing dispatches, and nothing due: `python -m benchmarks standing`.

A whole installation on PostgreSQL with a real Prefect server, grown from step to step. At each
step one more dispatch is submitted, the list is opened, what is planned is reconciled and audited,
and then it is let alone, to see what merely standing there costs. Exits with 1 if an occasion is
missing in Prefect.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks import NotAsPromised
from benchmarks.idle import Idle, measure_idle
from benchmarks.installation import Installation, circumstances, installation
from benchmarks.neighbours import Local1177, persons
from benchmarks.progress import Steps, steps
from benchmarks.standing_dispatches import StandingDispatches
from benchmarks.start import start
from benchmarks.submissions import UNIT, Submitted, Submitter, medians
from benchmarks.visits import Browser, Visit, Visited
from utskick.domain.dispatches import PersonId
from utskick.domain.forms import FormTemplate
from utskick.domain.personnummer import parse_personnummer
from utskick.domain.staff import Commission, StaffSession
from utskick.domain.units import Actor
from utskick.records import DispatchQuery
from utskick.store.engine import open_engine
from utskick.store.people import People
from utskick.wiring import Services
from utskick.wiring.vault import vault_of

_PERSONS = 5000
_STAFF = "SE2321000131-P000000000001"
_SUBMISSIONS = 5
_STEPS = 4
_TIMES = 20
_WARM_UPS = 3


class NotAllRegistered(NotAsPromised):
    """Prefect lacks occasions that are planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was measured beside `dispatches` ongoing ones."""

    dispatches: int
    occasions: int
    filled_in_s: float
    submitted: Submitted
    list_page_ms: float
    list_ms: float
    reconcile_s: float
    audit_s: float
    audit_cpu_s: float
    idle: Idle


class Measuring:
    """One installation, and the figures of it as it grows."""

    def __init__(self, installed: Installation, options: argparse.Namespace) -> None:
        self._installed = installed
        self._options = options
        self._wired = installed.services
        self._numbers = persons(max(_PERSONS, options.recipients))
        Local1177(installed.stack.local_1177_url).add_persons(self._numbers[: options.recipients])
        self._engine = open_engine(installed.database)
        self._standing = StandingDispatches(
            wired=self._wired,
            engine=self._engine,
            unit_id=UNIT,
            persons=_kept_persons(self._wired, self._engine, self._numbers),
            forms=_sendable_forms(self._wired),
        )
        self._submitter = Submitter(installed)
        self._made = self._occasions = 0

    def at(self, dispatches: int, progress: Steps) -> Standing:
        """Grow to so many, and measure. Raises `NotAllRegistered`."""
        filled_in_s = self._grow(dispatches, progress)
        _analyse(self._installed)
        progress.begin("submitting one more")
        submitted = medians([self._submit() for _ in range(_SUBMISSIONS)])
        progress.begin("reconciling, auditing, opening the list")
        reconcile_s, _cpu = self._taken(self._reconcile)
        audit_s, audit_cpu_s = self._taken(self._audit)
        list_page_ms, list_ms = _list_page_ms(self._installed), _list_ms(self._wired)
        progress.begin(f"standing still for {self._options.idle_s:g} s")
        return Standing(
            dispatches=dispatches,
            occasions=self._occasions,
            filled_in_s=round(filled_in_s, 1),
            submitted=submitted,
            list_page_ms=list_page_ms,
            list_ms=list_ms,
            reconcile_s=round(reconcile_s, 3),
            audit_s=round(audit_s, 2),
            audit_cpu_s=round(audit_cpu_s, 1),
            idle=measure_idle(
                self._installed, seconds=self._options.idle_s, calm_s=self._options.calm_s
            ),
        )

    def _grow(self, dispatches: int, progress: Steps) -> float:
        progress.begin(f"filling up to {dispatches:,} dispatches")
        made = self._made

        def report(more: int) -> None:
            nonlocal made
            made += more
            progress.say(f"{made:,} of {dispatches:,} dispatches")

        began = time.monotonic()
        self._occasions += self._standing.grow(dispatches - self._made, on_progress=report)
        self._made = dispatches
        return time.monotonic() - began

    def _submit(self) -> Submitted:
        numbers = self._numbers[: self._options.recipients]
        self._occasions += self._options.occasions
        return self._submitter.submit(numbers, occasions=self._options.occasions)

    def _reconcile(self) -> None:
        asyncio.run(self._wired.reconcile())

    def _audit(self) -> None:
        mended = self._wired.audit()
        if mended.registered or mended.removed or mended.scheduler_away:
            raise NotAllRegistered(f"the audit found {mended}")

    def _taken(self, work: Callable[[], None]) -> tuple[float, float]:
        """Median seconds, and CPU seconds of one: the installation's and this process's."""
        times: list[float] = []
        before = self._cpu_s()
        for _ in range(_WARM_UPS):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
        return median(times), (self._cpu_s() - before) / len(times)

    def _cpu_s(self) -> float:
        return time.process_time() + sum(used.cpu_s for used in self._installed.usage().values())


def _kept_persons(wired: Services, engine: Engine, numbers: Sequence[str]) -> list[PersonId]:
    today = wired.clock.now().date()
    parsed = [parse_personnummer(number, today=today) for number in numbers]
    with Session(engine) as session, session.begin():
        return list(People(session, vault_of(wired.settings.database)).ids(parsed).values())


def _sendable_forms(wired: Services) -> list[FormTemplate]:
    with wired.store.transaction() as records:
        return [each.form for each in records.forms.list_for(UNIT) if each.sendable]


def _analyse(installed: Installation) -> None:
    """As autovacuum does, in time."""
    for url in (installed.database, installed.prefects):
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")


def _list_page_ms(installed: Installation) -> float:
    """Median milliseconds of Pågående Paketutskick, for somebody who is signed in."""
    visited = Visited(Visit("Pågående Paketutskick", "/paketutskick"))
    with Browser(installed.stack.web_url, _signed_in(installed.services)) as browser:
        for turn in range(-_WARM_UPS, _TIMES):
            browser.open(visited, counts=turn >= 0)
    return round(median(visited.times_ms), 1)


def _list_ms(wired: Services) -> float:
    """Median milliseconds of the use case behind it."""
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        wired.list_dispatches(DispatchQuery(), actor=Actor("benchmark", UNIT))
        times.append((time.perf_counter() - began) * 1000)
    return round(median(times), 1)


def _signed_in(wired: Services) -> str:
    commission = Commission(
        hsa_id="SE2321000131-U000000000001",
        name="Vårdpersonal",
        purpose="Vård och behandling",
        unit_id=UNIT,
        unit_name="",
    )
    session = StaffSession(
        staff_id=_STAFF,
        name="Medarbetare 1",
        commissions=(commission,),
        unit_id=UNIT,
    )
    with wired.store.transaction() as records:
        return records.sessions.open(session, now=wired.clock.now())


def result(measured: Sequence[Standing]) -> dict[str, Any]:
    """Each figure with the number of dispatches beside which it was measured."""
    figures: dict[str, Any] = {}
    for each in measured:
        of_each = {
            "standing_submit_s": each.submitted.answered_s,
            "standing_registered_s": each.submitted.registered_s,
            "standing_list_page_ms": each.list_page_ms,
            "standing_list_ms": each.list_ms,
            "standing_reconcile_s": each.reconcile_s,
            "standing_audit_s": each.audit_s,
            "standing_audit_cpu_s": each.audit_cpu_s,
            "standing_filled_in_s": each.filled_in_s,
            "standing_occasions": each.occasions,
            "idle_core_share": round(each.idle.in_all, 4),
            "idle_core_share_at_rest": round(sum(each.idle.at_rest.values()), 4),
            "idle_core_share_of_each": {n: round(s, 4) for n, s in each.idle.of_each.items()},
            "idle_audit_s": each.idle.audit_s,
            "idle_audit_cpu_s": {n: round(s, 1) for n, s in each.idle.audit_cpu_s.items()},
        }
        figures |= {f"{name}_{each.dispatches}": value for name, value in of_each.items()}
    return figures


def _print(each: Standing, console: Console) -> None:
    title = f"{each.dispatches:,} ongoing dispatches, {each.occasions:,} occasions"
    table = Table("", "", title=title)
    table.add_row("one more: answered", f"{each.submitted.answered_s:.2f} s")
    table.add_row("one more: registered in Prefect", f"{each.submitted.registered_s:.2f} s")
    table.add_row("Pågående Paketutskick, the page", f"{each.list_page_ms:.0f} ms")
    table.add_row("Pågående Paketutskick, the use case", f"{each.list_ms:.0f} ms")
    table.add_row("one round of reconciling", f"{each.reconcile_s:.3f} s")
    table.add_row("one audit", f"{each.audit_s:.1f} s, {each.audit_cpu_s:.1f} s of CPU")
    table.add_section()
    for name, share in each.idle.of_each.items():
        rest = each.idle.at_rest[name]
        table.add_row(f"idle: {name}", f"{share:.2%} of a core ({rest:.2%} between audits)")
    table.add_row("idle: in all", f"{each.idle.in_all:.2%} of a core")
    console.print(table)


def main() -> None:
    """Grow, measure, print, and write what was measured."""
    options = _options()
    console = Console()
    try:
        _measure(options, console)
    except psycopg.OperationalError:
        # Ctrl-C reaches PostgreSQL as well, and then there is nothing left to drop.
        if not options.keep:
            raise


def _measure(options: argparse.Namespace, console: Console) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="utskick-standing-") as name,
        steps(_STEPS * len(options.dispatches)) as progress,
        installation(Path(name), progress.say) as installed,
    ):
        measured = []
        measuring = Measuring(installed, options)
        for dispatches in sorted(options.dispatches):
            measured.append(measuring.at(dispatches, progress))
            _print(measured[-1], console)
        if options.json:
            written = circumstances() | {"idle_s": options.idle_s} | result(measured)
            Path(options.json).write_text(json.dumps(written, indent=2) + "\n")
        if options.keep:
            _keep(installed, console)


def _keep(installed: Installation, console: Console) -> None:
    """Leave everything running, to be looked into, until Ctrl-C."""
    for name, pid in installed.pids.items():
        console.print(f"{name}: {pid}")
    console.print(f"{installed.stack.web_url}, {installed.stack.prefect_url}. Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        signal.pause()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--dispatches", type=int, nargs="+", default=[10, 1000, 10_000])
    parser.add_argument("--recipients", type=int, default=250, help="of the one more")
    parser.add_argument("--occasions", type=int, default=12, help="of the one more")
    parser.add_argument("--idle-s", type=float, default=300)
    parser.add_argument("--calm-s", type=float, default=60, help="until the filling has died away")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    return parser.parse_args()


if __name__ == "__main__":
    start("standing", sys.argv[1:])
