"""Start a package dispatch (paketutskick) from an uploaded spec."""

from typing import Any

from prefect import State, flow
from prefect.states import Completed

from tasks.mail_errors import mail_errors
from tasks.operators import actor_of
from tasks.orders import UploadOrder
from tasks.start_dispatches import send_from_upload, start_from_upload
from utskick.use_cases.submissions import Started


@flow(name="Starta paketutskick", flow_run_name="Starta {order.upload_id}", persist_result=False)
async def start_dispatch(order: UploadOrder) -> State[Any]:
    """Check the spec, save it, and register one deployment for each occasion.

    The spec is uploaded first, with `utskick upload` or by REST, and named here by its id.
    """
    try:
        started = await start_from_upload(order.upload_id, actor_of(order))
    finally:
        await mail_errors()
    return _as_state(started)


@flow(name="Skicka formulär", flow_run_name="Skicka {order.upload_id}", persist_result=False)
async def send_form(order: UploadOrder) -> State[Any]:
    """Send one form, ordinary or NAFS, now, from an uploaded spec."""
    return _as_state(await send_from_upload(order.upload_id, actor_of(order)))


def _as_state(started: Started) -> State[Any]:
    if started.already:
        return Completed(name="Redan startat", message=f"Utskick {started.dispatch.id}")
    message = f"Utskick {started.dispatch.id}, {len(started.dispatch.occasions)} tillfällen"
    if started.awaits_approval:
        message += ": en kollega på enheten godkänner det i Utskick, driften kan inte göra det"
        return Completed(name="Väntar på godkännande", message=message)
    if started.unchecked:
        message += f", {started.unchecked} mottagare kontrolleras hos 1177 före utskicket"
    return Completed(name="Startat", message=message)
