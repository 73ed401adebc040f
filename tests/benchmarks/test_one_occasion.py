import json
import subprocess
import sys
from pathlib import Path


def test_the_benchmark_counts_what_each_contender_made(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    options = [
        "--recipients",
        "5",
        "--forms",
        "2",
        "--latency-ms",
        "1",
        "--repeats",
        "1",
        "--skip-prefect",
    ]

    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.one_occasion", *options, "--json", str(figures)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    measured = json.loads(figures.read_text())
    assert measured["calls"] == 10
    assert measured["ours_s"] > 0
    assert "bare asyncio loop" in ended.stdout
