import asyncio
from uuid import UUID

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

from tasks.redaction import best_effort, stage
from tasks.runs import run_of

_SHOWN_AFTER_S = 30
_SHOW_EVERY_S = 10
_shown = asyncio.Semaphore(8)
"""Hundreds may be sent at once: to show them all would take longer than to send them."""
_WHOLE = 100


@stage("Skicka formulär")
async def send_forms(occasion_id: UUID, token: UUID, planned: int) -> bool:
    """Wait for the moment, send every form once, and tell the recipients; whether it was late.

    It waits in here, so that what Prefect wants to know of a task is told before the moment, or
    when no other run is sending any more.
    """
    run = run_of(occasion_id, token)
    late = await run.wait_until_due()
    progress = _Progress(occasion_id, planned)
    showing = asyncio.create_task(best_effort(progress.show()))
    try:
        await asyncio.gather(run.send_forms(progress.count), run.send_inbox_messages())
        await run.give_way()
    finally:
        showing.cancel()
    return late


class _Progress:
    """How far it has come, for operators, when it lasts.

    Showing it is beside the sending: a Prefect that is slow or away delays no form.
    """

    def __init__(self, occasion_id: UUID, planned: int) -> None:
        self._key = f"skickat-{occasion_id}"
        self._planned = planned
        self._ended = 0

    def count(self, more: int) -> None:
        self._ended += more

    async def show(self) -> None:
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
