"""What rounds and kills come to: medians, ratios within the run, and a table."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.contenders.measuring import Fate, Round
from benchmarks.installation import circumstances
from benchmarks.senders.assignments import Assignment

Results = dict[str, dict[float, list[Round]]]
"""By contender and latency in milliseconds."""
Seconds = Mapping[str, Mapping[float, float]]

_HEADLINE_MS = 10
_OUGHT_TO_BE_EXACT = ("bare_loop", "ours", "ours_sqlite", "ours_whole")
_NAMES = {
    "bare_loop": "bare asyncio loop, remembers nothing",
    "ours": "ours, PostgreSQL",
    "ours_sqlite": "ours, SQLite",
    "ours_whole": "ours, whole installation",
    "celery": "Celery + Redis",
    "dbos": "DBOS + PostgreSQL",
    "plain_prefect": "plain Prefect flow",
}


def figures(
    results: Results, fates: Mapping[str, Fate], assignment: Assignment, *, repeats: int
) -> dict[str, Any]:
    """What is written down: the ratios at the top, the details of each contender below them."""
    seconds = {
        name: {
            latency_ms: statistics.median(each.seconds for each in rounds)
            for latency_ms, rounds in by_latency.items()
        }
        for name, by_latency in results.items()
    }
    return {
        **circumstances(),
        "recipients": len(assignment.numbers),
        "forms": len(assignment.template_ids),
        "calls": assignment.calls,
        "concurrency": assignment.concurrency,
        "repeats": repeats,
        **ratios(seconds, calls=assignment.calls, concurrency=assignment.concurrency),
        **_after_kill(fates),
        "contenders": {
            name: {
                f"{latency_ms:g}ms": _details(rounds)
                for latency_ms, rounds in results.get(name, {}).items()
            }
            | ({"killed": fates[name].as_json()} if name in fates else {})
            for name in _NAMES
            if name in results or name in fates
        },
    }


def ratios(seconds: Seconds, *, calls: int, concurrency: int) -> dict[str, float]:
    """Ours beside the limit and the bare loop, the others beside ours; each within its latency.

    The limit is calls × latency ÷ concurrency; what is over it is the share of its speed that is
    reached. The latency of 10 ms is not named in the keys.
    """
    found = {}
    for latency_ms, ours in seconds.get("ours", {}).items():
        suffix = "" if latency_ms == _HEADLINE_MS else f"_{latency_ms:g}ms"
        limit = calls * latency_ms / 1000 / concurrency
        found[f"ours_over_limit_{latency_ms:g}ms"] = round(limit / ours, 3)
        for name, by_latency in seconds.items():
            if name == "ours" or latency_ms not in by_latency:
                continue
            if name == "bare_loop":
                found[f"ours_over_bare_loop{suffix}"] = round(ours / by_latency[latency_ms], 3)
            else:
                found[f"{name}_over_ours{suffix}"] = round(by_latency[latency_ms] / ours, 3)
    return found


def wrong_counts(results: Results, *, calls: int) -> list[str]:
    """Of those contenders for which another number of forms would be a fault."""
    return [
        f"{each.made} by {name} at {latency_ms:g} ms"
        for name in _OUGHT_TO_BE_EXACT
        for latency_ms, rounds in results.get(name, {}).items()
        for each in rounds
        if each.made != calls
    ]


def print_figures(measured: Mapping[str, Any], console: Console) -> None:
    title = f"{measured['recipients']} recipients × {measured['forms']} forms"
    table = Table(
        *("", "latency", "seconds", "× ours", "CPU s", "peak MB", "at once"), title=title
    )
    latencies = dict.fromkeys(
        key for each in measured["contenders"].values() for key in each if key != "killed"
    )
    for latency in latencies:
        ours = measured["contenders"].get("ours", {}).get(latency)
        for name, each in measured["contenders"].items():
            if latency in each:
                table.add_row(_NAMES[name], latency, *_columns(each[latency], ours))
        table.add_section()
    console.print(table)
    if any("killed" in each for each in measured["contenders"].values()):
        _print_fates(measured, console)


def _print_fates(measured: Mapping[str, Any], console: Console) -> None:
    table = Table(
        *("", "made when killed", "lost", "double", "at rest after s"),
        title="Killed in the middle, and started again",
        caption="With leases, settling and visibility of seconds: see benchmarks/README.md.",
    )
    for name, each in measured["contenders"].items():
        if kill := each.get("killed"):
            row = (kill["made_when_killed"], kill["lost"], kill["double"], kill["recovered_s"])
            table.add_row(_NAMES[name], *map(str, row))
    console.print(table)


def _columns(each: Mapping[str, Any], ours: Mapping[str, Any] | None) -> list[str]:
    cpu = " + ".join(f"{used:.1f} {name}" for name, used in each["cpu_s"].items())
    peaks = " + ".join(f"{peak:.0f}" for peak in each["peak_mb"].values())
    ratio = f"{each['seconds'] / ours['seconds']:.2f}" if ours else ""
    return [f"{each['seconds']:.2f}", ratio, cpu, peaks, str(each["peak_concurrency"])]


def _details(rounds: Sequence[Round]) -> dict[str, Any]:
    """Medians; of the processes each by its name, the senders and their servers."""
    last = rounds[-1]
    return {
        "seconds": round(statistics.median(each.seconds for each in rounds), 3),
        "rounds": [round(each.seconds, 3) for each in rounds],
        "made": [each.made for each in rounds],
        "cpu_s": {
            name: round(statistics.median(each.usage[name].cpu_s for each in rounds), 2)
            for name in last.usage
        },
        "peak_mb": {name: max(each.usage[name].peak_mb for each in rounds) for name in last.usage},
        "peak_concurrency": max(each.peak_concurrency for each in rounds),
    } | {
        name: round(statistics.median(each.details[name] for each in rounds), 3)
        for name in last.details
    }


def _after_kill(fates: Mapping[str, Fate]) -> dict[str, int]:
    return {
        f"{name}_{what}_after_kill": number
        for name, fate in fates.items()
        for what, number in (("lost", fate.lost), ("double", fate.double))
    }
