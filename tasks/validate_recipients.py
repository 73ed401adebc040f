import asyncio
from uuid import UUID

from tasks.redaction import stage
from tasks.runs import run_of
from utskick.domain.occasions import OccasionId
from utskick.wiring import services


@stage("Kontrollera mottagare")
async def validate_recipients(occasion_id: UUID, token: UUID) -> int:
    """Check everyone again and plan the deliveries; how many forms there are to send."""
    await run_of(occasion_id, token).validate_recipients()
    return await asyncio.to_thread(_planned, OccasionId(occasion_id))


def _planned(occasion_id: OccasionId) -> int:
    with services().store.transaction() as records:
        return records.progress.remaining(occasion_id).planned
