"""Skicka påminnelse: an inbox message about one form that has not been answered, by hand."""

import asyncio

from utskick.domain.deliveries import DeliveryId, DeliveryState, FormStatus
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
    _require_sent(form)
    statuses = await ask_statuses([form], actor=actor, forms=forms, rules=rules)
    await asyncio.to_thread(keep_statuses, statuses, store, now)
    status = statuses.get(form.form_id, form.form_status) if form.form_id else form.form_status
    if status is FormStatus.COMPLETED:
        raise CannotRemind(
            "answered", "Formuläret är redan besvarat, så ingen påminnelse skickades."
        )
    if form.answer_by < today:
        raise CannotRemind(
            "answer-by has passed",
            "Sista dag att svara har passerat. Skicka formuläret på nytt i stället.",
        )
    await clock.sleep(await asyncio.to_thread(_reserve, store, rules))

    def begin() -> None:
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

    def end(state: DeliveryState) -> None:
        with store.transaction() as records:
            records.follow_up.end_reminder(form.delivery_id, day=today, state=state, now=now)

    def undo() -> None:
        with store.transaction() as records:
            records.follow_up.cancel_reminder(form.delivery_id, day=today)

    await asyncio.to_thread(begin)
    try:
        state = await _call(form, _message(form, unit, texts, rules), inbox)
    except TemporaryFailure:
        await asyncio.to_thread(undo)
        raise
    await asyncio.to_thread(end, state)
    return state


async def _call(form: FollowedUp, message: InboxMessage, inbox: Inbox) -> DeliveryState:
    try:
        await inbox.add_message(form.personnummer, message)
    except PermanentFailure:
        return DeliveryState.REFUSED
    except UnknownOutcome:
        return DeliveryState.MANUAL
    return DeliveryState.SENT


def _require_sent(form: FollowedUp) -> None:
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


def _message(form: FollowedUp, unit: Unit, texts: Texts, rules: Rules) -> InboxMessage:
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
        link=rules.resident_url,
    )


def _find(delivery_id: DeliveryId, actor: Actor, store: Store) -> tuple[FollowedUp, Unit]:
    with store.transaction() as records:
        return records.follow_up.get_for(actor.unit_id, delivery_id), records.units.get(
            actor.unit_id
        )


def _reserve(store: Store, rules: Rules) -> float:
    with store.transaction() as records:
        return records.budgets.reserve("inbox", calls=1, per_s=rules.inbox_per_s)
