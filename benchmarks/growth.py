"""What a delivery costs as the database grows: `python -m benchmarks growth`.

For each size a database of its own is filled on one PostgreSQL with a made-up year. Then occasions
of 250 recipients × 4 forms are planned, sent and recorded over each of them in turns, so that
noise hits all alike, with neighbours in memory that answer at once. Exits with 1 if one of them
was not sent whole.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, func, select, text

from benchmarks.installation import circumstances, web_alone
from benchmarks.neighbours import persons
from benchmarks.progress import Steps, steps
from benchmarks.start import start
from benchmarks.twin_runs import Cost, TwinRuns
from benchmarks.visits import Browser, Visited, sign_in, visits
from benchmarks.year import Filled, Size, fill
from config.settings import DatabaseSettings
from tests.postgresql import PostgresqlServer, running_postgresql
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.yaml_region import read_region
from utskick.domain.calendar import STOCKHOLM
from utskick.files import REGION
from utskick.store import SqlStore
from utskick.store.engine import open_engine
from utskick.store.key_file import make_key_file
from utskick.store.tables import DeliveryRow
from utskick.wiring.vault import vault_of

_SERVER = ("shared_buffers=512MB", "max_wal_size=4GB")
_HEAVIEST = ("Ett paketutskick, 250 × 4 × 12", "Pågående Paketutskick", "Uppföljning")
_DELIVERIES_A_DISPATCH = 100
_LARGEST, _SHARE_OF_THE_LARGEST = 250, 40
_FEWEST_PERSONS, _MOST_PERSONS = 500, 18_000
_WARM_UPS = 2
_COMPARED_WITH = 10_000
_THOUSAND, _MILLION = 1000, 1_000_000
_TABLES = text(
    "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables ORDER BY 2 DESC"
)
_TABLES_SHOWN = 4


@dataclass(slots=True, kw_only=True)
class Grown:
    """One database, and what was measured over it. Bytes are those before anything was sent."""

    label: str
    deliveries: int
    database: DatabaseSettings
    filled: Filled
    bytes: int
    tables: Mapping[str, int]
    costs: list[Cost] = field(default_factory=list)
    pages_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def cpu_ms(self) -> float:
        """Median CPU milliseconds of a delivery."""
        return median(cost.cpu_ms_each for cost in self.costs)

    @property
    def wall_ms(self) -> float:
        return median(cost.wall_ms_each for cost in self.costs)


def main() -> None:
    """Fill, measure, print, and write what was measured."""
    options = _options()
    console = Console()
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="utskick-growth-")))
        server = parts.enter_context(running_postgresql(*_SERVER))
        make_key_file(folder / "keys.json")
        grown = []
        call_slots = _WARM_UPS + options.repeats
        progress = parts.enter_context(steps(2 * len(options.deliveries) + call_slots))
        for deliveries in sorted(options.deliveries):
            progress.begin(f"filling a database with {deliveries:,} deliveries")
            url = parts.enter_context(server.fresh_database())
            database = DatabaseSettings(url=url, key_file=folder / "keys.json")
            grown.append(_grown(database, deliveries))
        for each in grown:
            progress.begin(f"opening pages over {each.deliveries:,}")
            each.pages_ms = _pages_ms(folder, each, times=options.visits)
        _send(grown, server, options, progress)
    _print(grown, console)
    if options.json:
        written = circumstances() | result(grown)
        Path(options.json).write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")


def _grown(database: DatabaseSettings, deliveries: int) -> Grown:
    engine = open_engine(database.url)
    region = read_region(REGION, texts=JinjaTexts())
    size = Size(
        persons=max(_FEWEST_PERSONS, min(_MOST_PERSONS, deliveries)),
        dispatches=max(1, deliveries // _DELIVERIES_A_DISPATCH),
        deliveries=deliveries,
        log_entries=deliveries,
        largest=max(1, min(_LARGEST, deliveries // _SHARE_OF_THE_LARGEST)),
    )
    filled = fill(engine, vault_of(database), region, size, now=datetime.now(UTC))
    _analyse(engine)
    with engine.connect() as connection:
        grown = Grown(
            label=label(deliveries),
            deliveries=connection.scalar(select(func.count()).select_from(DeliveryRow)) or 0,
            database=database,
            filled=filled,
            bytes=connection.scalar(text("SELECT pg_database_size(current_database())")) or 0,
            tables=dict(connection.execute(_TABLES).tuples().all()),
        )
    engine.dispose()
    return grown


def _analyse(engine: Engine) -> None:
    """As autovacuum and the checkpointer do, in time."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")
        connection.exec_driver_sql("CHECKPOINT")


