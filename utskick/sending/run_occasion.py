"""One attempt to send one occasion: what each stage of `occasion_story` does."""

import asyncio
import logging
import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from utskick.domain.errors import StartBlocked
from utskick.domain.occasions import Occasion, OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.ports import (
    Clock,
    FormService,
    Inbox,
    InboxUser,
    Mailer,
    Persons,
    TemporaryFailure,
    Texts,
)
from utskick.records import Store
from utskick.sending.check_again import (
    CHECKED_AGAIN_S,
    CheckedAgain,
    check_recipients_again,
)
from utskick.sending.check_forms import TemplateLists
from utskick.sending.check_recipients import Checked
from utskick.sending.claim_occasion import Claim, ClaimResult, claim_occasion
from utskick.sending.close_occasion import Closed, close_occasion
from utskick.sending.occasion_story import send_occasion
from utskick.sending.prepare_occasion import check_templates, render_message, validate_recipients
from utskick.sending.report_errors import send_error_reports
from utskick.sending.retry import with_retries
from utskick.sending.send_forms import send_forms
from utskick.sending.send_inbox_messages import send_inbox_messages
from utskick.sending.shared import Shared

log = logging.getLogger(__name__)

_GIVES_WAY_S = 15

_FRESH_S = 30
"""Answers younger than this are not asked for again before sending begins."""
_STALE_S = 120
"""Answers younger than this are not asked for again while sending lasts."""
_LATE_CHECK = timedelta(seconds=30)
"""How long the registers may take when the moment has passed."""


@dataclass(kw_only=True)
class OccasionRun:
    """One attempt to send one occasion. Every stage can be repeated, by this run or by another."""

    occasion_id: OccasionId
    version: int
    token: RunToken
    store: Store
    forms: FormService
    shared: Shared
    inbox: Inbox
    persons: Persons
    mailer: Mailer
    texts: Texts
    clock: Clock
    rules: Rules
    _occasion: Occasion | None = field(default=None, init=False, repr=False)
    _asked_at: dict[str, float] = field(default_factory=dict, init=False, repr=False)
    _sent: asyncio.Event = field(default_factory=asyncio.Event, init=False, repr=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

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
        self._occasion = claim.occasion
        return claim

    def held(self) -> AbstractAsyncContextManager[None]:
        """Keep the occasion while the block runs."""
        return self.shared.heartbeat.holding(self.occasion_id, token=self.token)

    async def check_templates(self) -> StartBlocked | None:
        """Raises `TemporaryFailure` if the form service stays away for too long."""
        return await self._check_templates_until(self.until)

    async def check_again(self) -> CheckedAgain | StartBlocked:
        """Ask again for what may have changed: a run may have prepared half an hour ago.

        It waits until shortly before the moment. A register that is silent is waited for until
        the moment at most; then its last answer holds. After the moment it asks at once, if need
        be.
        """
        await self._wait_until(self._again_at)
        if self._age_s("templates", "recipients") < _FRESH_S:
            return CheckedAgain()
        now = self.clock.now()
        in_time = now < self.occasion.sends_at
        until = self.occasion.sends_at if in_time else now + _LATE_CHECK
        blocked, checked = await asyncio.gather(
            self._check_templates_in_time(until), self._check_recipients_again(until)
        )
        if blocked:
            return blocked
        await asyncio.to_thread(self.render_message)
        return checked

    async def validate_recipients(self) -> Checked:
        """Raises `TemporaryFailure` if a register stays away for too long."""
        self._note_asking("recipients")
        known: dict[Personnummer, InboxUser] = {}
        return await with_retries(
            lambda: validate_recipients(
                self.occasion_id,
                store=self.store,
                persons=self.persons,
                accounts=self.shared.accounts,
                clock=self.clock,
                rules=self.rules,
                known=known,
                now=self.clock.now(),
            ),
            until=self.until,
            clock=self.clock,
            rules=self.rules,
        )

    def planned(self) -> int:
        """How many forms there are to send, when the recipients are validated."""
        with self.store.transaction() as records:
            return records.progress.remaining(self.occasion_id).planned

    def render_message(self) -> None:
        """Fill in the inbox message before it is needed."""
        render_message(self.occasion_id, store=self.store, texts=self.texts, now=self.clock.now())

    async def wait_until_due(self) -> bool:
        """Wait for the moment: nothing is sent before it. Returns whether it had long passed."""
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
            sender=self.shared.sender,
            clock=self.clock,
            rules=self.rules,
            on_progress=on_progress,
            before_each=self._keep_checked,
        )
        self._sent.set()

    async def send_inbox_messages(self) -> None:
        """Notify the recipients, beside `send_forms`."""
        await send_inbox_messages(
            self.occasion_id,
            token=self.token,
            until=self.until,
            store=self.store,
            inbox=self.inbox,
            clock=self.clock,
            rules=self.rules,
            forms_sent=self._sent,
            gate=self.shared.message_gate,
            before_each=self._keep_checked,
            look_again=self._look_again,
        )

    async def notify_recipients(self) -> None:
        """After a stop: the messages alone."""
        self._sent.set()
        await self.send_inbox_messages()

    async def give_way(self) -> None:
        """Let what other runs are sending be sent first: closing an occasion can wait a little."""
        await self.shared.sender.calm(within_s=_GIVES_WAY_S)

    def close(self) -> Closed:
        """End the occasion, and with the last one the dispatch."""
        return close_occasion(
            self.occasion_id, token=self.token, store=self.store, now=self.clock.now()
        )

    async def run(self) -> ClaimResult | Closed | StartBlocked:
        """The whole story by plain calls. Returns what ended it early, or how it was closed."""
        return (await send_occasion(PlainStages(self), log=log)).came_to

    @property
    def occasion(self) -> Occasion:
        """As it was when it was claimed: its moment never changes within a version."""
        if self._occasion is None:
            raise RuntimeError("claim the occasion first")
        return self._occasion

    @property
    def until(self) -> datetime:
        """When this run must give up."""
        return self.rules.send_until(self.occasion)

    @property
    def _again_at(self) -> datetime:
        latest, earliest = CHECKED_AGAIN_S
        spread = self.occasion_id.int % (earliest - latest)
        return self.occasion.sends_at - timedelta(seconds=latest + spread)

    async def _check_templates_until(self, until: datetime) -> StartBlocked | None:
        return await with_retries(
            lambda: self._check_templates(self.shared.templates),
            until=until,
            clock=self.clock,
            rules=self.rules,
        )

    async def _check_templates_in_time(self, until: datetime) -> StartBlocked | None:
        """By our own register if the form service has not answered by then."""
        try:
            async with asyncio.timeout((until - self.clock.now()).total_seconds()):
                return await self._check_templates_until(until)
        except (TimeoutError, TemporaryFailure):
            return await self._check_templates(None)

    async def _check_templates(self, forms: TemplateLists | None) -> StartBlocked | None:
        self._note_asking("templates")
        return await check_templates(
            self.occasion_id,
            token=self.token,
            store=self.store,
            forms=forms,
            now=self.clock.now(),
        )

    async def _check_recipients_again(self, until: datetime) -> CheckedAgain:
        self._note_asking("recipients")
        checked = await check_recipients_again(
            self.occasion_id,
            token=self.token,
            until=until,
            store=self.store,
            shared=self.shared,
            clock=self.clock,
            rules=self.rules,
        )
        if checked is None:
            # A stop may be undone and a brake released before the moment: then it asks.
            self._asked_at.pop("recipients", None)
            return CheckedAgain()
        return checked

    async def _keep_checked(self) -> None:
        # Forms and messages go beside each other: both wait for what one of them asks.
        async with self._looking:
            if self._age_s("recipients") > _STALE_S:
                await self._check_recipients_again(self.clock.now() + _LATE_CHECK)

    async def _look_again(self) -> None:
        async with self._looking:
            await self._check_recipients_again(self.clock.now() + _LATE_CHECK)

    def _note_asking(self, what: str) -> None:
        self._asked_at[what] = self.clock.monotonic()

    def _age_s(self, *whats: str) -> float:
        """How old the oldest of the answers is, by the monotonic clock."""
        never = -math.inf
        return self.clock.monotonic() - min(self._asked_at.get(what, never) for what in whats)

    async def _wait_until(self, moment: datetime) -> None:
        # By the wall clock, which may be set meanwhile.
        while (left := (moment - self.clock.now()).total_seconds()) > 0:
            await self.clock.sleep(min(left, self.rules.lease_s))

    def _begin(self, late: bool) -> None:  # noqa: FBT001
        with self.store.transaction() as records:
            records.occasions.begin_sending(self.occasion_id, token=self.token, late=late)


