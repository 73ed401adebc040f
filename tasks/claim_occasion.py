import asyncio
from uuid import UUID

from tasks.redaction import safe
from tasks.runs import run_of
from utskick.sending.claim_occasion import ClaimResult


@safe
async def claim_occasion(occasion_id: UUID, token: UUID) -> ClaimResult:
    """Whether there is something to send, and nobody else is sending it."""
    claim = await asyncio.to_thread(run_of(occasion_id, token).claim)
    return claim.result
