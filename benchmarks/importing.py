"""Import one recipient file and print what it took: `python -m benchmarks.importing FILE`.

In a process of its own, so that the memory is this file's alone.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import usage_of
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.limits import Limits
from utskick.domain.rules import Rules
from utskick.use_cases.import_recipients import ImportRecipients

LONGEST_LIST = 100_000
"""What the setting `max_recipients` is raised to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`peak_mb` is all that the process ever held, Python and the file included."""

    seconds: float
    peak_mb: float
    accepted: int
    refused: int
    headings: int


def imported(raw: bytes) -> Imported:
    """As `Importera från fil` reads it."""
    began = time.perf_counter()
    found = ImportRecipients(
        spreadsheets=OpenpyxlSpreadsheets(most_rows=Limits(LONGEST_LIST).file_rows),
        rules=Rules(max_recipients=LONGEST_LIST),
    )(raw, now=datetime.now(UTC))
    seconds = time.perf_counter() - began
    return Imported(
        seconds=round(seconds, 2),
        peak_mb=usage_of(os.getpid()).peak_mb,
        accepted=len(found.accepted),
        refused=len(found.refused),
        headings=found.headings,
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(imported(Path(sys.argv[1]).read_bytes()))))