@dataclass(slots=True)
class PlainStages:
    """The stages of a run by plain calls: all that is sent is sent through these.

    `tasks` shows them to operators; tests and benchmarks have them as they are.
    """

    run: OccasionRun

    @property
    def occasion(self) -> Occasion:
        return self.run.occasion

    async def claim(self) -> ClaimResult:
        return (await asyncio.to_thread(self.run.claim)).result

    def held(self) -> AbstractAsyncContextManager[None]:
        return self.run.held()

    async def check_templates(self) -> StartBlocked | None:
        return await self.run.check_templates()

    async def validate_recipients(self) -> int:
        await self.run.validate_recipients()
        return await asyncio.to_thread(self.run.planned)

    async def render_message(self) -> None:
        await asyncio.to_thread(self.run.render_message)

    async def check_again(self) -> CheckedAgain | StartBlocked:
        return await self.run.check_again()

    async def send_forms(
        self, planned: int, *, on_progress: Callable[[int], None] = lambda _ended: None
    ) -> bool:
        """It reports progress at the moment too, when nothing has been sent."""
        del planned
        late = await self.run.wait_until_due()
        on_progress(0)
        await asyncio.gather(self.run.send_forms(on_progress), self.run.send_inbox_messages())
        await self.run.give_way()
        return late

    async def notify_recipients(self) -> None:
        await self.run.notify_recipients()

    async def close(self) -> Closed:
        return await asyncio.to_thread(self.run.close)

    async def mail_errors(self) -> None:
        run = self.run
        await asyncio.to_thread(
            send_error_reports, store=run.store, mailer=run.mailer, texts=run.texts
        )
