from tasks.redaction import stage
from tasks.runs import stages_of_run


@stage("Meddela mottagare")
async def notify_recipients() -> None:
    """After a stop: leave the inbox messages alone, and no form."""
    await stages_of_run().notify_recipients()
