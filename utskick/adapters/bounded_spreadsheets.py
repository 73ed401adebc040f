"""Excel files that cannot stop the pages: what is large is read in a process of its own."""

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.domain.limits import UNPACKED_AT_ONCE, Limits
from utskick.domain.rate_limits import StillBusy
from utskick.domain.recipients import FileTooLarge, UnreadableFile, WorkbookTooLarge
from utskick.domain.sheets import Sheet
from utskick.domain.tables import Rows
from utskick.ports import still_wanted

_READER = (sys.executable, "-m", "utskick.adapters.spreadsheet_process")
_LONGEST_S = 120
"""Of a machine that is busy: its own bound is that of its processor time."""
_LONGEST_WAIT_S = 60
_ASK_EACH_S = 0.2


class BoundedSpreadsheets:
    """A `Spreadsheets`. Small files are read at once; of the large ones one at a time."""

    def __init__(
        self, *, most_rows: int = Limits().file_rows, reader: Sequence[str] = _READER
    ) -> None:
        self._most_rows = most_rows
        self._reader = tuple(reader)
        self._within = OpenpyxlSpreadsheets(most_rows=most_rows)
        self._turn = threading.Lock()

    def read(self, raw: bytes) -> list[Sheet]:
        """Raises `StillBusy`, too, if others' large files take very long."""
        try:
            return self._within.read(raw, unpacked=UNPACKED_AT_ONCE)
        except WorkbookTooLarge:
            with self._one_at_a_time():
                return self._read_apart(raw)

    def write(self, rows: Rows, *, name: str) -> bytes:
        return self._within.write(rows, name=name)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        given_up_at = time.monotonic() + _LONGEST_WAIT_S
        while not self._turn.acquire(timeout=_ASK_EACH_S):
            if time.monotonic() > given_up_at or not still_wanted.get()():
                raise StillBusy
        try:
            yield
        finally:
            self._turn.release()

    def _read_apart(self, raw: bytes) -> list[Sheet]:
        """Raises `WorkbookTooLarge` if the process came to the end of its memory or time."""
        with (
            _in_memory(raw) as file,
            subprocess.Popen(  # noqa: S603  # our own command
                [*self._reader, str(self._most_rows)],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Nothing else of ours is in there: no setting, no key.
                env={"PYTHONPATH": os.pathsep.join(sys.path)},
            ) as reader,
        ):
            answer = _answer_of(reader)
        if reader.returncode != 0:
            raise WorkbookTooLarge
        return _sheets(pickle.loads(answer))  # noqa: S301  # by our own process


def _in_memory(raw: bytes) -> BinaryIO:
    """A file that is on no disk: not all would fit into a pipe before the reader has begun."""
    file = os.fdopen(os.memfd_create("list"), "w+b")
    file.write(raw)
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    return file


def _answer_of(reader: subprocess.Popen[bytes]) -> bytes:
    """What it answers; it is ended when it takes too long, or nobody waits for it any more."""
    ended_at = time.monotonic() + _LONGEST_S
    while True:
        try:
            return reader.communicate(timeout=_ASK_EACH_S)[0]
        except subprocess.TimeoutExpired:
            if time.monotonic() > ended_at or not still_wanted.get()():
                reader.kill()


def _sheets(answer: Any) -> list[Sheet]:
    if isinstance(answer, list):
        return answer
    too_large, sentence = answer
    error: FileTooLarge | UnreadableFile = WorkbookTooLarge() if too_large else UnreadableFile()
    error.staff_message = sentence
    raise error
