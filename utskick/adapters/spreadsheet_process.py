"""Reads one Excel file from its input, bounded in memory and time; only the parent starts it.

`python -m utskick.adapters.spreadsheet_process MOST_ROWS`
"""

import pickle
import resource
import sys
from pathlib import Path

from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.recipients import FileTooLarge, UnreadableFile

MORE_BYTES = 200_000_000
"""Of memory, beyond what the process has when it has just begun."""
CPU_S = 20


def main(most_rows: int) -> None:
    """Answer with the sheets, or with whether it was too large and what staff read."""
    _bound_ourselves()
    raw = sys.stdin.buffer.read()
    try:
        answer: object = OpenpyxlSpreadsheets(most_rows=most_rows).read(raw)
    except (FileTooLarge, UnreadableFile) as error:
        answer = (isinstance(error, FileTooLarge), error.staff_message)
    sys.stdout.buffer.write(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))


def _bound_ourselves() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MORE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    main(int(sys.argv[1]))
