"""What operators can do to a started dispatch."""

from typing import Any

from prefect import State, flow
from prefect.artifacts import acreate_table_artifact
from prefect.states import Completed

from tasks.change_dispatches import end, notify, remove, restart, send_missed, stop
from tasks.operators import actor_of
from tasks.orders import DispatchOrder, OccasionOrder, RecipientOrder
from tasks.tables import form_table
from utskick.web.labels import counted, stopped_in_words


@flow(name="Stoppa paketutskick", flow_run_name="Stoppa {order.dispatch_id}", persist_result=False)
async def stop_dispatch(order: DispatchOrder) -> State[Any]:
    """Stop a dispatch at once, also in the middle of a send."""
    stopped = await stop(order.dispatch_id, actor_of(order))
    return Completed(name="Stoppat", message=stopped_in_words(stopped))


@flow(
    name="Återstarta paketutskick",
    flow_run_name="Återstarta {order.dispatch_id}",
    persist_result=False,
)
async def restart_dispatch(order: DispatchOrder) -> State[Any]:
    """Go on with a stopped dispatch, until the date of its next occasion has passed."""
    restarted = await restart(order.dispatch_id, actor_of(order))
    left = counted(len(restarted.remaining), "tillfälle", "tillfällen")
    await acreate_table_artifact(
        table=form_table(restarted.so_far),
        key=f"aterstart-{order.dispatch_id}",
        description="Vad som hade skickats före återstarten",
    )
    return Completed(name="Återstartat", message=f"{left} återstår")


@flow(
    name="Ta bort mottagare",
    flow_run_name="Ta bort {order.recipient_id}",
    persist_result=False,
)
async def remove_recipient(order: RecipientOrder) -> State[Any]:
    """Send nothing more to one recipient. The last one cannot be removed: stop instead."""
    on_their_way = await remove(order.dispatch_id, order.recipient_id, actor_of(order))
    return Completed(name="Borttagen", message=f"{on_their_way} formulär var redan på väg")


@flow(
    name="Skicka det som är kvar",
    flow_run_name="Skicka {order.occasion_id}",
    persist_result=False,
)
async def send_missed_occasion(order: OccasionOrder) -> State[Any]:
    """Send now what is left of an occasion that was missed, or stopped in the middle.

    It gets a run of its own, and nobody gets anything twice. A stopped dispatch goes on then.
    """
    await send_missed(order.occasion_id, actor_of(order))
    return Completed(name="Planerat", message="Tillfället skickas nu")


@flow(
    name="Meddela mottagare",
    flow_run_name="Meddela {order.occasion_id}",
    persist_result=False,
)
async def notify_recipients(order: OccasionOrder) -> State[Any]:
    """Leave the inbox message for those who got forms before an occasion was stopped."""
    await notify(order.occasion_id, actor_of(order))
    return Completed(name="Planerat", message="De som har fått formulär meddelas nu")


@flow(
    name="Avsluta tillfälle",
    flow_run_name="Avsluta {order.occasion_id}",
    persist_result=False,
)
async def end_occasion(order: OccasionOrder) -> State[Any]:
    """Never send what is left of an occasion that was missed, or stopped in the middle."""
    await end(order.occasion_id, actor_of(order))
    return Completed(name="Avslutat", message="Det som var kvar skickas inte")
