from uuid import UUID

from tasks.border import safe, stage
from tasks.runs import run_of
from utskick.domain.errors import StartBlocked


@stage("Kontrollera formulärmallar")
async def check_templates(occasion_id: UUID, token: UUID) -> tuple[str, ...]:
    """The forms that block the occasion; then the dispatch is Avbruten and told of by mail."""
    return _names(await run_of(occasion_id, token).check_templates())


@safe
async def check_templates_again(occasion_id: UUID, token: UUID) -> tuple[str, ...]:
    """As `check_templates`, shortly before the moment; it waits until then."""
    return _names(await run_of(occasion_id, token).check_templates_again())


def _names(blocked: StartBlocked | None) -> tuple[str, ...]:
    return (*blocked.archived, *blocked.unsubscribed) if blocked else ()
