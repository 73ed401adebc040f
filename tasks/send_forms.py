import asyncio
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from tasks.redaction import best_effort, stage
from tasks.runs import stages_of_run

_SHOWN_AFTER_S = 30
_SHOW_EVERY_S = 10
_shown = asyncio.Semaphore(8)
"""Hundreds may be sent at once: to show them all would take longer than to send them."""
_WHOLE = 100


@stage("Skicka formulär")
async def send_forms(planned: int) -> bool:
    """Wait for the moment, send every form once, and notify the recipients; whether it was late.

    It waits in here, so that what Prefect is sent about a task is sent before the moment, or when
    no other run is sending any more.
    """
    stages = stages_of_run()
    progress = _Progress(stages.run.occasion_id, planned)
    showing = asyncio.create_task(best_effort(progress.show()))
    try:
        return await stages.send_forms(planned, on_progress=progress.count)
    finally:
        showing.cancel()


class _Progress:
    """How far it has come, for operators, when it lasts.

    Showing it is beside the sending: a Prefect that is slow or away delays no form.
    """

    def __init__(self, occasion_id: UUID, planned: int) -> None:
        self._key = f"skickat-{occasion_id}"
        self._planned = planned
        self._ended = 0
        self._begun = asyncio.Event()

    def count(self, more: int) -> None:
        self._begun.set()
        self._ended += more

    async def show(self) -> None:
        await self._begun.wait()
        await asyncio.sleep(_SHOWN_AFTER_S)
        async with _shown:
            artifact = await acreate_progress_artifact(
                progress=self._share, key=self._key, description="Så långt har utskicket kommit"
            )
            while self._ended < self._planned:
                await asyncio.sleep(_SHOW_EVERY_S)
                await aupdate_progress_artifact(artifact, self._share)

    @property
    def _share(self) -> float:
        return _WHOLE * min(1.0, self._ended / self._planned) if self._planned else _WHOLE
