"""What a process and all of its children have used, as Linux counts it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _CHILDREN_SYSTEM = 1, 11, 14
"""Fields of `/proc/PID/stat` after the name: see proc(5)."""


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu_s` with ended children; `peak_mb` is the sum of each living one's highest."""

    cpu_s: float
    peak_mb: float

    def since(self, before: "Usage") -> "Usage":
        return Usage(round(self.cpu_s - before.cpu_s, 2), self.peak_mb)


def usage_of(root: int) -> Usage:
    """Of `root` and whatever it has started."""
    stats = _stats()
    family = _family(root, stats)
    ticks = sum(
        int(ticks)
        for pid in family & stats.keys()
        for ticks in stats[pid][_USER : _CHILDREN_SYSTEM + 1]
    )
    return Usage(round(ticks / _TICKS, 2), round(sum(map(_peak_mb, family))))


def family_of(root: int) -> set[int]:
    """`root` and whatever it has started."""
    return _family(root, _stats())


def _family(root: int, stats: Mapping[int, list[str]]) -> set[int]:
    family = {root}
    while grown := {pid for pid, stat in stats.items() if int(stat[_PARENT]) in family} - family:
        family |= grown
    return family


def _stats() -> dict[int, list[str]]:
    return {pid: stat for pid in _pids() if (stat := _stat(pid))}


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _peak_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    peak = next((line for line in lines if line.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(peak.split()[1]) / 1024
