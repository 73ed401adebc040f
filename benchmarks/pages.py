"""Every staff page over a large region's database: `python -m benchmarks pages`.

Fills PostgreSQL with a made-up year, starts the web process, and opens each page again and again
over one kept connection, in turns, so that noise hits all alike.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from benchmarks.installation import circumstances, web_alone
from benchmarks.progress import Steps, steps
from benchmarks.start import start
from benchmarks.visits import Browser, Visited, sign_in, visits
from benchmarks.year import Filled, Size, fill
from config.settings import DatabaseSettings
from tests.postgresql import running_postgresql
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.yaml_region import read_region
from utskick.domain.calendar import STOCKHOLM
from utskick.files import REGION
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine
from utskick.store.key_file import make_key_file
from utskick.store.vault import Vault
from utskick.wiring.vault import vault_of

_SERVER = ("shared_buffers=512MB", "max_wal_size=4GB")
_WARM_UPS = 5
_TWENTIETHS = 20


def main() -> None:
    """Fill, measure, print, and write what was measured."""
    options = _options()
    with (
        steps(1 + _WARM_UPS + options.times) as progress,
        tempfile.TemporaryDirectory(prefix="utskick-benchmark-") as name,
        _database(Path(name), sqlite=options.sqlite) as database,
    ):
        progress.begin(f"filling a database with {options.deliveries:,} deliveries")
        measured = _measure(options, Path(name), database, progress)
    _print(measured)
    if options.json:
        Path(options.json).write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n")


def _measure(
    options: argparse.Namespace, folder: Path, database: DatabaseSettings, progress: Steps
) -> dict[str, Any]:
    size = Size(
        dispatches=options.dispatches,
        deliveries=options.deliveries,
        log_entries=options.deliveries,
    )
    vault = vault_of(database)
    engine = open_engine(database.url)
    migrate(engine)
    began = time.perf_counter()
    filled = _fill(engine, vault, size)
    filled_in = time.perf_counter() - began
    token = sign_in(SqlStore(engine, vault), filled, now=datetime.now(UTC))
    with web_alone(folder, database) as url, Browser(url, token) as browser:
        visited = visit_all(browser, filled, progress, times=options.times)
    return {
        **circumstances(),
        "database": engine.dialect.name,
        "dispatches": size.dispatches,
        "deliveries": size.deliveries,
        "log_entries": size.log_entries,
        "filled_in_s": round(filled_in, 1),
        **result(visited),
    }


def _fill(engine: Engine, vault: Vault, size: Size) -> Filled:
    region = read_region(REGION, texts=JinjaTexts())
    filled = fill(engine, vault, region, size, now=datetime.now(UTC))
    if engine.dialect.name == "postgresql":
        # As its autovacuum does, in time.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
    return filled


def visit_all(browser: Browser, filled: Filled, progress: Steps, *, times: int) -> list[Visited]:
    """All pages in turns, after some turns that do not count; exports a tenth as often."""
    today = datetime.now(STOCKHOLM).date()
    visited = [Visited(visit) for visit in visits(filled, today=today)]
    for turn in range(-_WARM_UPS, times):
        progress.begin("opening every page")
        for each in visited:
            if not each.visit.export or turn % 10 == 0:
                browser.open(each, counts=turn >= 0)
    return visited


@contextmanager
def _database(folder: Path, *, sqlite: bool) -> Iterator[DatabaseSettings]:
    """Without a row, and thrown away afterwards."""
    key_file = folder / "keys.json"
    make_key_file(key_file)
    if sqlite:
        yield DatabaseSettings(url=f"sqlite:///{folder / 'utskick.db'}", key_file=key_file)
        return
    with running_postgresql(*_SERVER) as server, server.fresh_database() as url:
        yield DatabaseSettings(url=url, key_file=key_file)


def result(visited: Sequence[Visited]) -> dict[str, Any]:
    """Milliseconds of the pages, seconds of the exports."""
    pages = [each for each in visited if not each.visit.export]
    exports = [each for each in visited if each.visit.export]
    p95 = {each.visit.name: round(_p95(each.times_ms), 1) for each in pages}
    return {
        "visits_of_each_page": min(len(each.times_ms) for each in pages),
        "p95_ms_worst_page": max(p95.values()),
        "worst_page": max(p95, key=p95.__getitem__),
        "p95_ms": p95,
        "p50_ms": {each.visit.name: round(median(each.times_ms), 1) for each in pages},
        "max_ms": {each.visit.name: round(max(each.times_ms), 1) for each in pages},
        "rows": {each.visit.name: each.rows for each in visited},
        "bytes": {each.visit.name: each.bytes for each in visited},
        "exports_s": {e.visit.name: round(median(e.times_ms) / 1000, 2) for e in exports},
    }


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=_TWENTIETHS, method="inclusive")[-1]


def _print(measured: dict[str, Any]) -> None:
    title = f"{measured['dispatches']:,} dispatches, {measured['deliveries']:,} deliveries"
    table = Table("page", "p50 ms", "p95 ms", "max ms", "rows", "kB", title=title)
    for name, p95 in measured["p95_ms"].items():
        table.add_row(
            name,
            f"{measured['p50_ms'][name]:.1f}",
            f"{p95:.1f}",
            f"{measured['max_ms'][name]:.1f}",
            str(measured["rows"][name]),
            str(measured["bytes"][name] // 1000),
        )
    Console().print(table)
    for name, seconds in measured["exports_s"].items():
        kilobytes = measured["bytes"][name] // 1000
        Console().print(f"{name}: {seconds} s, {kilobytes} kB")
    Console().print(f"Worst: {measured['worst_page']}, p95 {measured['p95_ms_worst_page']} ms")


def _options() -> argparse.Namespace:
    usual = Size()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--dispatches", type=int, default=usual.dispatches)
    parser.add_argument("--deliveries", type=int, default=usual.deliveries)
    parser.add_argument("--times", type=int, default=50, help="visits of each page")
    parser.add_argument("--sqlite", action="store_true", help="in place of PostgreSQL")
    return parser.parse_args()


if __name__ == "__main__":
    start("pages", sys.argv[1:])
