"""One occasion, sent in every way: `python -m benchmarks one_occasion --json FILE`.

All contenders make the same calls to the same neighbour, each from processes of its own: a bare
loop, the product on PostgreSQL and on SQLite, in turns, so that noise hits all alike; and once
each, the whole product as it is installed, a plain Prefect flow, Celery on Redis, and DBOS. Then
each is killed in the middle and started again, and what the neighbour holds is counted.

Exits with 1 if the product or the bare loop made another number of forms than asked for.
"""

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from benchmarks.contenders.bare_loop import bare_loop
from benchmarks.contenders.celery_redis import celery
from benchmarks.contenders.contender import Arena, Contender, Killable
from benchmarks.contenders.dbos_postgresql import dbos
from benchmarks.contenders.measuring import Fate, killed_in_the_middle, timed
from benchmarks.contenders.ours import ours_on_postgresql, ours_on_sqlite
from benchmarks.contenders.ours_whole import ours_whole
from benchmarks.contenders.plain_prefect import plain_prefect
from benchmarks.figures import Results, figures, print_figures, wrong_counts
from benchmarks.lean_neighbour.catalogue import read_catalogue
from benchmarks.neighbours import lean_neighbour, persons
from benchmarks.progress import Steps, steps
from benchmarks.senders.assignments import UNIT, Assignment
from benchmarks.start import start
from tests.postgresql import running_postgresql
from utskick.files import REGION
from utskick.local_1177.templates import PUBLISHED
from utskick.running.children import Children

ContenderT = TypeVar("ContenderT", bound=Contender)
Opened = Callable[[Arena], AbstractContextManager[ContenderT]]

IN_TURNS: Mapping[str, Opened[Contender]] = {
    "bare_loop": bare_loop,
    "ours": ours_on_postgresql,
    "ours_sqlite": ours_on_sqlite,
}
ONCE: Mapping[str, Opened[Contender]] = {
    "ours_whole": ours_whole,
    "celery": celery,
    "dbos": dbos,
    "plain_prefect": plain_prefect,
}
KILLED: Mapping[str, Opened[Killable]] = {
    "bare_loop": bare_loop,
    "ours": partial(ours_on_postgresql, short=True),
    "ours_sqlite": partial(ours_on_sqlite, short=True),
    "celery": partial(celery, short=True),
    "dbos": dbos,
    "plain_prefect": plain_prefect,
}
_COLD = ("plain_prefect",)
"""Starts a process for each run, so that nothing of it gets warm."""
_WIDTH = 130
"""The tables are read in files as well."""
_KILL_LATENCY_S = 0.05
"""Slow enough for the middle to be met."""


def main() -> None:
    """Measure, print, and write what was measured."""
    options = _options()
    console = Console()
    console.width = max(console.width, _WIDTH)
    with _arena(options) as arena:
        with steps(_number_of_steps(options)) as progress:
            results = _timed(options, arena, progress)
            fates = {} if options.skip_kills else _killed(options, arena, progress)
        measured = figures(results, fates, arena.assignment, repeats=options.repeats)
    print_figures(measured, console)
    if options.json:
        Path(options.json).write_text(json.dumps(measured, indent=2) + "\n")
    if wrong := wrong_counts(results, calls=measured["calls"]):
        sys.exit(f"another number of forms than asked for: {', '.join(wrong)}")


@contextmanager
def _arena(options: argparse.Namespace) -> Iterator[Arena]:
    """PostgreSQL as in production: what is committed is on the disk."""
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="utskick-occasion-")))
        children = parts.enter_context(Children(logs=folder / "logs", environment={}))
        neighbour = parts.enter_context(lean_neighbour(children))
        versions = read_catalogue(REGION).available(UNIT)
        published = [each for each in versions if each["publish_status"] == PUBLISHED]
        forms = published[: options.forms]
        arena = Arena(
            folder=folder,
            neighbour=neighbour,
            postgresql=parts.enter_context(running_postgresql()),
            assignment=Assignment(
                url=neighbour.url,
                numbers=tuple(persons(options.recipients)),
                template_ids=tuple(form["id"] for form in forms),
                form_keys=tuple(form["key"] for form in forms),
                concurrency=options.concurrency,
            ),
        )
        arena.assignment.write(arena.assignment_file)
        yield arena


def _number_of_steps(options: argparse.Namespace) -> int:
    """One start of those in turns, one of each other, the rounds of all, and the kills."""
    in_turns, once = len(_wanted(IN_TURNS, options)), len(_wanted(ONCE, options))
    rounds = (int(options.repeats) * in_turns + once) * len(options.latencies_ms)
    kills = 0 if options.skip_kills else len(_wanted(KILLED, options))
    return 1 + once + rounds + kills


def _timed(options: argparse.Namespace, arena: Arena, progress: Steps) -> Results:
    results: Results = defaultdict(lambda: defaultdict(list))

    def measure(contender: Contender) -> None:
        for latency_ms in options.latencies_ms:
            progress.begin(f"{contender.name}, {latency_ms:g} ms")
            measured = timed(contender, arena, latency_s=latency_ms / 1000)
            results[contender.name][latency_ms].append(measured)

    progress.begin("starting those that are measured in turns")
    with ExitStack() as parts:
        in_turns = [
            parts.enter_context(opened(arena)) for opened in _wanted(IN_TURNS, options).values()
        ]
        for contender in in_turns:
            timed(contender, arena, latency_s=0)
        for _ in range(options.repeats):
            for contender in in_turns:
                measure(contender)
    for name, opened in _wanted(ONCE, options).items():
        progress.begin(f"starting {name}")
        with opened(arena) as contender:
            if name not in _COLD:
                timed(contender, arena, latency_s=0)
            measure(contender)
    return results


def _killed(options: argparse.Namespace, arena: Arena, progress: Steps) -> dict[str, Fate]:
    fates = {}
    for name, opened in _wanted(KILLED, options).items():
        progress.begin(f"{name}, killed in the middle")
        with opened(arena) as contender:
            fates[name] = killed_in_the_middle(contender, arena, latency_s=_KILL_LATENCY_S)
    return fates


def _wanted(
    contenders: Mapping[str, Opened[ContenderT]], options: argparse.Namespace
) -> Mapping[str, Opened[ContenderT]]:
    return {name: each for name, each in contenders.items() if name in options.only}


def _options() -> argparse.Namespace:
    every = [*IN_TURNS, *ONCE]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--recipients", type=int, default=250)
    parser.add_argument("--forms", type=int, default=4)
    parser.add_argument("--latencies-ms", type=float, nargs="+", default=[10, 500])
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3, help="of those measured in turns")
    parser.add_argument("--only", nargs="+", choices=every, default=every, metavar="NAME")
    parser.add_argument("--skip-kills", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    start("one_occasion", sys.argv[1:])
