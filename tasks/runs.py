"""The run that a flow is, and how operators find it.

Whatever Prefect is given it stores: a task gets no run among its parameters, but finds it in the
context that it shares with its flow.
"""

from contextvars import ContextVar
from uuid import UUID

from prefect.runtime import flow_run

from utskick.domain.errors import NotFound
from utskick.domain.occasions import OccasionId, RunToken
from utskick.sending.run_occasion import OccasionRun, PlainStages
from utskick.wiring import services

_stages: ContextVar[PlainStages] = ContextVar("stages")


def begin_run(occasion_id: OccasionId, *, version: int) -> OccasionRun:
    """One attempt to send the occasion. Its token is the flow run's own id in Prefect."""
    token = RunToken(UUID(flow_run.id))
    run = services().occasion_run(occasion_id, token, version=version)
    _stages.set(PlainStages(run))
    return run


def stages_of_run() -> PlainStages:
    """What the tasks show to operators, of the run that the flow around them has begun."""
    return _stages.get()


def name_of_run() -> str:
    """Package, occasion and local time: what an operator looks for in a list of runs."""
    order = flow_run.parameters["order"]
    occasion_id = order["occasion_id"] if isinstance(order, dict) else order.occasion_id
    try:
        with services().store.transaction() as records:
            dispatch, occasion = records.dispatches.of_occasion(OccasionId(UUID(str(occasion_id))))
    except NotFound:
        return f"Okänt tillfälle {occasion_id}"
    of = f"{occasion.number} av {len(dispatch.occasions)}"
    return f"{occasion.local:%Y-%m-%d %H:%M} · {of} · {dispatch.name}"
