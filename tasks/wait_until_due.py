from uuid import UUID

from tasks.border import stage
from tasks.runs import run_of


@stage("Vänta på klockslaget")
async def wait_until_due(occasion_id: UUID, token: UUID) -> bool:
    """Nothing is sent before its moment; tell whether that had passed long ago."""
    return await run_of(occasion_id, token).wait_until_due()
