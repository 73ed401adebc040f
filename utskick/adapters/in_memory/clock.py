"""Time that passes only when somebody sleeps, or sets it."""

import asyncio
from datetime import datetime, timedelta

_A_TURN_S = 0.002
"""What others do meanwhile they do in threads: without a turn they get to it, whoever polls would
poll them out of the way."""


class FakeClock:
    """A `Clock`. Assign to `moment` to make the wall clock jump; `monotonic` never does."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(_A_TURN_S)

    def pause(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self.moment += timedelta(seconds=seconds)
        self._elapsed_s += seconds
