"""How a sender and the benchmark speak: a line of JSON each time, by standard input and output."""

import asyncio
import json
import sys
from typing import Any


def report(event: str, **details: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **details}) + "\n")
    sys.stdout.flush()


def hear() -> Any:
    """What is asked for next, or `None` when the benchmark has gone."""
    line = sys.stdin.readline()
    return json.loads(line) if line else None


async def hear_async() -> Any:
    return await asyncio.to_thread(hear)
