from uuid import UUID

from tasks.border import stage
from tasks.runs import run_of


@stage("Kontrollera formulärmallar")
async def check_templates(occasion_id: UUID, token: UUID) -> tuple[str, ...]:
    """The forms that block the occasion; then the dispatch is Avbruten and told of by mail."""
    blocked = await run_of(occasion_id, token).check_templates()
    return (*blocked.archived, *blocked.unsubscribed) if blocked else ()
