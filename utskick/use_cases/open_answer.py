"""Öppna ett formulär i Uppföljning: what was answered, by whom, and what has happened to it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from utskick.domain.deliveries import DeliveryId, FormStatus
from utskick.domain.units import Activity, Actor, Unit
from utskick.ports import Answer, FormService, PermanentFailure, TemporaryFailure
from utskick.records import (
    FollowedUp,
    LogEntry,
    LoggedEntry,
    LogQuery,
    Reminder,
    Store,
    Transaction,
)

_LOGGED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedForm:
    """`answer` is `None` if there is none to show; `away` if the form service did not answer.

    `logged` is what the unit has seen and done with the recipient in the same dispatch, the
    newest first.
    """

    form: FollowedUp
    unit: Unit
    answer: Answer | None
    reminders: Sequence[Reminder]
    logged: Sequence[LoggedEntry]
    away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAnswer:
    store: Store
    forms: FormService

    async def __call__(
        self, delivery_id: DeliveryId, *, for_printing: bool = False, actor: Actor, now: datetime
    ) -> OpenedForm:
        """Logged before anything is shown. What has been purged is not fetched.

        Raises `NotFound`.
        """
        activity = Activity.PRINT if for_printing else Activity.READ
        kept = await asyncio.to_thread(self._find, delivery_id, activity, actor, now)
        form = kept.form
        answer, away = None, False
        if form.form_id is not None and form.purged_at is None:
            try:
                answer = await self.forms.read_answer(form.form_id)
            except TemporaryFailure:
                away = True
            except PermanentFailure:
                answer = None
        if answer is not None:
            await asyncio.to_thread(self._keep, answer, now)
            form = replace(form, form_status=answer.status, form_status_at=now)
        shown = answer if answer and answer.status is FormStatus.COMPLETED else None
        return replace(kept, form=form, answer=shown, away=away)

    def _find(
        self, delivery_id: DeliveryId, activity: Activity, actor: Actor, now: datetime
    ) -> OpenedForm:
        with self.store.transaction() as records:
            form = records.follow_up.get_for(actor.unit_id, delivery_id)
            _log(form, activity, actor, records, now)
            query = LogQuery(
                personnummer=form.personnummer, dispatch_id=form.dispatch_id, limit=_LOGGED
            )
            return OpenedForm(
                form=form,
                unit=records.units.get(actor.unit_id),
                answer=None,
                reminders=records.follow_up.reminders_of(form.delivery_id),
                logged=records.access_log.read(actor.unit_id, query),
            )

    def _keep(self, answer: Answer, now: datetime) -> None:
        with self.store.transaction() as records:
            records.follow_up.set_form_status({answer.form_id: answer.status}, asked_at=now)


_ACTS = {
    Activity.READ: "öppnat formulär i Uppföljning",
    Activity.PRINT: "skrivit ut formulär i Uppföljning",
}


def _log(
    form: FollowedUp, activity: Activity, actor: Actor, records: Transaction, now: datetime
) -> None:
    entry = LogEntry(
        actor=actor,
        activity=activity,
        act=_ACTS[activity],
        personnummer=form.personnummer,
        dispatch_id=form.dispatch_id,
    )
    records.access_log.write([entry], now=now)
