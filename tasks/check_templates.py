from uuid import UUID

from tasks.redaction import stage
from tasks.runs import run_of
from utskick.domain.errors import StartBlocked


@stage("Kontrollera formulärmallar")
async def check_templates(occasion_id: UUID, token: UUID) -> str:
    """What blocks the occasion, if anything; then the dispatch is Avbruten and told of by mail."""
    blocked = await run_of(occasion_id, token).check_templates()
    return told(blocked) if blocked else ""


def told(blocked: StartBlocked) -> str:
    """In operators' words."""
    if blocked.unit_withdrawn:
        return "Enheten är indragen"
    return f"Spärrade mallar: {', '.join((*blocked.archived, *blocked.unsubscribed))}"
