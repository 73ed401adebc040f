from tasks.redaction import safe
from tasks.runs import stages_of_run
from utskick.domain.errors import StartBlocked
from utskick.sending.check_again import CheckedAgain


@safe
async def check_again() -> CheckedAgain | StartBlocked:
    """What may have changed, shortly before the moment: it waits until then.

    No task of Prefect's: hundreds of runs may do it within the same minute.
    """
    return await stages_of_run().check_again()
