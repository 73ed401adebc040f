from uuid import UUID

from tasks.check_templates import told
from tasks.redaction import safe
from tasks.runs import run_of
from utskick.domain.errors import StartBlocked
from utskick.sending.check_again import CheckedAgain


@safe
async def check_again(occasion_id: UUID, token: UUID) -> CheckedAgain | str:
    """What may have changed, shortly before the moment: it waits until then.

    What blocks the occasion is told as by `check_templates`; else how many get nothing after all.
    """
    checked = await run_of(occasion_id, token).check_again()
    return told(checked) if isinstance(checked, StartBlocked) else checked
