from tasks.redaction import stage
from tasks.runs import stages_of_run
from utskick.domain.errors import StartBlocked


@stage("Kontrollera formulärmallar")
async def check_templates() -> StartBlocked | None:
    """What blocks the occasion, if anything; then the dispatch is Avbruten, and that reported."""
    return await stages_of_run().check_templates()
