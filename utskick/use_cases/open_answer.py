"""Öppna ett formulär i Uppföljning: what was answered, by whom, and what has happened to it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.deliveries import DeliveryId, FormStatus
from utskick.domain.units import Activity, Actor, Unit
from utskick.ports import Answer, FormService, PermanentFailure, TemporaryFailure
from utskick.records import FollowedUp, LogEntry, Reminder, Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedForm:
    """`answer` is `None` if there is none to show; `away` if the form service did not answer.

    Manual: "I formulärsvaret syns att det är ett ombud som har besvarat formuläret."
    """

    form: FollowedUp
    unit: Unit
    answer: Answer | None
    reminder: Reminder | None
    away: bool = False


async def open_answer(
    delivery_id: DeliveryId,
    *,
    actor: Actor,
    store: Store,
    forms: FormService,
    now: datetime,
) -> OpenedForm:
    """Logged before anything is shown. What has been purged is not fetched. Raises `NotFound`."""
    form, unit, reminder = await asyncio.to_thread(_find, delivery_id, actor, store, now)
    answer, away = None, False
    if form.form_id is not None and form.purged_at is None:
        try:
            answer = await forms.read_answer(form.form_id)
        except TemporaryFailure:
            away = True
        except PermanentFailure:
            answer = None
    if answer is not None and answer.status is not form.form_status:
        await asyncio.to_thread(_keep, answer, store, now)
    shown = answer if answer and answer.status is FormStatus.COMPLETED else None
    return OpenedForm(form=form, unit=unit, answer=shown, reminder=reminder, away=away)


def _find(
    delivery_id: DeliveryId, actor: Actor, store: Store, now: datetime
) -> tuple[FollowedUp, Unit, Reminder | None]:
    with store.transaction() as records:
        form = records.follow_up.get_for(actor.unit_id, delivery_id)
        _log(form, actor, records, now)
        reminders = records.follow_up.reminders([form.delivery_id])
        return form, records.units.get(actor.unit_id), reminders.get(form.delivery_id)


def _keep(answer: Answer, store: Store, now: datetime) -> None:
    with store.transaction() as records:
        records.follow_up.set_form_status({answer.form_id: answer.status}, now=now)


def _log(form: FollowedUp, actor: Actor, records: Transaction, now: datetime) -> None:
    entry = LogEntry(
        actor=actor,
        activity=Activity.READ,
        act="öppnat formulär i Uppföljning",
        personnummer=form.personnummer,
        dispatch_id=form.dispatch_id,
    )
    records.access_log.write([entry], now=now)
