"""Skicka påminnelse: an inbox message about one form that has not been answered, by hand."""

import asyncio
from datetime import date, datetime

from utskick.domain.deliveries import DeliveryId, DeliveryState
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
)
from utskick.records import FollowedUp, LogEntry, Store
from utskick.use_cases.follow_up import ask_statuses, keep_statuses
from utskick.use_cases.may_remind import (
    CannotRemind,
    require_open,
    require_reachable,
    require_unanswered,
    require_unit,
)


async def send_reminder(
    delivery_id: DeliveryId,
    *,
    actor: Actor,
    store: Store,
    forms: FormService,
    persons: Persons,
    inbox: Inbox,
    texts: Texts,
    clock: Clock,
    rules: Rules,
) -> DeliveryState:
    """Remind once; at most once a day and form, and never twice after an unknown outcome (I10).

    Registers and unit are asked right before the intent: much may have changed since the form was
    sent. The intent is committed before the call: if we die in between, it stands as uncertain.
    Raises `CannotRemind`, `NotFound`, or `TemporaryFailure` if the inbox did not take it: then it
    can be tried again the same day.
    """
    now = clock.now()
    today = rules.today(now)
    form, unit = await asyncio.to_thread(_find, delivery_id, actor, store)
    require_unit(unit)
    require_open(form, today)
    statuses = await ask_statuses([form], actor=actor, forms=forms, rules=rules)
    await asyncio.to_thread(keep_statuses, statuses, store, now)
    require_unanswered(form, statuses)
    message = _message(form, unit, texts)
    await clock.sleep(await asyncio.to_thread(_reserve, store, rules))
    await require_reachable(
        form.personnummer, store=store, persons=persons, inbox=inbox, clock=clock, rules=rules
    )
    await asyncio.to_thread(_begin, form, today, actor, store, now)
    try:
        state = await _call(form, message, inbox)
    except TemporaryFailure:
        await asyncio.to_thread(_undo, form, today, store)
        raise
    await asyncio.to_thread(_end, form, today, state, store, now)
    return state


async def _call(form: FollowedUp, message: InboxMessage, inbox: Inbox) -> DeliveryState:
    try:
        await inbox.add_message(form.personnummer, message)
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
        "answer_by": f"{form.answer_by:%Y-%m-%d}",
    }
    return InboxMessage(
        unit_id=unit.id,
        unit_name=unit.name,
        heading="Påminnelse: du har ett formulär att svara på",
        text=texts.render("inbox/reminder.txt", values),
        forms=(form.form_id,) if form.form_id else (),
    )


def _find(delivery_id: DeliveryId, actor: Actor, store: Store) -> tuple[FollowedUp, Unit]:
    with store.transaction() as records:
        return records.follow_up.get_for(actor.unit_id, delivery_id), records.units.get(
            actor.unit_id
        )


def _reserve(store: Store, rules: Rules) -> float:
    with store.transaction() as records:
        return records.budgets.reserve("inbox", calls=1, per_s=rules.inbox_per_s)


def _begin(form: FollowedUp, today: date, actor: Actor, store: Store, now: datetime) -> None:
    with store.transaction() as records:
        require_unit(records.units.get(actor.unit_id))
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


def _undo(form: FollowedUp, today: date, store: Store) -> None:
    with store.transaction() as records:
        records.follow_up.cancel_reminder(form.delivery_id, day=today)


def _end(form: FollowedUp, today: date, state: DeliveryState, store: Store, now: datetime) -> None:
    with store.transaction() as records:
        records.follow_up.end_reminder(form.delivery_id, day=today, state=state, now=now)
