"""From the ids that Prefect knows to the run that they name."""

from uuid import UUID

from utskick.domain.occasions import OccasionId, RunToken
from utskick.use_cases.run_occasion import OccasionRun
from utskick.wiring import services


def run_of(occasion_id: UUID, token: UUID, *, version: int = 1) -> OccasionRun:
    """One attempt to send the occasion; `token` is the flow run's own id."""
    return services().occasion_run(OccasionId(occasion_id), RunToken(token), version=version)
