"""The stages of an occasion as operators see them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tasks.check_again import check_again
from tasks.check_templates import check_templates
from tasks.claim_occasion import claim_occasion
from tasks.close_occasion import close_occasion
from tasks.mail_errors import mail_errors
from tasks.notify_recipients import notify_recipients
from tasks.render_message import render_message
from tasks.runs import begin_run
from tasks.send_forms import send_forms
from tasks.validate_recipients import validate_recipients
from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionId
from utskick.sending.check_again import CheckedAgain
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.wiring import services


class TaskStages:
    """Made within the flow, whose run it begins: the tasks find it in the flow's context."""

    def __init__(self, occasion_id: OccasionId, *, version: int) -> None:
        self._run = begin_run(occasion_id, version=version)

    @property
    def occasion(self) -> Occasion:
        return self._run.occasion

    async def claim(self) -> ClaimResult:
        return await claim_occasion()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Afterwards its deployment is to be retired."""
        ended = services().ended_occasions
        with ended.after(self._run.occasion_id, sends_at=self.occasion.sends_at):
            async with self._run.held():
                yield

    async def check_templates(self) -> StartBlocked | None:
        return await check_templates()

    async def validate_recipients(self) -> int:
        return await validate_recipients()

    async def render_message(self) -> None:
        await render_message()

    async def check_again(self) -> CheckedAgain | StartBlocked:
        return await check_again()

    async def send_forms(self, planned: int) -> bool:
        return await send_forms(planned)

    async def notify_recipients(self) -> None:
        await notify_recipients()

    async def close(self) -> Closed:
        return await close_occasion()

    async def mail_errors(self) -> None:
        await mail_errors()
