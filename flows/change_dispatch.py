"""What operators can do to a started dispatch."""

from typing import Any

from prefect import State, flow
from prefect.artifacts import acreate_table_artifact
from prefect.states import Completed

from tasks.change_dispatches import remove, restart, send_missed, stop
from tasks.orders import DispatchOrder, MissedOrder, RecipientOrder
from tasks.tables import form_table


@flow(name="Stoppa paketutskick", flow_run_name="Stoppa {order.dispatch_id}", persist_result=False)
async def stop_dispatch(order: DispatchOrder) -> State[Any]:
    """Stop a dispatch at once, also in the middle of a send."""
    on_their_way = await stop(order.dispatch_id, order.actor)
    return Completed(name="Stoppat", message=f"{on_their_way} formulär var redan på väg")


@flow(
    name="Återstarta paketutskick",
    flow_run_name="Återstarta {order.dispatch_id}",
    persist_result=False,
)
async def restart_dispatch(order: DispatchOrder) -> State[Any]:
    """Go on with a stopped dispatch, while its next occasion lies ahead."""
    restarted = await restart(order.dispatch_id, order.actor)
    await acreate_table_artifact(
        table=form_table(restarted.so_far),
        key=f"aterstart-{order.dispatch_id}",
        description="Vad som hade skickats före återstarten",
    )
    return Completed(name="Återstartat", message=f"{len(restarted.remaining)} tillfällen återstår")


@flow(
    name="Ta bort mottagare",
    flow_run_name="Ta bort {order.recipient_id}",
    persist_result=False,
)
async def remove_recipient(order: RecipientOrder) -> State[Any]:
    """Send nothing more to one recipient. The last one cannot be removed: stop instead."""
    on_their_way = await remove(order.dispatch_id, order.recipient_id, order.actor)
    return Completed(name="Borttagen", message=f"{on_their_way} formulär var redan på väg")


@flow(
    name="Skicka missat tillfälle",
    flow_run_name="Skicka {order.occasion_id}",
    persist_result=False,
)
async def send_missed_occasion(order: MissedOrder) -> State[Any]:
    """Send what is left of a missed occasion, now; it gets a run of its own."""
    await send_missed(order.occasion_id, order.actor)
    return Completed(name="Planerat", message="Tillfället skickas nu")
