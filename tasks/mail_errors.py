import asyncio

from prefect import get_run_logger

from tasks.redaction import stage
from utskick.sending.report_errors import send_error_reports
from utskick.wiring import services


@stage("Mejla fel")
async def mail_errors() -> int:
    """Mail what has gone wrong to the error addresses; how many mails went."""
    wired = services()
    mailed = await asyncio.to_thread(
        send_error_reports, store=wired.store, mailer=wired.mailer, texts=wired.texts
    )
    if mailed.refused:
        get_run_logger().warning("%d error addresses refuse their mail", mailed.refused)
    return mailed.mails
