import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.growth_of_prefect import size_of
from benchmarks.monday import merged, result


def test_the_headlines_are_of_our_worker_and_the_stock_one_is_held_against_it() -> None:
    measured = [
        a_case(100, "postgresql", "ours", p95_s=4),
        a_case(100, "sqlite", "ours", p95_s=8),
        a_case(100, "postgresql", "ours", workers=2, p95_s=3),
        a_case(30, "postgresql", "ours", p95_s=2),
        a_case(30, "postgresql", "process", p95_s=90),
    ]

    figures = result(measured)

    assert figures["lateness_p95_s_100"] == 4
    assert figures["lateness_p95_s_100_sqlite"] == 8
    assert figures["stock_p95_over_ours"] == 45
    assert figures["early"] == 0
    assert figures["cases"] == measured


def test_a_case_measured_again_takes_the_place_of_the_first_and_leaves_the_others() -> None:
    other = a_case(300, "postgresql", "ours", p95_s=9)
    latest = a_case(100, "postgresql", "ours", p95_s=5)

    kept = merged([a_case(100, "postgresql", "ours", p95_s=4), other], latest)

    assert kept == [other, latest]


def test_growth_is_shown_for_each_occasion_and_only_of_what_has_grown(tmp_path: Path) -> None:
    file = tmp_path / "prefect.db"
    url = f"sqlite:///{file}"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE events (id INTEGER)")
        database.execute("CREATE TABLE flow (id INTEGER)")
        database.commit()
        before = size_of(url)
        database.executemany("INSERT INTO events VALUES (?)", [(n,) for n in range(3000)])
        database.commit()

        grown = size_of(url).for_each(10, since=before)

    assert grown.rows == {"events": 300}
    assert grown.size_bytes > 1000


def a_case(
    dispatches: int, database: str, worker: str, *, workers: int = 1, p95_s: float
) -> dict[str, Any]:
    case = {
        "dispatches": dispatches,
        "database": database,
        "worker": worker,
        "workers": workers,
    }
    return {"case": case, "p95_s": p95_s}
