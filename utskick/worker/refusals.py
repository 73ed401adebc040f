"""How a process that may not start ends: the same in all that `utskick.running` starts."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from utskick.domain.starting import RefusedToStart, note_refusal


@contextmanager
def refused_in_words() -> Iterator[None]:
    """End the process with the faults alone, on its error output: a traceback would hide them."""
    try:
        yield
    except RefusedToStart as refused:
        note_refusal(refused)
        sys.exit("\n• ".join(["Not started until this is mended:", *refused.faults]))
