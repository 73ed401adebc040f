"""Runs a benchmark as whoever measures does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from utskick.running.children import ending_with_us

_LONGEST_S = 1800
"""Far more than any takes: one that hangs is to end."""


def measured(name: str, *options: str, figures: Path) -> dict[str, Any]:
    """What `python -m benchmarks NAME` writes, and what it `said`."""
    command = [sys.executable, "-m", "benchmarks", name, *options, "--json", str(figures)]
    ended = subprocess.run(
        ending_with_us(command), capture_output=True, text=True, timeout=_LONGEST_S, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    written: dict[str, Any] = json.loads(figures.read_text())
    return written | {"said": ended.stdout}
