from uuid import UUID

from tasks.border import stage
from tasks.runs import run_of


@stage("Skicka inkorgsmeddelanden")
async def send_inbox_messages(occasion_id: UUID, token: UUID) -> None:
    """Tell each recipient once the forms have arrived."""
    await run_of(occasion_id, token).send_inbox_messages()
