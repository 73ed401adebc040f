import asyncio
from uuid import UUID

from tasks.redaction import stage
from tasks.runs import run_of


@stage("Skriv inkorgsmeddelande")
async def render_message(occasion_id: UUID, token: UUID) -> None:
    """Fill in the inbox message; it stays in our own store."""
    await asyncio.to_thread(run_of(occasion_id, token).render_message)
