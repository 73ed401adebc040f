from pathlib import Path

import pytest

from benchmarks.contenders.measuring import Round
from benchmarks.figures import Results, ratios, wrong_counts
from benchmarks.processes import Usage
from tests.benchmarks.running import measured


@pytest.mark.proof
def test_the_benchmark_counts_what_each_contender_made(tmp_path: Path) -> None:
    options = [
        *("--recipients", "5", "--forms", "2", "--latencies-ms", "10", "--repeats", "1"),
        *("--only", "bare_loop", "ours", "--skip-kills"),
    ]

    figures = measured("one_occasion", *options, figures=tmp_path / "figures.json")

    assert figures["calls"] == 10
    assert figures["contenders"]["bare_loop"]["10ms"]["made"] == [10]
    ours = figures["contenders"]["ours"]["10ms"]
    assert ours["made"] == [10]
    assert ours["seconds"] > 0
    assert ours["peak_mb"].keys() == {"sender", "postgresql"}
    assert figures["ours_over_bare_loop"] > 0
    assert "ours, PostgreSQL" in figures["said"]


def test_ours_is_held_against_the_limit_and_the_bare_loop_and_the_others_against_ours() -> None:
    seconds = {
        "bare_loop": {10.0: 0.25, 500.0: 10.0},
        "ours": {10.0: 0.3, 500.0: 10.5},
        "celery": {10.0: 1.2},
        "plain_prefect": {10.0: 6.0, 500.0: 21.0},
    }

    found = ratios(seconds, calls=1000, concurrency=50)

    assert found == pytest.approx(
        {
            "ours_over_limit_10ms": 0.667,
            "ours_over_limit_500ms": 0.952,
            "ours_over_bare_loop": 1.2,
            "ours_over_bare_loop_500ms": 1.05,
            "celery_over_ours": 4,
            "plain_prefect_over_ours": 20,
            "plain_prefect_over_ours_500ms": 2,
        }
    )


def test_another_number_of_forms_is_a_fault_of_ours_and_reported_only_of_the_others() -> None:
    results: Results = {
        "ours": {10.0: [a_round(made=10), a_round(made=11)]},
        "bare_loop": {10.0: [a_round(made=10)]},
        "celery": {10.0: [a_round(made=9)]},
    }

    assert wrong_counts(results, calls=10) == ["11 by ours at 10 ms"]


def a_round(*, made: int) -> Round:
    used = {"sender": Usage(0.1, 30)}
    return Round(seconds=1, made=made, usage=used, peak_concurrency=5, details={})
