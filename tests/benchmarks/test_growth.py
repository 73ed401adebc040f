from pathlib import Path

import pytest

from benchmarks.growth import label
from tests.benchmarks.running import measured


@pytest.mark.proof
def test_the_benchmark_shows_what_a_delivery_costs_over_each_size(tmp_path: Path) -> None:
    options = ["--deliveries", "200", "1000", "--recipients", "5", "--forms", "2"]
    written = measured(
        *("growth", *options, "--repeats", "2", "--visits", "1"),
        figures=tmp_path / "figures.json",
    )

    for name in ("200", "1k"):
        assert written[f"growth_cost_{name}"] > 0
        assert written[f"growth_wall_{name}"] > 0
        assert len(written[f"growth_pages_ms_{name}"]) == 3
        assert len(written["occasions"][name]) == 2
    ratio = written["growth_cost_1k"] / written["growth_cost_200"]
    assert written["growth_cost_1k_over_200"] == pytest.approx(ratio, abs=0.02)
    assert written["growth_deliveries_1k"] >= 1000
    assert written["bytes_per_delivery"] > written["bytes_per_delivery_of_tables"]["delivery"] > 0


@pytest.mark.parametrize(
    ("number", "name"), [(200, "200"), (1000, "1k"), (10_000, "10k"), (1_000_000, "1m")]
)
def test_a_size_is_named_in_short(number: int, name: str) -> None:
    assert label(number) == name
