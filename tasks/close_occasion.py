import asyncio
from uuid import UUID

from prefect.artifacts import acreate_table_artifact

from tasks.border import best_effort, stage
from tasks.runs import run_of
from tasks.tables import form_table
from utskick.use_cases.close_occasion import Closed
from utskick.wiring import services


@stage("Avsluta tillfället")
async def close_occasion(occasion_id: UUID, token: UUID) -> Closed:
    """End the occasion, leave a table of what was sent and not, and put its schedule away."""
    closed = await asyncio.to_thread(run_of(occasion_id, token).close)
    table = acreate_table_artifact(
        table=form_table(closed.forms),
        key=f"tillfalle-{occasion_id}",
        description=f"Tillfälle {closed.occasion.number} av {len(closed.dispatch.occasions)}",
    )
    await best_effort(table)
    await best_effort(asyncio.to_thread(services().scheduler.retire, closed.occasion.id))
    return closed
