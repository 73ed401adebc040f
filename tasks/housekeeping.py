"""What the clock does, whoever is at work."""

import asyncio
from collections.abc import Sequence

from tasks.redaction import stage
from utskick.adapters.yaml_region import read_region
from utskick.domain.region import RegionDifference
from utskick.domain.retention import Purged
from utskick.domain.units import SYSTEM, Actor, parse_hsa_id
from utskick.sending.reconcile import Reconciled
from utskick.use_cases import compare_ledger as comparing
from utskick.use_cases import fetch_templates as fetching
from utskick.use_cases import load_region as loading
from utskick.wiring import services

_NIGHT_HOUR = 2
"""In UTC: between three and five in Sweden, when nothing is sent."""


@stage("Stäm av")
async def reconcile() -> Reconciled:
    """What was mended."""
    return await services().reconcile()


@stage("Gå igenom Prefect")
async def audit() -> Reconciled:
    """What was registered, and what was retired; thoroughly once a night."""
    wired = services()
    thorough = wired.clock.now().hour == _NIGHT_HOUR
    return await asyncio.to_thread(wired.audit, thorough=thorough)


@stage("Radera avslutade")
async def clean_up() -> int:
    """How many dispatches were deleted."""
    wired = services()
    return await asyncio.to_thread(wired.clean_up, now=wired.clock.now())


@stage("Gallra")
async def purge_expired() -> Purged:
    """How much was deleted, by kind."""
    wired = services()
    return await asyncio.to_thread(wired.purge_expired, now=wired.clock.now())


@stage("Bevaka formulärmallar")
async def watch_templates() -> int:
    """How many forms block ongoing dispatches."""
    wired = services()
    return await wired.watch_templates(now=wired.clock.now())


@stage("Jämför med 1177")
async def compare_ledger() -> comparing.Compared:
    """How many forms are missing, and how many nobody knows of."""
    wired = services()
    return await wired.compare_ledger(now=wired.clock.now())


@stage("Hämta mallar")
async def fetch_templates(confirmed: bool, operator: str) -> fetching.FetchedTemplates:  # noqa: FBT001
    """What differed; let in what may be. For the regional administration."""
    wired = services()
    actor = Actor(operator or SYSTEM, parse_hsa_id(wired.settings.source_system_hsa_id))
    return await wired.fetch_templates(actor=actor, now=wired.clock.now(), confirmed=confirmed)


@stage("Läs in grundplåtar")
async def load_region(whoever: str) -> loading.Loaded:
    """Read the region's folder; nothing is loaded while a file has a fault."""
    wired = services()
    region = await asyncio.to_thread(
        read_region,
        wired.settings.region,
        texts=wired.texts,
        forms_desk=wired.rules.forms_desk,
    )
    actor = Actor(whoever, parse_hsa_id(wired.settings.source_system_hsa_id))
    return await asyncio.to_thread(wired.load_region, region, actor=actor, now=wired.clock.now())


@stage("Inför skillnader")
async def apply_region(differences: Sequence[RegionDifference], operator: str) -> None:
    """Let the files have their way; the operator acts for the regional administration."""
    wired = services()
    actor = Actor(operator, parse_hsa_id(wired.settings.source_system_hsa_id))
    now = wired.clock.now()
    await asyncio.to_thread(wired.apply_region, differences, actor=actor, now=now)
