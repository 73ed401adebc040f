"""One occasion beside a bare loop and a plain Prefect flow: `python -m benchmarks.one_occasion`.

All make the same calls to the same local 1177, in turns, so that noise hits all alike; medians.
Exits with 1 unless the local 1177 holds exactly the forms that each contender should have made.
"""

import argparse
import asyncio
import json
import logging
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from benchmarks import contenders
from benchmarks.contenders import Ours, Task
from benchmarks.neighbours import Local1177, local_1177, persons
from utskick.running.children import Children
from utskick.wiring import Services

T = TypeVar("T")


class WrongCount(Exception):
    """A contender made more or fewer forms than it should."""


def main() -> None:
    """Measure, print, and write what was measured."""
    options = _options()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="utskick-benchmark-") as name:
        folder = Path(name)
        with (
            Children(logs=folder / "logs", environment={}) as children,
            local_1177(folder, children) as neighbour,
        ):
            try:
                measured = _measure(options, folder, neighbour)
            except WrongCount as wrong:
                Console(stderr=True).print(f"[red]{wrong}[/red]")
                sys.exit(1)
    _print(measured)
    if options.json:
        Path(options.json).write_text(json.dumps(measured, indent=2) + "\n")


def _measure(options: argparse.Namespace, folder: Path, neighbour: Local1177) -> dict[str, Any]:
    services = contenders.wired(folder, neighbour.url, concurrency=options.concurrency)
    numbers = persons(options.recipients)
    neighbour.add_persons(numbers)
    neighbour.set_latency(options.latency_ms / 1000)
    task = _task(options, services, neighbour, numbers)
    calls = options.recipients * options.forms
    rounds = [_round(task, services, neighbour, calls) for _ in range(options.repeats)]
    prefect_s = None
    if not options.skip_prefect:
        with contenders.prefect_server(folder):
            prefect_s = _counted(neighbour, calls, lambda: contenders.plain_prefect(task))
    return _result(options, calls, rounds, prefect_s, neighbour)


def _round(
    task: Task, services: Services, neighbour: Local1177, calls: int
) -> tuple[float, Ours, Ours]:
    def ours(*, inbox_messages: bool) -> Ours:
        return asyncio.run(contenders.ours(task, services, inbox_messages=inbox_messages))

    return (
        _counted(neighbour, calls, lambda: asyncio.run(contenders.bare_loop(task))),
        _counted(neighbour, calls, lambda: ours(inbox_messages=False)),
        _counted(neighbour, calls, lambda: ours(inbox_messages=True)),
    )


def _counted(neighbour: Local1177, calls: int, contend: Callable[[], T]) -> T:
    before = neighbour.forms()
    result = contend()
    made = neighbour.forms() - before
    if made != calls:
        raise WrongCount(f"{made} forms were made in place of {calls}")
    return result


def _task(
    options: argparse.Namespace, services: Services, neighbour: Local1177, numbers: list[str]
) -> Task:
    with services.store.transaction() as records:
        sendable = [a.form for a in records.forms.list_for(contenders.UNIT) if a.sendable]
    chosen = sendable[: options.forms]
    return Task(
        url=neighbour.url,
        numbers=numbers,
        form_keys=[form.key for form in chosen],
        form_ids=[str(form.id) for form in chosen],
        concurrency=options.concurrency,
    )


def _result(
    options: argparse.Namespace,
    calls: int,
    rounds: list[tuple[float, Ours, Ours]],
    prefect_s: float | None,
    neighbour: Local1177,
) -> dict[str, Any]:
    bare = statistics.median(bare for bare, _, _ in rounds)
    ours = statistics.median(ours.sending_s for _, ours, _ in rounds)
    told = statistics.median(told.sending_s for _, _, told in rounds)
    limit = calls * options.latency_ms / 1000 / options.concurrency
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "recipients": options.recipients,
        "forms": options.forms,
        "calls": calls,
        "latency_ms": options.latency_ms,
        "concurrency": options.concurrency,
        "repeats": options.repeats,
        "peak_concurrency": neighbour.peak_concurrency(),
        "limit_s": round(limit, 3),
        "bare_loop_s": round(bare, 3),
        "ours_s": round(ours, 3),
        "ours_with_inbox_messages_s": round(told, 3),
        "ours_preparing_s": round(statistics.median(o.preparing_s for _, o, _ in rounds), 3),
        "ours_closing_s": round(statistics.median(o.closing_s for _, o, _ in rounds), 3),
        "plain_prefect_s": prefect_s and round(prefect_s, 3),
        "ours_over_bare_loop": round(ours / bare, 2),
        "plain_prefect_over_ours": prefect_s and round(prefect_s / ours, 2),
    }


def _print(measured: dict[str, Any]) -> None:
    title = f"{measured['recipients']} recipients × {measured['forms']} forms"
    table = Table("", "seconds", "calls/s", "ratio", title=title)
    calls = measured["calls"]
    for name, key, ratio in (
        ("limit: calls × latency ÷ concurrency", "limit_s", ""),
        ("bare asyncio loop", "bare_loop_s", "1"),
        ("ours, from the moment", "ours_s", f"{measured['ours_over_bare_loop']} × bare"),
        ("ours, with inbox messages", "ours_with_inbox_messages_s", ""),
        ("plain Prefect flow", "plain_prefect_s", f"{measured['plain_prefect_over_ours']} × ours"),
    ):
        seconds = measured[key]
        if seconds:
            table.add_row(name, f"{seconds:.2f}", f"{calls / seconds:.0f}", ratio)
    Console().print(table)
    Console().print(
        f"Prepared before the moment in {measured['ours_preparing_s']} s,"
        f" closed in {measured['ours_closing_s']} s"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--recipients", type=int, default=250)
    parser.add_argument("--forms", type=int, default=4)
    parser.add_argument("--latency-ms", type=float, default=10)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--skip-prefect", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
