from tasks.redaction import safe
from tasks.runs import stages_of_run
from utskick.sending.claim_occasion import ClaimResult


@safe
async def claim_occasion() -> ClaimResult:
    """Whether there is something to send, and nobody else is sending it. No task of Prefect's."""
    return await stages_of_run().claim()