def _pages_ms(folder: Path, grown: Grown, *, times: int) -> dict[str, float]:
    """Median milliseconds of the heaviest pages."""
    engine = open_engine(grown.database.url)
    store = SqlStore(engine, vault_of(grown.database))
    token = sign_in(store, grown.filled, now=datetime.now(UTC))
    engine.dispose()
    today = datetime.now(STOCKHOLM).date()
    opened = [Visited(v) for v in visits(grown.filled, today=today) if v.name in _HEAVIEST]
    with web_alone(folder, grown.database) as url, Browser(url, token) as browser:
        for turn in range(-_WARM_UPS, times):
            for visited in opened:
                browser.open(visited, counts=turn >= 0)
    return {each.visit.name: round(median(each.times_ms), 1) for each in opened}


def _send(
    grown: Sequence[Grown],
    server: PostgresqlServer,
    options: argparse.Namespace,
    progress: Steps,
) -> None:
    numbers = persons(options.recipients)
    runs = [
        (each, TwinRuns(each.database, server, numbers=numbers, forms=options.forms))
        for each in grown
    ]
    for turn in range(-_WARM_UPS, options.repeats):
        progress.begin("sending an occasion over each")
        # To and fro: what comes after the largest would always pay for its checkpoint.
        for each, run in runs if turn % 2 else reversed(runs):
            cost = asyncio.run(run.send_one())
            if turn >= 0:
                each.costs.append(cost)


def label(number: int) -> str:
    """1k, 10k, 1m."""
    for unit, name in ((_MILLION, "m"), (_THOUSAND, "k")):
        if number >= unit and number % unit == 0:
            return f"{number // unit}{name}"
    return str(number)


def result(grown: Sequence[Grown]) -> dict[str, Any]:
    """Costs are milliseconds of a delivery; the largest is compared with 10,000, if they are."""
    figures: dict[str, Any] = {}
    for each in grown:
        figures |= {
            f"growth_cost_{each.label}": round(each.cpu_ms, 3),
            f"growth_wall_{each.label}": round(each.wall_ms, 3),
            f"growth_pages_ms_{each.label}": each.pages_ms,
            f"growth_bytes_{each.label}": each.bytes,
            f"growth_deliveries_{each.label}": each.deliveries,
        }
    largest = grown[-1]
    base = next((each for each in grown if each.label == label(_COMPARED_WITH)), grown[0])
    compared = f"{largest.label}_over_{base.label}"
    return figures | {
        f"growth_cost_{compared}": round(largest.cpu_ms / base.cpu_ms, 2),
        f"growth_wall_{compared}": round(largest.wall_ms / base.wall_ms, 2),
        "bytes_per_delivery": round(largest.bytes / largest.deliveries),
        "bytes_per_delivery_of_tables": {
            name: round(size / largest.deliveries, 1) for name, size in largest.tables.items()
        },
        "occasions": {
            each.label: [
                {"cpu_ms": round(c.cpu_ms_each, 3), "wall_ms": round(c.wall_ms_each, 3)}
                for c in each.costs
            ]
            for each in grown
        },
    }


def _print(grown: Sequence[Grown], console: Console) -> None:
    table = Table("", *(f"{each.deliveries:,}" for each in grown), title="Deliveries before")
    table.add_row("CPU ms of a delivery", *(f"{each.cpu_ms:.2f}" for each in grown))
    table.add_row("wall ms of a delivery", *(f"{each.wall_ms:.2f}" for each in grown))
    table.add_section()
    for name in _HEAVIEST:
        table.add_row(f"{name}, ms", *(f"{each.pages_ms.get(name, 0):.0f}" for each in grown))
    table.add_section()
    table.add_row("database, MB", *(f"{each.bytes / 1e6:.0f}" for each in grown))
    table.add_row("bytes of a delivery", *(f"{e.bytes / e.deliveries:.0f}" for e in grown))
    largest = grown[-1]
    for name in list(largest.tables)[:_TABLES_SHOWN]:
        of_each = (f"{e.tables.get(name, 0) / e.deliveries:.0f}" for e in grown)
        table.add_row(f"… of {name}", *of_each)
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument(
        "--deliveries", type=int, nargs="+", default=[1000, 10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--recipients", type=int, default=250)
    parser.add_argument("--forms", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=7, help="occasions over each database")
    parser.add_argument("--visits", type=int, default=20, help="of each page")
    return parser.parse_args()


if __name__ == "__main__":
    start("growth", sys.argv[1:])
