"""Start a package dispatch (paketutskick) from an uploaded spec."""

from collections.abc import Sequence
from typing import Any

from prefect import State, flow
from prefect.artifacts import acreate_table_artifact
from prefect.states import Completed

from tasks.mail_errors import mail_errors
from tasks.operators import actor_of
from tasks.orders import StartOrder, UploadOrder
from tasks.start_dispatches import send_from_upload, start_from_upload, try_upload
from tasks.tables import occasion_table
from utskick.use_cases.dry_run import DryRun
from utskick.use_cases.submissions import Started
from utskick.web.labels import counted

_MOST_WARNINGS = 5


@flow(name="Starta paketutskick", flow_run_name="Starta {order.upload_id}", persist_result=False)
async def start_dispatch(order: StartOrder) -> State[Any]:
    """Check the spec, save it, and register one deployment for each occasion.

    The spec is uploaded first, with `utskick upload` or by REST, and named here by its id.
    """
    if order.dry_run:
        return await _tried(order)
    try:
        started = await start_from_upload(order.upload_id, actor_of(order))
    finally:
        await mail_errors()
    return _as_state(started)


async def _tried(order: StartOrder) -> State[Any]:
    tried = await try_upload(order.upload_id, actor_of(order))
    await acreate_table_artifact(
        table=occasion_table(tried), description="Det som skulle startas. Inget är startat."
    )
    return _tried_state(tried)


def _tried_state(tried: DryRun) -> State[Any]:
    moments = counted(len(tried.occasions), "tillfälle", "tillfällen")
    message = f"{tried.recipients} mottagare, {moments}"
    if tried.left_out:
        message += f", {tried.left_out} kan inte nås"
    if tried.awaits_approval:
        message += ", en kollega på enheten behöver godkänna det"
    message += _about_dates(tried.date_warnings)
    return Completed(name="Provat, inget startat", message=message)


def _about_dates(warnings: Sequence[str]) -> str:
    """Early or late hours and red days: what of the warnings an orchestrator may know."""
    further = len(warnings) - _MOST_WARNINGS
    shown = [*warnings[:_MOST_WARNINGS], *([f"Och {further} till."] if further > 0 else [])]
    return f". {' '.join(shown)}" if shown else ""


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
    message += _about_dates(started.date_warnings)
    return Completed(name="Startat", message=message)
