"""What the worker's process does before it works."""

import asyncio
import gc
import logging
import sys

from prefect.client.orchestration import get_client

from utskick.wiring import Services, services

_LOOKS_AGAIN_S = 2
_SWITCHES_AFTER_S = 0.0005

log = logging.getLogger(__name__)


async def opened() -> Services:
    """The services, when the database is there: it may come up after us, and no run does without.

    Raises what no waiting mends: missing keys, and settings that make no sense.
    """
    while True:
        try:
            return await asyncio.to_thread(services)
        except (FileNotFoundError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001  # the driver's own kinds stay in the store
            log.warning("Waiting for the database: %s", type(error).__name__)
            await asyncio.sleep(_LOOKS_AGAIN_S)


async def prefect_answers() -> None:
    """Wait until it does."""
    async with get_client() as client:
        while (error := await client.api_healthcheck()) is not None:
            log.warning("Waiting for Prefect: %s", type(error).__name__)
            await asyncio.sleep(_LOOKS_AGAIN_S)


def settle_in() -> None:
    """What a process does that will send: once all is loaded, and for good."""
    # What is loaded by now stays, and no collection need look at it again.
    gc.collect()
    gc.freeze()
    # A thread that comes back from the database would wait ten times as long for the interpreter.
    sys.setswitchinterval(_SWITCHES_AFTER_S)
