"""Notice what the service platform refuses: one mail for each outage, and a line for the pages."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import TypeVar

from utskick.domain.platform_refusals import Outage
from utskick.domain.rules import Rules
from utskick.ports import Clock, PermanentFailure, PlatformRefusal, RefusedFurtherOn
from utskick.records import Store, Transaction
from utskick.sending.report_errors import report

log = logging.getLogger(__name__)

T = TypeVar("T")

_NOTED_FOR_S = 30
"""How long a refusal that has been noted need not be noted again."""
_KNOWN_FOR_S = 60
"""How old may be what is known of outages: another process may have met one."""


class PlatformWatch:
    """What the calls of a process go through. Nothing that fails here makes a call fail."""

    def __init__(self, *, store: Store, clock: Clock, rules: Rules) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._current: list[Outage] = []
        self._looks_at = -math.inf
        self._noted_until: dict[tuple[str, str], float] = {}

    @asynccontextmanager
    async def over(self, contract: str) -> AsyncIterator[None]:
        """A call of that contract: by which code it is refused, or that it was let through."""
        try:
            yield
        except (PlatformRefusal, RefusedFurtherOn) as refusal:
            unclear = isinstance(refusal, RefusedFurtherOn)
            await self._refused(refusal.code, contract, unclear=unclear)
            raise
        except PermanentFailure:
            await self._let_through(contract)
            raise
        else:
            await self._let_through(contract)

    async def _refused(self, code: str, contract: str, *, unclear: bool) -> None:
        at = self._clock.monotonic()
        if at < self._noted_until.get((code, contract), -math.inf):
            return
        self._noted_until[code, contract] = at + _NOTED_FOR_S
        log.error("The service platform refuses %s: %s", contract, code)
        outage = await _safely(lambda: self._note(code, contract, unclear=unclear))
        if outage and outage not in self._current:
            self._current.append(outage)

    async def _let_through(self, contract: str) -> None:
        at = self._clock.monotonic()
        if at >= self._looks_at:
            self._looks_at = at + _KNOWN_FOR_S
            current = await _safely(self._read)
            self._current = self._current if current is None else current
        over = [outage for outage in self._current if outage.contract == contract]
        if not over:
            return
        self._current = [outage for outage in self._current if outage not in over]
        for outage in over:
            self._noted_until.pop((outage.code, outage.contract), None)
            log.warning("The service platform lets %s through again", outage.contract)
        await _safely(lambda: self._end(over))

    def _note(self, code: str, contract: str, *, unclear: bool) -> Outage:
        with self._store.transaction() as records:
            outage = records.platform_refusals.note(code, contract, now=self._clock.now())
            self._report(outage, records, unclear=unclear)
            return outage

    def _read(self) -> list[Outage]:
        with self._store.transaction() as records:
            return records.platform_refusals.current()

    def _end(self, over: Collection[Outage]) -> None:
        with self._store.transaction() as records:
            records.platform_refusals.end(over, now=self._clock.now())

    def _report(self, outage: Outage, records: Transaction, *, unclear: bool) -> None:
        """Kept once for each outage, however often and wherever it is met."""
        since = outage.since.astimezone(self._rules.zone)
        contract = outage.as_shown.contract
        report(
            records,
            subject="platform",
            cause=f"{outage.code}-{contract}-{outage.since:%Y%m%dT%H%M%S}",
            text="platform.txt",
            values={
                "code": outage.code,
                "contract": contract,
                "what": outage.what,
                "remedy": outage.remedy,
                "unclear": unclear,
                "most_unclear_calls": self._rules.most_unclear_calls,
                "since": f"{since:%Y-%m-%d %H:%M}",
            },
            addresses=self._rules.operators,
            now=self._clock.now(),
        )


async def _safely(work: Callable[[], T]) -> T | None:
    try:
        return await asyncio.to_thread(work)
    except Exception as error:  # noqa: BLE001  # what is wrong with the database is shown by others
        log.warning("Cannot note what the platform refuses: %s", type(error).__name__)
        return None
