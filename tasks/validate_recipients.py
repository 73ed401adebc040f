from tasks.redaction import stage
from tasks.runs import stages_of_run


@stage("Kontrollera mottagare")
async def validate_recipients() -> int:
    """Check everyone again and plan the deliveries; how many forms there are to send."""
    return await stages_of_run().validate_recipients()
