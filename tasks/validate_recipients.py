from uuid import UUID

from tasks.border import stage
from tasks.runs import run_of


@stage("Kontrollera mottagare")
async def validate_recipients(occasion_id: UUID, token: UUID) -> int:
    """Check everyone again, and plan the deliveries; how many recipients cannot be reached."""
    return len((await run_of(occasion_id, token).validate_recipients()).refused)
