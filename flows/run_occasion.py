"""Send one occasion (utskickstillfälle) of a dispatch."""

from typing import Any

from prefect import State, flow, get_run_logger
from prefect.states import Completed, Failed
from pydantic import Field

from tasks.occasion_stages import TaskStages
from tasks.orders import Id, IdsOnly
from tasks.runs import name_of_run
from utskick.domain.occasions import OccasionId
from utskick.sending.occasion_story import Ending, send_occasion


class OccasionToSend(IdsOnly):
    """Which occasion, and which version of it: a run made for an older one does nothing."""

    occasion_id: Id = Field(title="Tillfälle", description="Tillfällets id")
    version: int = Field(
        default=1, ge=1, le=1_000_000, title="Version", description="Ökar när tillfället ändras"
    )


@flow(
    name="Skicka utskickstillfälle",
    flow_run_name=name_of_run,
    description=__doc__,
    persist_result=False,
    validate_parameters=True,
)
async def run_occasion(order: OccasionToSend) -> State[Any]:
    """Send every form of the package to every recipient, at its moment.

    A one-shot schedule starts this a little before. An operator who does so earlier holds nothing
    by it. Running it twice sends nothing twice; running it for a stopped dispatch sends nothing.
    """
    stages = TaskStages(OccasionId(order.occasion_id), version=order.version)
    return state_of(await send_occasion(stages, log=get_run_logger()))


def state_of(ending: Ending) -> State[Any]:
    """As operators see it."""
    state = Failed if ending.failed else Completed
    return state(name=ending.name.value, message=ending.message)
