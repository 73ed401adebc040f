"""Send one occasion (utskickstillfälle): the whole story, without an orchestrator.

The flow `flows.run_occasion` tells the same story to operators, a task for each stage.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import Clock, FormService, Inbox, InboxUser, Persons, TemporaryFailure, Texts
from utskick.records import Store
from utskick.use_cases.check_recipients import Checked
from utskick.use_cases.claim_occasion import Claim, ClaimResult, claim_occasion
from utskick.use_cases.close_occasion import Closed, close_occasion
from utskick.use_cases.form_sender import FormSender
from utskick.use_cases.heart import Heart
from utskick.use_cases.patience import patiently
from utskick.use_cases.prepare_occasion import check_templates, render_message, validate_recipients
from utskick.use_cases.send_forms import send_forms
from utskick.use_cases.send_inbox_messages import send_inbox_messages

_GIVES_WAY_S = 15


@dataclass(frozen=True, kw_only=True)
class OccasionRun:
    """One attempt to send one occasion. Every stage can be repeated, by this run or by another."""

    occasion_id: OccasionId
    version: int
    token: RunToken
    store: Store
    forms: FormService
    sender: FormSender
    heart: Heart
    inbox: Inbox
    persons: Persons
    texts: Texts
    clock: Clock
    rules: Rules

    def claim(self) -> Claim:
        """Whether there is something to send, and nobody else is sending it."""
        claim = claim_occasion(
            self.occasion_id,
            token=self.token,
            version=self.version,
            store=self.store,
            rules=self.rules,
            now=self.clock.now(),
        )
        # What the cached property would else read later, on the event loop that all runs share.
        vars(self)["occasion"] = claim.occasion
        return claim

    def held(self) -> AbstractAsyncContextManager[None]:
        """Keep the occasion while the block runs."""
        return self.heart.holding(self.occasion_id, token=self.token)

    async def check_templates(self) -> StartBlocked | None:
        """Raises `TemporaryFailure` if the form service stays away for too long."""
        return await patiently(
            lambda: check_templates(
                self.occasion_id,
                token=self.token,
                store=self.store,
                forms=self.forms,
                now=self.clock.now(),
            ),
            until=self.until,
            clock=self.clock,
            rules=self.rules,
        )

    async def validate_recipients(self) -> Checked:
        """Raises `TemporaryFailure` if a register stays away for too long."""
        known: dict[Personnummer, InboxUser] = {}
        return await patiently(
            lambda: validate_recipients(
                self.occasion_id,
                store=self.store,
                persons=self.persons,
                inbox=self.inbox,
                clock=self.clock,
                rules=self.rules,
                known=known,
                now=self.clock.now(),
            ),
            until=self.until,
            clock=self.clock,
            rules=self.rules,
        )

    def render_message(self) -> None:
        """Fill in the inbox message before it is needed."""
        render_message(self.occasion_id, store=self.store, texts=self.texts, now=self.clock.now())

    async def wait_until_due(self) -> bool:
        """Wait for the moment: nothing is sent before it. Tell whether it had passed long ago."""
        sends_at = self.occasion.sends_at.timestamp()
        while (left := sends_at - self.clock.now().timestamp()) > 0:
            await self.clock.sleep(min(left, self.rules.lease_s))
        late = self.clock.now().timestamp() - sends_at > self.rules.late_after.total_seconds()
        if late != self.occasion.late:
            await asyncio.to_thread(self._begin, late)
        return late

    async def send_forms(self, on_progress: Callable[[int], None] = lambda _ended: None) -> None:
        """Send every form of the package to every recipient, once."""
        await send_forms(
            self.occasion_id,
            token=self.token,
            until=self.until,
            store=self.store,
            forms=self.forms,
            sender=self.sender,
            clock=self.clock,
            rules=self.rules,
            on_progress=on_progress,
        )
        self._sent.set()

    async def send_inbox_messages(self) -> None:
        """Tell the recipients, beside `send_forms`."""
        await send_inbox_messages(
            self.occasion_id,
            token=self.token,
            until=self.until,
            store=self.store,
            inbox=self.inbox,
            clock=self.clock,
            rules=self.rules,
            forms_sent=self._sent,
        )

    async def give_way(self) -> None:
        """Let what is being sent be sent first: to end what has been sent can wait a little."""
        await self.sender.calm(within_s=_GIVES_WAY_S)

    def close(self) -> Closed:
        """End the occasion, and with the last one the dispatch."""
        return close_occasion(
            self.occasion_id, token=self.token, store=self.store, now=self.clock.now()
        )

    async def run(self) -> ClaimResult | Closed | StartBlocked:
        """All of it. What stops the story on its way is the answer."""
        claim = await asyncio.to_thread(self.claim)
        if claim.result is not ClaimResult.CLAIMED:
            return claim.result
        async with self.held():
            try:
                if blocked := await self.check_templates():
                    return blocked
                await self.validate_recipients()
                await asyncio.to_thread(self.render_message)
                await self.wait_until_due()
                await asyncio.gather(self.send_forms(), self.send_inbox_messages())
            except TemporaryFailure:
                # A neighbour stayed away until it was too late. What is left is missed, and told.
                pass
            await self.give_way()
            return await asyncio.to_thread(self.close)

    @cached_property
    def occasion(self) -> Occasion:
        """As it was when the run began: its moment never changes within a version."""
        with self.store.transaction() as records:
            return records.dispatches.of_occasion(self.occasion_id)[1]

    @cached_property
    def _sent(self) -> asyncio.Event:
        return asyncio.Event()

    @property
    def until(self) -> datetime:
        """When this run must give up."""
        return self.rules.send_until(self.occasion)

    def _begin(self, late: bool) -> None:  # noqa: FBT001
        with self.store.transaction() as records:
            records.occasions.begin_sending(self.occasion_id, token=self.token, late=late)
