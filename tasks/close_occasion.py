import asyncio
from uuid import UUID

from prefect.artifacts import acreate_table_artifact

from tasks.redaction import best_effort, stage
from tasks.runs import run_of
from tasks.tables import form_table
from utskick.sending.close_occasion import Closed


@stage("Avsluta tillfället")
async def close_occasion(occasion_id: UUID, token: UUID) -> Closed:
    """End the occasion, and leave a table of what was sent and not."""
    closed = await asyncio.to_thread(run_of(occasion_id, token).close)
    table = acreate_table_artifact(
        table=form_table(closed.forms),
        key=f"tillfalle-{occasion_id}",
        description=f"Tillfälle {closed.occasion.number} av {len(closed.dispatch.occasions)}",
    )
    await best_effort(table)
    return closed
