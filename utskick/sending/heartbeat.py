"""The heartbeat of this process: each beat prolongs the leases of all its occasions (I11)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.rules import Rules
from utskick.records import Store
from utskick.sending.call_slots import CallSlots

_BEATS_IN_A_LEASE = 3


class Heartbeat:
    """Beats while the process has any occasion.

    Each beat also counts the processes that send, and so gives this one its part of the calls that
    the form service allows at once. A process that joins is counted by the others at their next
    beat, which comes before the occasions that it prepares meanwhile are due.
    """

    def __init__(self, *, store: Store, call_slots: CallSlots, rules: Rules) -> None:
        self._store = store
        self._call_slots = call_slots
        self._rules = rules
        self._process_id = uuid4()
        self._held: dict[RunToken, OccasionId] = {}
        self._beating: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def holding(self, occasion_id: OccasionId, *, token: RunToken) -> AsyncIterator[None]:
        """Renew the lease while the block runs. A run that loses it notices at its next intent."""
        self._held[token] = occasion_id
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            del self._held[token]
            if not self._held:
                await self._rest()

    async def _beat(self) -> None:
        while True:
            # With the database away the leases may run out; then other runs may have them.
            with suppress(Exception):
                senders = await asyncio.to_thread(self._prolong, dict(self._held))
                self._call_slots.at_once = max(1, self._rules.forms_concurrency // senders)
            await asyncio.sleep(self._rules.lease_s / _BEATS_IN_A_LEASE)

    async def _rest(self) -> None:
        beating, self._beating = self._beating, None
        assert beating is not None
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
        asyncio.get_running_loop().run_in_executor(None, self._leave)

    def _prolong(self, held: Mapping[RunToken, OccasionId]) -> int:
        with self._store.transaction() as records:
            records.occasions.renew(held, lease_s=self._rules.lease_s)
            return records.budgets.count_sender(self._process_id, lease_s=self._rules.lease_s)

    def _leave(self) -> None:
        """Give our part of the calls back; else the others lack it until our lease runs out."""
        with suppress(Exception), self._store.transaction() as records:
            records.budgets.forget_sender(self._process_id)
