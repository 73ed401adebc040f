import asyncio
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from tasks.border import best_effort, stage
from tasks.runs import run_of

_SHOW_EVERY_S = 2
_WHOLE = 100


@stage("Skicka formulär")
async def send_forms(occasion_id: UUID, token: UUID, planned: int) -> None:
    """Send every form to every recipient, once; operators see how far it has come.

    Showing it is beside the sending: a Prefect that is slow or away delays no form.
    """
    ended = 0

    def count(more: int) -> None:
        nonlocal ended
        ended += more

    async def show() -> None:
        artifact = await acreate_progress_artifact(
            progress=0, key=f"skickat-{occasion_id}", description="Så långt har utskicket kommit"
        )
        while ended < planned:
            await asyncio.sleep(_SHOW_EVERY_S)
            await aupdate_progress_artifact(artifact, _share(ended, planned))

    showing = asyncio.create_task(best_effort(show()))
    try:
        await run_of(occasion_id, token).send_forms(count)
        await asyncio.wait([showing], timeout=_SHOW_EVERY_S)
    finally:
        showing.cancel()


def _share(ended: int, planned: int) -> float:
    return _WHOLE * min(1.0, ended / planned) if planned else _WHOLE
