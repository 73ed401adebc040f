"""Send one occasion (utskickstillfälle): the whole story, without an orchestrator.

The flow `flows.run_occasion` tells the same story to operators, a task for each stage.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import Clock, FormService, Inbox, InboxUser, Persons, TemporaryFailure, Texts
from utskick.records import Store
from utskick.use_cases.check_forms import TemplateLists
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

_CHECKED_AGAIN_S = (20, 60)
"""So long before the moment, somewhere between: hundreds of runs may have the same one."""


@dataclass(frozen=True, kw_only=True)
class OccasionRun:
    """One attempt to send one occasion. Every stage can be repeated, by this run or by another.

    `templates` is what the runs of a process share when they ask which templates may be sent.
    """

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
    templates: TemplateLists | None = None
    _checked_at: list[datetime] = field(default_factory=list, init=False, repr=False)

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
        return await self._check_templates_until(self.until)

    async def check_templates_again(self) -> StartBlocked | None:
        """Shortly before the moment, as a run may have prepared half an hour ago.

        It waits until then, and not past the moment for a form service that is silent.
        """
        earliest, latest = _CHECKED_AGAIN_S[1], _CHECKED_AGAIN_S[0]
        spread = self.occasion_id.int % (earliest - latest)
        again_at = self.occasion.sends_at - timedelta(seconds=latest + spread)
        if self._checked_at and self._checked_at[-1] >= again_at:
            return None
        await self._wait_until(again_at)
        try:
            return await self._check_templates_until(self.occasion.sends_at)
        except TemporaryFailure:
            return await self._check_templates(insist=False)

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
        sends_at = self.occasion.sends_at
        await self._wait_until(sends_at)
        late = self.clock.now() - sends_at > self.rules.late_after
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
                if blocked := await self.check_templates_again():
                    return blocked
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

    async def _check_templates_until(self, until: datetime) -> StartBlocked | None:
        return await patiently(
            self._check_templates, until=until, clock=self.clock, rules=self.rules
        )

    async def _check_templates(self, *, insist: bool = True) -> StartBlocked | None:
        now = self.clock.now()
        blocked = await check_templates(
            self.occasion_id,
            token=self.token,
            store=self.store,
            forms=self.templates or self.forms,
            insist=insist,
            now=now,
        )
        self._checked_at.append(now)
        return blocked

    async def _wait_until(self, moment: datetime) -> None:
        # By the wall clock, which may be set meanwhile.
        while (left := (moment - self.clock.now()).total_seconds()) > 0:
            await self.clock.sleep(min(left, self.rules.lease_s))

    def _begin(self, late: bool) -> None:  # noqa: FBT001
        with self.store.transaction() as records:
            records.occasions.begin_sending(self.occasion_id, token=self.token, late=late)
