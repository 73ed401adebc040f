"""Skicka påminnelse: an inbox message about one form that has not been answered, by hand."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime

from utskick.domain.deliveries import DeliveryId, DeliveryState, FormId, FormStatus
from utskick.domain.errors import UtskickError
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor, Unit
from utskick.ports import (
    Clock,
    FormService,
    Inbox,
    InboxMessage,
    PermanentFailure,
    TemporaryFailure,
    Texts,
    UnknownOutcome,
)
from utskick.records import FollowedUp, LogEntry, Store
from utskick.use_cases.follow_up import ask_statuses, keep_statuses


class CannotRemind(UtskickError):
    """This form, or this day, is not for reminding."""

    def __init__(self, reason: str, staff_message: str) -> None:
        super().__init__(f"cannot remind: {reason}")
        self.staff_message = staff_message


async def send_reminder(
    delivery_id: DeliveryId,
    *,
    actor: Actor,
    store: Store,
    forms: FormService,
    inbox: Inbox,
    texts: Texts,
    clock: Clock,
    rules: Rules,
) -> DeliveryState:
    """Remind once; at most once a day and form, and never twice after an unknown outcome (I10).

    The intent is committed before the call: if we die in between, it stands as uncertain. Raises
    `CannotRemind`, `NotFound`, or `TemporaryFailure` if the inbox did not take it: then it can be
    tried again the same day.
    """
    now = clock.now()
    today = now.astimezone(rules.zone).date()
    form, unit = await asyncio.to_thread(_find, delivery_id, actor, store)
    _require_open(form, today)
    statuses = await ask_statuses([form], actor=actor, forms=forms, rules=rules)
    await asyncio.to_thread(keep_statuses, statuses, store, now)
    _require_unanswered(form, statuses)
    message = _message(form, unit, texts)
    await clock.sleep(await asyncio.to_thread(_reserve, store, rules))
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


def _require_open(form: FollowedUp, today: date) -> None:
    if form.state is not DeliveryState.SENT or form.purged_at is not None:
        raise CannotRemind(
            "not sent, or purged", "Bara ett skickat formulär som inte är gallrat kan påminnas om."
        )
    if not form.by_inbox:
        raise CannotRemind(
            "sent without an inbox message",
            "Formuläret skickades utan inkorgsmeddelande, så påminn inte genom inkorgen."
            " Kontakta mottagaren på annat sätt, till exempel med sms.",
        )
    if form.answer_by < today:
        raise CannotRemind(
            "answer-by has passed",
            "Sista dag att svara har passerat. Skicka formuläret på nytt i stället.",
        )


def _require_unanswered(form: FollowedUp, statuses: Mapping[FormId, FormStatus]) -> None:
    """`statuses` are fresh; what was answered before is not among them."""
    if FormStatus.COMPLETED in (form.form_status, *statuses.values()):
        raise CannotRemind(
            "answered", "Formuläret är redan besvarat, så ingen påminnelse skickades."
        )
    if not statuses:
        raise CannotRemind(
            "its status is not known",
            "1177 kunde inte svara på om formuläret är besvarat, så ingen påminnelse skickades."
            " Försök igen om en stund.",
        )


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
