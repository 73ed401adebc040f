"""Who gives an order: whoever had signed in to Prefect when its run was started.

Prefect's server writes that into the run; nothing that is typed can (`utskick.worker.door`).
"""

from prefect.context import FlowRunContext

from tasks.orders import UnitOrder
from utskick.domain.errors import UtskickError
from utskick.domain.units import SYSTEM, Actor, parse_hsa_id
from utskick.worker.door.recorded import OPERATORS_TYPE


class NobodySignedIn(UtskickError):
    """The run was made by a process or a schedule, so nobody can be recorded for it."""

    def __init__(self) -> None:
        super().__init__("nobody had signed in to start this run")
        self.staff_message = "Logga in i Prefect och starta därifrån: den som startar antecknas."


class GivenAlready(UtskickError):
    """The run is started a second time, and not by whoever gave the order."""

    def __init__(self) -> None:
        super().__init__("an order is given once: start a new run, in your own name")
        self.staff_message = "Starta en ny körning, i ditt eget namn."


def actor_of(order: UnitOrder) -> Actor:
    """Raises `NobodySignedIn`, `GivenAlready`, or `InvalidHsaId`."""
    return Actor(operator(), parse_hsa_id(order.unit))


def operator() -> str:
    """An actor's name. Raises `NobodySignedIn` or `GivenAlready`."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or run.created_by is None or run.created_by.type != OPERATORS_TYPE:
        raise NobodySignedIn
    if run.run_count > 1:
        raise GivenAlready
    return f"operatör {run.created_by.display_value}"


def operator_or_system() -> str:
    """An actor's name, also for what a process or a schedule has started."""
    try:
        return operator()
    except (NobodySignedIn, GivenAlready):
        return SYSTEM
