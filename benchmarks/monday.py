"""Monday 08:00: many dispatches due at the same second, `python -m benchmarks monday`.

A whole installation with a real Prefect server, as operators run it, in front of the lean
neighbour. Each case is written as soon as it has ended, beside what the file holds already: so a
long run can be done in pieces, with `--cases`. Exits with 1 if a form came early, or not at all,
or twice.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.installation import circumstances
from benchmarks.many_dispatches import FORMS, RECIPIENTS, STEPS, Case, Measured, measure
from benchmarks.progress import steps
from benchmarks.start import start

DATABASES, WORKERS = ("postgresql", "sqlite"), ("ours", "process")
_ALL = (
    *(f"{number}:{database}:ours" for database in DATABASES for number in (100, 300, 1000)),
    # As many as the stock worker can bear, and ours beside it.
    *(f"30:postgresql:{worker}" for worker in WORKERS),
)


def main() -> None:
    """Measure each case, print, and write what was measured."""
    options = _options()
    console = Console()
    file = Path(options.json) if options.json else None
    measured = json.loads(file.read_text())["cases"] if file and file.exists() else []
    cases = _cases(options)
    for number, case in enumerate(cases, start=1):
        with steps(STEPS) as progress:
            latest = measure(case, progress, name=f"{case.name} ({number} of {len(cases)})")
        _print(latest, console)
        measured = merged(measured, asdict(latest))
        if file:
            file.write_text(json.dumps(result(measured), indent=2) + "\n")


def merged(measured: Iterable[Mapping[str, Any]], latest: Mapping[str, Any]) -> list[Any]:
    """The latest in place of what was measured of the same case before."""
    return [each for each in measured if each["case"] != latest["case"]] + [latest]


def result(measured: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The headlines at the top, then each case with all of its details."""
    return {
        **circumstances(),
        "recipients": RECIPIENTS,
        "forms": FORMS,
        **{_headline(each["case"]): each["p95_s"] for each in measured if _is_ours(each["case"])},
        **_beside_stock(measured),
        "early": 0,
        "cases": list(measured),
    }


def _headline(case: Mapping[str, Any]) -> str:
    database = "" if case["database"] == "postgresql" else f"_{case['database']}"
    return f"lateness_p95_s_{case['dispatches']}{database}"


def _is_ours(case: Mapping[str, Any]) -> bool:
    """One worker, as an installation has it."""
    return bool(case["worker"] == "ours" and case["workers"] == 1)


def _beside_stock(measured: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The stock worker's lateness over ours, where both have been measured at the same size."""
    ours = {_headline(each["case"]): each["p95_s"] for each in measured if _is_ours(each["case"])}
    for each in measured:
        beside = ours.get(_headline(each["case"]))
        if each["case"]["worker"] == "process" and beside:
            return {"stock_p95_over_ours": round(each["p95_s"] / beside, 2)}
    return {}


def _print(measured: Measured, console: Console) -> None:
    table = Table("", "", title=f"Monday 08:00: {measured.case.name}")
    for name in ("p50_s", "p95_s", "p99_s", "max_s"):
        table.add_row(f"lateness {name.removesuffix('_s')}", f"{getattr(measured, name):.2f} s")
    table.add_row("to submit and register one", f"{measured.submitted_s:.2f} s")
    table.add_row("forms at once", str(measured.peak_concurrency))
    table.add_section()
    for name, used in measured.usage.items():
        table.add_row(f"CPU of {name}", f"{used.cpu_s:.1f} s ({used.peak_mb:.0f} MB)")
    table.add_section()
    size = measured.prefect
    table.add_row("Prefect's database, an occasion", f"{size.size_bytes / 1000:.0f} kB")
    for name, rows in size.rows.items():
        table.add_row(f"  rows of {name}", f"{rows:g}")
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here, beside those of other cases")
    parser.add_argument(
        "--cases", nargs="+", default=_ALL, metavar="N:DATABASE:WORKER", help="e.g. %(default)s"
    )
    parser.add_argument("--workers", type=int, default=1, help="of ours")
    parser.add_argument("--latency-ms", type=float, default=10, help="of the form service")
    return parser.parse_args()


def _cases(options: argparse.Namespace) -> list[Case]:
    return [_case(written, options) for written in options.cases]


def _case(written: str, options: argparse.Namespace) -> Case:
    number, database, worker = written.split(":")
    if database not in DATABASES or worker not in WORKERS:
        sys.exit(f"{written}: write N:{'|'.join(DATABASES)}:{'|'.join(WORKERS)}")
    return Case(
        dispatches=int(number),
        database=database,
        worker=worker,
        workers=options.workers if worker == "ours" else 1,
        latency_ms=options.latency_ms,
    )


if __name__ == "__main__":
    start("monday", sys.argv[1:])
