"""From the ids that Prefect knows to what they name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from weakref import WeakValueDictionary

from prefect.runtime import flow_run

from utskick.domain.errors import NotFound
from utskick.domain.occasions import OccasionId, RunToken
from utskick.sending.run_occasion import OccasionRun
from utskick.wiring import services

_under_way: WeakValueDictionary[UUID, OccasionRun] = WeakValueDictionary()


def run_of(occasion_id: UUID, token: UUID, *, version: int = 1) -> OccasionRun:
    """One attempt to send the occasion; `token` is the flow run's own id.

    The same for every stage, while the flow holds on to it: Prefect's tasks are given ids alone.
    """
    run = _under_way.get(token)
    if run is None:
        run = services().occasion_run(OccasionId(occasion_id), RunToken(token), version=version)
        _under_way[token] = run
    return run


@asynccontextmanager
async def held(run: OccasionRun) -> AsyncIterator[None]:
    """Keep the occasion that the run has claimed; afterwards it is to be put away."""
    with services().ended_occasions.after(run.occasion_id, sends_at=run.occasion.sends_at):
        async with run.held():
            yield


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
