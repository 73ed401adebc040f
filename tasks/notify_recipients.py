from uuid import UUID

from tasks.redaction import stage
from tasks.runs import run_of


@stage("Meddela mottagare")
async def notify_recipients(occasion_id: UUID, token: UUID) -> None:
    """After a stop: leave the inbox messages alone, and no form."""
    await run_of(occasion_id, token).notify_recipients()
