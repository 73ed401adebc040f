"""What a process does again and again, as long as it lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def again_and_again(
    what: str, work: Callable[[], Awaitable[object]], *, every_s: float
) -> None:
    """Do it for ever: a failure is logged, and tried again next time."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # the next round may well succeed
            # Its text may hold anything: only its kind is logged.
            log.warning("%s failed: %s", what, type(error).__name__)
        await asyncio.sleep(every_s)
