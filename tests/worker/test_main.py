"""When the worker's process ends."""

import asyncio
import threading

import pytest

from utskick.worker.__main__ import until


class Work:
    def __init__(self) -> None:
        self.ended = False

    async def for_ever(self, ending: threading.Event) -> None:
        try:
            ending.set()
            await asyncio.Event().wait()
        finally:
            # Whatever is under way may need the event loop for its end.
            await asyncio.sleep(0)
            self.ended = True

    async def fail(self) -> None:
        raise FileNotFoundError


async def test_a_signal_ends_the_work_which_is_waited_for() -> None:
    ending, work = threading.Event(), Work()

    await until(ending, work.for_ever(ending))

    assert work.ended


async def test_work_that_fails_ends_the_process_with_its_error() -> None:
    ending = threading.Event()

    with pytest.raises(FileNotFoundError):
        await until(ending, Work().fail())

    assert ending.is_set()
