"""Skicka påminnelse: an inbox message about one form that has not been answered, by hand."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from utskick.domain.deliveries import DeliveryId, DeliveryState, FormId, FormStatus
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor, Unit
from utskick.ports import (
    Clock,
    FormService,
    Inbox,
    InboxMessage,
    PermanentFailure,
    Persons,
    TemporaryFailure,
    Texts,
    UnknownOutcome,
    Withheld,
)
from utskick.records import FollowedUp, LogEntry, Store
from utskick.sending.accounts import Accounts
from utskick.sending.inbox_places import inbox_place
from utskick.sending.require_no_brake import require_no_brake_on
from utskick.use_cases.follow_up import ask_statuses, keep_statuses
from utskick.use_cases.look_up_recipients import log_asked
from utskick.use_cases.may_remind import (
    CannotRemind,
    require_open,
    require_reachable,
    require_unanswered,
    require_unit,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReminder:
    store: Store
    forms: FormService
    persons: Persons
    inbox: Inbox
    accounts: Accounts
    texts: Texts
    clock: Clock
    rules: Rules

    async def __call__(self, delivery_id: DeliveryId, *, actor: Actor) -> DeliveryState:
        """Remind once a day and form at most, never twice after an unknown outcome (I10).

        Registers and unit are asked right before the intent: much may have changed since the form
        was sent. The intent is committed before the call: if we die in between, it stands as
        uncertain. Raises `CannotRemind`, `Braked`, `NotFound`, or `TemporaryFailure` if the inbox
        did not take it: then it can be tried again the same day.
        """
        now = self.clock.now()
        today = self.rules.today(now)
        form, unit = await asyncio.to_thread(self._find, delivery_id, actor)
        require_unit(unit)
        require_open(form, today)
        statuses = await ask_statuses([form], actor=actor, forms=self.forms, rules=self.rules)
        await asyncio.to_thread(keep_statuses, statuses, self.store, now)
        require_unanswered(form, statuses)
        message = _message(form, unit, self.texts)
        await self._await_place()
        await asyncio.to_thread(log_asked, [form.personnummer], actor, self.store, now)
        await require_reachable(
            form.personnummer,
            store=self.store,
            persons=self.persons,
            accounts=self.accounts,
            clock=self.clock,
            rules=self.rules,
        )
        # A brake that is pulled after the intent is heard of as a run hears of it.
        until = self.clock.monotonic() + self.rules.stop_heard_within_s
        await asyncio.to_thread(self._begin, form, statuses, today, actor, now)
        try:
            state = await _call(
                form, message, self.inbox, may_leave=lambda: self.clock.monotonic() < until
            )
        except Withheld:
            await asyncio.to_thread(self._undo, form, today)
            raise TemporaryFailure("the inbox was not reached in time") from None
        except TemporaryFailure:
            await asyncio.to_thread(self._undo, form, today)
            raise
        await asyncio.to_thread(self._end, form, today, state, now)
        return state

    def _find(self, delivery_id: DeliveryId, actor: Actor) -> tuple[FollowedUp, Unit]:
        with self.store.transaction() as records:
            form = records.follow_up.get_for(actor.unit_id, delivery_id)
            require_no_brake_on(records, actor.unit_id, [form.template_id])
            return form, records.units.get(actor.unit_id)

    async def _await_place(self) -> None:
        place = await inbox_place(
            messages=True, store=self.store, clock=self.clock, rules=self.rules
        )
        if not place.taken:
            minutes = ceil(place.wait_s / 60)
            raise CannotRemind(
                "the inbox pauses between two batches",
                "1177:s inkorg tar emot många meddelanden just nu, så ingen påminnelse skickades."
                f" Försök igen om {minutes} minut{'' if minutes == 1 else 'er'}.",
            )

    def _begin(
        self,
        form: FollowedUp,
        statuses: Mapping[FormId, FormStatus],
        today: date,
        actor: Actor,
        now: datetime,
    ) -> None:
        with self.store.transaction() as records:
            require_unit(records.units.get(actor.unit_id))
            require_no_brake_on(records, actor.unit_id, [form.template_id])
            # A notice may have come since the form service was asked.
            form = records.follow_up.get_for(actor.unit_id, form.delivery_id)
            require_unanswered(form, statuses)
            if not records.follow_up.begin_reminder(
                form.delivery_id, day=today, by=actor.name, now=now
            ):
                raise CannotRemind(
                    "already today", "En påminnelse har redan skickats i dag. Vänta till i morgon."
                )
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act="skickat påminnelse",
                personnummer=form.personnummer,
                dispatch_id=form.dispatch_id,
            )
            records.access_log.write([entry], now=now)

    def _undo(self, form: FollowedUp, today: date) -> None:
        with self.store.transaction() as records:
            records.follow_up.cancel_reminder(form.delivery_id, day=today)

    def _end(self, form: FollowedUp, today: date, state: DeliveryState, now: datetime) -> None:
        with self.store.transaction() as records:
            records.follow_up.end_reminder(form.delivery_id, day=today, state=state, now=now)


async def _call(
    form: FollowedUp, message: InboxMessage, inbox: Inbox, *, may_leave: Callable[[], bool]
) -> DeliveryState:
    try:
        await inbox.add_message(form.personnummer, message, may_leave=may_leave)
    except PermanentFailure:
        return DeliveryState.REFUSED
    except UnknownOutcome:
        return DeliveryState.MANUAL
    return DeliveryState.SENT


def _message(form: FollowedUp, unit: Unit, texts: Texts) -> InboxMessage:
    values = {
        "form_name": form.form_name,
        "unit_name": unit.name,
        "contact": unit.phone,
        "answer_by": form.answer_by,
    }
    return InboxMessage(
        unit_id=unit.id,
        unit_name=unit.name,
        heading="Påminnelse: du har ett formulär att svara på",
        text=texts.render("inbox/reminder.txt", values),
        forms=(form.form_id,) if form.form_id else (),
    )
