import asyncio

from prefect import get_run_logger

from tasks.redaction import stage
from utskick.wiring import services


@stage("Mejla fel")
async def mail_errors() -> int:
    """Mail what has gone wrong to the error addresses; how many mails went."""
    mailed = await asyncio.to_thread(services().mail_errors)
    if mailed.refused:
        get_run_logger().warning("%d error addresses refuse their mail", mailed.refused)
    return mailed.mails
