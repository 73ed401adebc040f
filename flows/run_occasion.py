"""Send one occasion (utskickstillfälle) of a dispatch."""

from logging import Logger, LoggerAdapter
from typing import Any
from uuid import UUID

from prefect import State, flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import BaseModel, Field

from tasks.check_again import check_again
from tasks.check_templates import check_templates
from tasks.claim_occasion import claim_occasion
from tasks.close_occasion import close_occasion
from tasks.mail_errors import mail_errors
from tasks.notify_recipients import notify_recipients
from tasks.render_message import render_message
from tasks.runs import held, name_of_run, run_of
from tasks.send_forms import send_forms
from tasks.validate_recipients import validate_recipients
from utskick.domain.occasions import Occasion, OccasionState
from utskick.ports import TemporaryFailure
from utskick.sending.check_again import CheckedAgain
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed


class OccasionOrder(BaseModel):
    """Which occasion, and which version of it: a run made for an older one does nothing."""

    occasion_id: UUID = Field(title="Tillfälle", description="Tillfällets id")
    version: int = Field(default=1, title="Version", description="Ökar när tillfället ändras")


@flow(
    name="Skicka utskickstillfälle",
    flow_run_name=name_of_run,
    description=__doc__,
    persist_result=False,
    validate_parameters=True,
)
async def run_occasion(order: OccasionOrder) -> State[Any]:
    """Send every form of the package to every recipient, at its moment.

    A one-shot schedule starts this a little before. An operator who does so earlier holds nothing
    by it. Running it twice sends nothing twice; running it for a stopped dispatch sends nothing.
    """
    log = get_run_logger()
    occasion, token = order.occasion_id, UUID(flow_run.id)
    run = run_of(occasion, token, version=order.version)

    claim = await claim_occasion(occasion, token)
    if claim is ClaimResult.TO_NOTIFY:
        async with held(run):
            await notify_recipients(occasion, token)
            closed = await close_occasion(occasion, token)
        return _ended(closed)
    if claim is not ClaimResult.CLAIMED:
        return await _nothing_to_send(claim, run.occasion)

    async with held(run):
        try:
            if blocking := await check_templates(occasion, token):
                return await _blocked(blocking)
            planned = await validate_recipients(occasion, token)
            await render_message(occasion, token)
            log.info("%d forms are planned; waiting for the moment", planned)
            checked = await check_again(occasion, token)
            if isinstance(checked, str):
                return await _blocked(checked)
            _tell(checked, log)

            if await send_forms(occasion, token, planned):
                log.warning("The moment had passed: sent late")
        except TemporaryFailure as failure:
            log.warning("A neighbour stayed away until it was too late: %s", failure)
        closed = await close_occasion(occasion, token)
    if closed.went_wrong:
        await mail_errors()
    return _ended(closed)


async def _nothing_to_send(claim: ClaimResult, occasion: Occasion) -> State[Any]:
    if claim is ClaimResult.TOO_LATE:
        await mail_errors()
        return Failed(name="Missat", message="Tillfället kunde inte skickas i tid")
    if claim is ClaimResult.TOO_EARLY:
        told = (
            f"Skickas {occasion.local:%Y-%m-%d %H:%M} som planerat. Den här körningen höll inget"
        )
        return Completed(name="För tidigt", message=told)
    return Completed(name="Inget att skicka", message=f"Nothing to send: {claim.value}")


async def _blocked(by: str) -> State[Any]:
    await mail_errors()
    return Failed(name="Avbruten", message=by)


def _tell(checked: CheckedAgain, log: Logger | LoggerAdapter[Any]) -> None:
    if checked.refused:
        log.info("%d recipients get nothing after all", checked.refused)
    if checked.unchecked:
        log.warning(
            "Not checked again in time: %d in the population register, %d for an account."
            " For them the last answers hold",
            checked.unchecked_persons,
            checked.unchecked_accounts,
        )


def _ended(closed: Closed) -> State[Any]:
    told = f"{closed.sent} av {closed.planned} formulär skickade"
    match closed.occasion.state:
        case OccasionState.DONE if closed.complete:
            return Completed(name="Skickat", message=told)
        case OccasionState.DONE:
            return Completed(name="Delvis skickat", message=told)
        case OccasionState.MISSED:
            return Failed(name="Missat", message=told)
        case OccasionState.STOPPED:
            return Completed(name="Stoppat mitt i", message=told)
        case OccasionState.ENDED:
            return Completed(name="Avslutat", message=told)
        case _:
            return Completed(name="Stoppat", message=told)
