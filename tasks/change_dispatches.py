"""What an operator can do to a started dispatch."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from tasks.redaction import stage
from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.occasions import OccasionId
from utskick.domain.units import Actor
from utskick.use_cases.restart_dispatch import Restarted
from utskick.use_cases.stop_dispatch import Stopped
from utskick.wiring import services

Done = TypeVar("Done")


@stage("Stoppa")
async def stop(dispatch_id: UUID, actor: Actor) -> Stopped:
    """What has been sent, is on its way, and is left."""
    return await _do(services().stop_dispatch, DispatchId(dispatch_id), actor=actor)


@stage("Återstarta")
async def restart(dispatch_id: UUID, actor: Actor) -> Restarted:
    """Who got what, and what remains."""
    return await _do(services().restart_dispatch, DispatchId(dispatch_id), actor=actor)


@stage("Ta bort mottagare")
async def remove(dispatch_id: UUID, recipient_id: UUID, actor: Actor) -> int:
    """How many of the recipient's forms were already on their way."""
    ids = DispatchId(dispatch_id), RecipientId(recipient_id)
    return await _do(services().remove_recipient, *ids, actor=actor)


@stage("Skicka det som är kvar")
async def send_missed(occasion_id: UUID, actor: Actor) -> None:
    """Plan the occasion again, for now: a run of its own sends it."""
    await _do(services().send_missed_occasion, OccasionId(occasion_id), actor=actor)


@stage("Meddela mottagare")
async def notify(occasion_id: UUID, actor: Actor) -> None:
    """As `send_missed`: the run leaves messages alone."""
    await _do(services().notify_recipients, OccasionId(occasion_id), actor=actor)


@stage("Avsluta")
async def end(occasion_id: UUID, actor: Actor) -> None:
    """The rest is never sent; a run notifies those who have got something."""
    await _do(services().end_occasion, OccasionId(occasion_id), actor=actor)


async def _do(deed: Callable[..., Done], *ids: UUID, actor: Actor) -> Done:
    return await asyncio.to_thread(deed, *ids, actor=actor, now=services().clock.now())
