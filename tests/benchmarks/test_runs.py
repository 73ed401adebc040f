from pathlib import Path

import pytest

from benchmarks.runs import Cost
from tests.benchmarks.running import measured


@pytest.mark.proof
def test_the_benchmark_shows_what_a_run_costs(tmp_path: Path) -> None:
    options = ["--runs", "2", "--rounds", "1"]
    written = measured("runs", *options, figures=tmp_path / "figures.json")

    assert 3 < written["worker"]["calls"] < written["alone"]["calls"]
    assert written["worker"]["our_cpu_s"] > 0
    assert written["worker"]["servers_cpu_s"] > 0


def test_a_ratio_is_for_each_figure() -> None:
    ratio = Cost(5, 0.06, 0.1).over(Cost(10, 0.2, 0.4))

    assert ratio == {"calls": 0.5, "our_cpu_s": 0.3, "servers_cpu_s": 0.25}
