"""Starting from an upload: the spec itself never passes through Prefect."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from tasks.redaction import StageFailed, stage
from utskick.adapters.yaml_files import read_text
from utskick.domain.errors import SpecRefused
from utskick.domain.specs import DispatchSpec, FormSpec, UploadId
from utskick.domain.units import Actor
from utskick.use_cases.dry_run import DryRun
from utskick.use_cases.submissions import Started
from utskick.wiring import services

Model = TypeVar("Model", bound=BaseModel)


@stage("Starta paketutskick")
async def start_from_upload(upload_id: UUID, actor: Actor) -> Started:
    """Save the dispatch and register its occasions; the same upload starts one."""
    return await _start(upload_id, actor, DispatchSpec, services().start_dispatch)


@stage("Prova paketutskick")
async def try_upload(upload_id: UUID, actor: Actor) -> DryRun:
    """What would be started: nothing is kept, and nobody is mailed."""
    spec = await _spec(upload_id, DispatchSpec)
    try:
        return await services().start_dispatch.dry_run(
            spec, actor=actor, now=services().clock.now()
        )
    except SpecRefused as refused:
        raise _shown(refused) from None


@stage("Skicka ett formulär")
async def send_from_upload(upload_id: UUID, actor: Actor) -> Started:
    """As `start_from_upload`, for a single form."""
    return await _start(upload_id, actor, FormSpec, services().send_form)


async def _start(
    upload_id: UUID,
    actor: Actor,
    model: type[Model],
    start: Callable[..., Awaitable[Started]],
) -> Started:
    try:
        return await start(
            await _spec(upload_id, model),
            actor=actor,
            submission_key=str(upload_id),
            now=services().clock.now(),
        )
    except SpecRefused as refused:
        raise _shown(refused) from None


async def _spec(upload_id: UUID, model: type[Model]) -> Model:
    content = await asyncio.to_thread(services().upload_spec.read_upload, UploadId(upload_id))
    return read_text(content, model, name="uppladdningen")


def _shown(refused: SpecRefused) -> StageFailed:
    """Only places that we named ourselves: whatever was typed stays out of Prefect."""
    known = {*DispatchSpec.model_fields, *FormSpec.model_fields}
    places = []
    for problem in refused.problems:
        field, _, rest = problem.place.partition(", rad ")
        row = rest.split(" ")[0]
        place = f"{field}, rad {row}" if row.isdigit() else field
        places.append(place if field.partition(".")[0] in known else "annat")
    listed = "; ".join(dict.fromkeys(places))
    return StageFailed(
        f"{len(places)} fel i uppladdningen: {listed}. Visa dem med utskick submit."
    )
