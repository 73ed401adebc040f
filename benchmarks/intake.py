"""What is taken in: dispatches over REST, and long recipient files: `python -m benchmarks intake`.

A whole installation on PostgreSQL takes the dispatches, with a real Prefect server; each file is
imported by a process of its own. Exits with 1 if a row is neither accepted nor refused.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import NotAsPromised
from benchmarks.importing import Imported
from benchmarks.installation import circumstances, installation
from benchmarks.neighbours import Local1177, persons
from benchmarks.progress import Steps, steps
from benchmarks.recipient_files import FORMATS, recipient_file
from benchmarks.start import start
from benchmarks.submissions import Submitted, Submitter, medians

_WARM_UPS = 1
_THOUSAND = 1000


class RowsLost(NotAsPromised):
    """The rows of a file that were accepted, refused or headings are not all of its rows."""


def main() -> None:
    """Measure, print, and write what was measured."""
    options = _options()
    console = Console()
    submissions = _WARM_UPS + options.repeats if options.repeats else 0
    with (
        tempfile.TemporaryDirectory(prefix="utskick-intake-") as name,
        steps(bool(submissions) + submissions + len(options.formats)) as progress,
    ):
        folder = Path(name)
        submitted = _submit(options, folder, progress) if submissions else []
        files = {}
        for kind in options.formats:
            progress.begin(f"importing {options.rows:,} rows, {kind}")
            files[kind] = import_file(kind, options.rows, folder)
    measured = result(options.rows, submitted, files)
    _print(options, measured, console)
    if options.json:
        Path(options.json).write_text(json.dumps(circumstances() | measured, indent=2) + "\n")


def _submit(options: argparse.Namespace, folder: Path, progress: Steps) -> list[Submitted]:
    numbers = persons(options.recipients)
    each = []
    progress.begin("starting an installation")
    with installation(folder, progress.say) as installed:
        Local1177(installed.stack.local_1177_url).add_persons(numbers)
        submitter = Submitter(installed)
        for _ in range(_WARM_UPS + options.repeats):
            progress.begin("submitting a dispatch")
            each.append(submitter.submit(numbers, occasions=options.occasions))
    return each[_WARM_UPS:]


def import_file(kind: str, rows: int, folder: Path) -> Imported:
    """Import a file of so many persons. Raises `RowsLost`."""
    file = folder / f"recipients.{kind}"
    file.write_bytes(recipient_file(kind, rows))
    ended = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "benchmarks.importing", str(file)],
        stdout=subprocess.PIPE,
        check=True,
    )
    imported = Imported(**json.loads(ended.stdout))
    if imported.accepted + imported.refused != rows:
        raise RowsLost(
            f"{kind}: {imported.accepted + imported.refused} of {rows} rows are in the report"
        )
    return imported


def result(
    rows: int, submitted: Sequence[Submitted], files: dict[str, Imported]
) -> dict[str, Any]:
    """Medians of the submissions; of the files the worst."""
    measured: dict[str, Any] = {}
    if submitted:
        middle = medians(submitted)
        measured |= {
            "intake_submit_s": middle.answered_s,
            "intake_saved_s": middle.saved_s,
            "intake_registered_s": middle.registered_s,
            "submissions": [asdict(each) for each in submitted],
        }
    if files:
        key = (
            f"intake_rows_{rows // _THOUSAND}k" if rows % _THOUSAND == 0 else f"intake_rows_{rows}"
        )
        measured |= {
            f"{key}_s": max(each.seconds for each in files.values()),
            f"{key}_mb": max(each.peak_mb for each in files.values()),
            "files": {kind: asdict(each) for kind, each in files.items()},
        }
    return measured


def _print(options: argparse.Namespace, measured: dict[str, Any], console: Console) -> None:
    if "submissions" in measured:
        title = f"{options.recipients} recipients × {options.occasions} occasions over REST"
        table = Table("until", "seconds", title=title)
        table.add_row("answered", f"{measured['intake_submit_s']:.2f}")
        table.add_row("saved", f"{measured['intake_saved_s']:.2f}")
        table.add_row("registered in Prefect", f"{measured['intake_registered_s']:.2f}")
        console.print(table)
    table = Table("file", "seconds", "MB", "accepted", "refused", title=f"{options.rows:,} rows")
    for kind, each in measured.get("files", {}).items():
        table.add_row(
            kind,
            f"{each['seconds']:.1f}",
            f"{each['peak_mb']:.0f}",
            f"{each['accepted']:,}",
            f"{each['refused']:,}",
        )
    if table.row_count:
        console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--recipients", type=int, default=250)
    parser.add_argument("--occasions", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=9, help="submissions; 0 for files only")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--formats", nargs="*", choices=FORMATS, default=list(FORMATS))
    return parser.parse_args()


if __name__ == "__main__":
    start("intake", sys.argv[1:])
