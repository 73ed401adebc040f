"""Nödbroms: what operators do when nothing of something may leave."""

from typing import Any

from prefect import State, flow
from prefect.artifacts import acreate_table_artifact
from prefect.states import Completed

from tasks import brakes
from tasks.operators import operator
from tasks.orders import BrakeOrder, ReleaseOrder
from tasks.tables import written_out
from utskick.use_cases.pull_brake import Hit
from utskick.web.brake_words import hit_in_words, hit_table, pulled_in_words, released_in_words

_NOT_YET = "Se tabellen, och starta igen med krysset i om det är rätt."


@flow(name="Dra nödbromsen", flow_run_name="Dra nödbromsen", persist_result=False)
async def pull_brake(order: BrakeOrder) -> State[Any]:
    """Show what would be hit, and pull the brake if the order says so."""
    whoever = operator() if order.pull else ""
    hit = await brakes.would_hit(order.of_unit, order.form_template_id)
    await _show(hit, key="nodbroms", description="Vad nödbromsen berör")
    if not order.pull:
        return Completed(name="Inte dragen", message=f"{hit_in_words(hit)}. {_NOT_YET}")
    pulled = await brakes.pull(order.of_unit, order.form_template_id, order.cause.value, whoever)
    message = f"{pulled_in_words(pulled)} Bromsens id: {pulled.brake.id}"
    return Completed(name="Dragen", message=message)


@flow(
    name="Släpp nödbromsen",
    flow_run_name="Släpp nödbromsen {order.brake_id}",
    persist_result=False,
)
async def release_brake(order: ReleaseOrder) -> State[Any]:
    """Show what goes on, and release the brake if the order says so."""
    whoever = operator() if order.release else ""
    hit = await brakes.held_by(order.brake_id)
    await _show(hit, key="nodbroms-slapp", description="Vad som går vidare")
    if not order.release:
        return Completed(name="Inte släppt", message=f"{hit_in_words(hit)}. {_NOT_YET}")
    released = await brakes.release(order.brake_id, whoever)
    return Completed(name="Släppt", message=released_in_words(released))


async def _show(hit: Hit, *, key: str, description: str) -> None:
    await acreate_table_artifact(
        table=written_out(hit_table(hit), "Utskick", "Enhet"), key=key, description=description
    )
