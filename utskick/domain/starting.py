"""What keeps a process from starting."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class RefusedToStart(ValueError):
    """Every fault at once, each with what to do about it. Holds no secret."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@contextmanager
def refused_in_words() -> Iterator[None]:
    """End the process with the faults alone, on its error output: a traceback would hide them."""
    try:
        yield
    except RefusedToStart as refused:
        sys.exit("\n• ".join(["Not started until this is mended:", *refused.faults]))
