"""What an operator can do to a started dispatch."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from tasks.redaction import stage
from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.occasions import OccasionId
from utskick.domain.units import Actor
from utskick.use_cases import (
    end_occasion,
    notify_recipients,
    remove_recipient,
    restart_dispatch,
    send_missed_occasion,
    stop_dispatch,
)
from utskick.wiring import services


@stage("Stoppa")
async def stop(dispatch_id: UUID, actor: Actor) -> stop_dispatch.Stopped:
    """What has been sent, is on its way, and is left."""
    wired = services()
    return await asyncio.to_thread(
        stop_dispatch.stop_dispatch,
        DispatchId(dispatch_id),
        actor=actor,
        store=wired.store,
        scheduler=wired.scheduler,
        clock=wired.clock,
        rules=wired.rules,
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


@stage("Skicka det som är kvar")
async def send_missed(occasion_id: UUID, actor: Actor) -> None:
    """Plan the occasion again, for now: a run of its own sends it."""
    await _by_hand(send_missed_occasion.send_missed_occasion, occasion_id, actor)


@stage("Meddela mottagare")
async def notify(occasion_id: UUID, actor: Actor) -> None:
    """As `send_missed`: the run leaves messages alone."""
    await _by_hand(notify_recipients.notify_recipients, occasion_id, actor)


@stage("Avsluta")
async def end(occasion_id: UUID, actor: Actor) -> None:
    """The rest is never sent; a run notifies those who have got something."""
    await _by_hand(end_occasion.end_occasion, occasion_id, actor)


async def _by_hand(deed: Callable[..., bool], occasion_id: UUID, actor: Actor) -> None:
    wired = services()
    await asyncio.to_thread(
        deed,
        OccasionId(occasion_id),
        actor=actor,
        store=wired.store,
        scheduler=wired.scheduler,
        rules=wired.rules,
        now=wired.clock.now(),
    )
