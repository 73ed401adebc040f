"""What an operator can do when nothing of something may leave."""

import asyncio
from uuid import UUID

from tasks.redaction import stage
from utskick.domain.brakes import BrakeId, BrakeScope
from utskick.domain.forms import FormTemplateId
from utskick.domain.units import Actor, parse_hsa_id
from utskick.use_cases.pull_brake import Hit, Pulled, Released
from utskick.wiring import services


@stage("Se vad som berörs")
async def would_hit(unit: str | None, template_id: UUID | None) -> Hit:
    """What the brake would be on."""
    return await asyncio.to_thread(services().pull_brake.would_hit, _scope(unit, template_id))


@stage("Se vad som går vidare")
async def held_by(brake_id: UUID) -> Hit:
    """What the brake is on."""
    return await asyncio.to_thread(services().pull_brake.held_by, BrakeId(brake_id))


@stage("Dra nödbromsen")
async def pull(unit: str | None, template_id: UUID | None, cause: str, operator: str) -> Pulled:
    """In the name of whoever had signed in, for the regional administration."""
    wired = services()
    return await asyncio.to_thread(
        wired.pull_brake.pull,
        _scope(unit, template_id),
        cause,
        actor=_actor(operator),
        now=wired.clock.now(),
    )


@stage("Släpp nödbromsen")
async def release(brake_id: UUID, operator: str) -> Released:
    """As `pull`."""
    wired = services()
    return await asyncio.to_thread(
        wired.pull_brake.release,
        BrakeId(brake_id),
        actor=_actor(operator),
        now=wired.clock.now(),
    )


def _scope(unit: str | None, template_id: UUID | None) -> BrakeScope:
    return BrakeScope(
        unit_id=parse_hsa_id(unit) if unit else None,
        template_id=FormTemplateId(template_id) if template_id else None,
    )


def _actor(operator: str) -> Actor:
    return Actor(operator, parse_hsa_id(services().settings.source_system_hsa_id))
