"""What benchmarks cannot do without, and how to get it. To look for it imports nothing."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Need:
    what: str
    is_there: Callable[[], bool]
    remedy: str


def _is_installed(package: str) -> Callable[[], bool]:
    return lambda: find_spec(package) is not None


_BENCH = "pip install --require-hashes --no-deps -r requirements-bench.lock (make bench does it)"
POSTGRESQL = Need(
    "PostgreSQL",
    lambda: any(Path("/usr/lib/postgresql").glob("*/bin/postgres")),
    "sudo apt-get install postgresql",
)
REDIS = Need(
    "redis-server",
    lambda: shutil.which("redis-server") is not None,
    "sudo apt-get install redis-server",
)
CELERY = Need("Celery", _is_installed("celery"), _BENCH)
DBOS = Need("DBOS", _is_installed("dbos"), _BENCH)


def missing(needs: Iterable[Need]) -> list[Need]:
    return [need for need in needs if not need.is_there()]
