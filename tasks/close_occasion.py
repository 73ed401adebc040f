from prefect.artifacts import acreate_table_artifact

from tasks.redaction import best_effort, stage
from tasks.runs import stages_of_run
from tasks.tables import form_table
from utskick.sending.close_occasion import Closed


@stage("Avsluta tillfället")
async def close_occasion() -> Closed:
    """End the occasion, and leave a table of what was sent and not."""
    closed = await stages_of_run().close()
    table = acreate_table_artifact(
        table=form_table(closed.forms),
        key=f"tillfalle-{closed.occasion.id}",
        description=f"Tillfälle {closed.occasion.number} av {len(closed.dispatch.occasions)}",
    )
    await best_effort(table)
    return closed
