"""How far a benchmark has come: a bar on a terminal, and a line for each step elsewhere.

On standard error, so that standard output has the figures alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Steps:
    """So many, one after the other."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)
        self._total = total
        self._begun = 0

    def begin(self, what: str) -> None:
        """The next step; the one before has ended."""
        self._progress.update(self._task, description=what, completed=self._begun)
        self._begun += 1
        if self._progress.disable:
            self._progress.console.print(f"{self._begun} of {self._total}: {what}")

    def say(self, what: str) -> None:
        """How far the step has come."""
        self._progress.update(self._task, description=what)


@contextmanager
def steps(total: int) -> Iterator[Steps]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        # The figures are what remains to be read.
        transient=True,
    ) as progress:
        yield Steps(progress, total)
