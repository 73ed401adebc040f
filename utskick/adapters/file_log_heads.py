"""The access log's heads in files beside the database, one for each unit, only ever added to."""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from utskick.domain.log_chain import LogHead
from utskick.domain.log_head_lines import as_line, read_heads
from utskick.domain.units import HsaId, parse_hsa_id

_SUFFIX = ".jsonl"
_LONGEST_LINE = 1000


class FileLogHeads:
    """A `LogHeads`. A line that a power cut has torn is passed over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, heads: Sequence[LogHead]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for head in heads:
            _append(self._path(head.unit_id), as_line(head))

    def of(self, unit_id: HsaId) -> Sequence[LogHead]:
        path = self._path(unit_id)
        return read_heads(path.read_text(errors="replace")) if path.exists() else []

    def newest(self, unit_id: HsaId) -> LogHead | None:
        path = self._path(unit_id)
        if not path.exists():
            return None
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2 * _LONGEST_LINE))
            found = read_heads(file.read().decode(errors="replace"))
        return found[-1] if found else None

    def units(self) -> Sequence[HsaId]:
        return sorted(HsaId(path.stem) for path in self._folder.glob(f"*{_SUFFIX}"))

    def _path(self, unit_id: HsaId) -> Path:
        # What the database says is a unit becomes part of a path here.
        return self._folder / f"{parse_hsa_id(unit_id)}{_SUFFIX}"


def _append(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        # The web process and the worker may add at the same time.
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = f"\n{line}"
        file.write(f"{line}\n".encode())
        os.fsync(descriptor)
