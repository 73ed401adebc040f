"""Every benchmark, what it needs, and how it is started.

What it needs is looked for before it is even imported: nobody waits for minutes to hear that Redis
is not installed.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

from benchmarks import NotAsPromised
from benchmarks.needs import CELERY, DBOS, POSTGRESQL, REDIS, Need, missing

_WRONG_USAGE = 2
_OF_CONTENDERS = {"celery": (CELERY, REDIS), "dbos": (DBOS,)}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`needs` follow from its options, as they were written."""

    about: str
    needs: Callable[[Sequence[str]], Iterable[Need]] = lambda _options: (POSTGRESQL,)


def needs_of_one_occasion(options: Sequence[str]) -> Iterable[Need]:
    """The contenders' that are wanted; `--only` names them."""
    yield POSTGRESQL
    for contender, needs in _OF_CONTENDERS.items():
        if "--only" not in options or contender in options:
            yield from needs


def needs_of_monday(options: Sequence[str]) -> Iterable[Need]:
    if "--cases" not in options or any(":postgresql:" in option for option in options):
        yield POSTGRESQL


def needs_of_pages(options: Sequence[str]) -> Iterable[Need]:
    if "--sqlite" not in options:
        yield POSTGRESQL


def needs_of_intake(options: Sequence[str]) -> Iterable[Need]:
    if "--repeats 0" not in " ".join(options):
        yield POSTGRESQL


BENCHMARKS: Mapping[str, Benchmark] = {
    "one_occasion": Benchmark(
        "one occasion beside a bare loop, Celery, DBOS and plain Prefect; then each is killed",
        needs_of_one_occasion,
    ),
    "monday": Benchmark(
        "many dispatches due at the same second, in a whole installation; 2 hours",
        needs_of_monday,
    ),
    "pages": Benchmark("every staff page over a large region's database", needs_of_pages),
    "intake": Benchmark("dispatches over REST, and long recipient files", needs_of_intake),
    "hostile_files": Benchmark(
        "how pages answer while six hostile spreadsheets are read", lambda _options: ()
    ),
    "standing": Benchmark("thousands of ongoing dispatches while nothing is due"),
    "runs": Benchmark("what a flow run costs Prefect and the worker", lambda _options: ()),
    "growth": Benchmark("what a delivery costs as the database grows"),
}


def start(name: str, options: Sequence[str]) -> None:
    """Exits with 1 if it shows a fault of ours, with 2 if it cannot be started."""
    if name not in BENCHMARKS:
        _refuse(_listed())
    lacking = [] if "--help" in options else missing(BENCHMARKS[name].needs(options))
    if lacking:
        _refuse(_said_of(name, lacking))
    sys.argv = [f"python -m benchmarks {name}", *options]
    try:
        import_module(f"benchmarks.{name}").main()
    except NotAsPromised as broken:
        sys.exit(str(broken))


def _refuse(why: str) -> NoReturn:
    sys.stderr.write(why)
    sys.exit(_WRONG_USAGE)


def _listed() -> str:
    rows = (f"  {name:<14}{each.about}\n" for name, each in BENCHMARKS.items())
    return f"python -m benchmarks NAME [--help] [--json FILE]\n\n{''.join(rows)}"


def _said_of(name: str, lacking: Iterable[Need]) -> str:
    rows = (f"  {need.what}: {need.remedy}\n" for need in lacking)
    return f"{name} needs what is not here:\n{''.join(rows)}"
