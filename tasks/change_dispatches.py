"""What an operator can do to a started dispatch."""

import asyncio
from uuid import UUID

from tasks.border import stage
from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.occasions import OccasionId
from utskick.domain.units import Actor
from utskick.use_cases import (
    remove_recipient,
    restart_dispatch,
    send_missed_occasion,
    stop_dispatch,
)
from utskick.wiring import services


@stage("Stoppa")
async def stop(dispatch_id: UUID, actor: Actor) -> int:
    """How many forms were already on their way."""
    wired = services()
    return await asyncio.to_thread(
        stop_dispatch.stop_dispatch,
        DispatchId(dispatch_id),
        actor=actor,
        store=wired.store,
        scheduler=wired.scheduler,
        now=wired.clock.now(),
    )


@stage("Återstarta")
async def restart(dispatch_id: UUID, actor: Actor) -> restart_dispatch.Restarted:
    """Who got what, and what remains."""
    wired = services()
    return await asyncio.to_thread(
        restart_dispatch.restart_dispatch,
        DispatchId(dispatch_id),
        actor=actor,
        store=wired.store,
        scheduler=wired.scheduler,
        rules=wired.rules,
        now=wired.clock.now(),
    )


@stage("Ta bort mottagare")
async def remove(dispatch_id: UUID, recipient_id: UUID, actor: Actor) -> int:
    """How many of the recipient's forms were already on their way."""
    wired = services()
    return await asyncio.to_thread(
        remove_recipient.remove_recipient,
        DispatchId(dispatch_id),
        RecipientId(recipient_id),
        actor=actor,
        store=wired.store,
        now=wired.clock.now(),
    )


@stage("Skicka missat tillfälle")
async def send_missed(occasion_id: UUID, actor: Actor) -> None:
    """Plan the occasion again, for now: a run of its own sends it."""
    wired = services()
    await asyncio.to_thread(
        send_missed_occasion.send_missed_occasion,
        OccasionId(occasion_id),
        actor=actor,
        store=wired.store,
        scheduler=wired.scheduler,
        rules=wired.rules,
        now=wired.clock.now(),
    )
