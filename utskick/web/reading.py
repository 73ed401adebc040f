"""Reading a list of recipients while the pages go on: nobody reads two at once.

In threads apart: lists that wait for their turn keep no page from its own.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from utskick.domain.units import Actor
from utskick.wiring import Services

_READERS = ThreadPoolExecutor(16, thread_name_prefix="reading")
Read = TypeVar("Read")


async def read_apart(read: Callable[[], Read], *, actor: Actor, wired: Services) -> Read:
    """What it returns. Raises `StillBusy`, or what reading raises."""
    with wired.rate_limits.alone(actor.name):
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(_READERS, context.run, read)
