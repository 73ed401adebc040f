"""Runs a benchmark as whoever measures does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def measured(name: str, *options: str, figures: Path) -> dict[str, Any]:
    """What `python -m benchmarks NAME` writes."""
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, *options, "--json", str(figures)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    written: dict[str, Any] = json.loads(figures.read_text())
    return written
