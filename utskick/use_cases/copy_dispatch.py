"""Samma igen, Ersätt and Fler mottagare: what of a dispatch goes into a new draft."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from utskick.domain.calendar import LocalMoment
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import Dispatch, DispatchId, Recipient, RecipientState
from utskick.domain.errors import SpecRefused
from utskick.domain.forms import FormTemplate
from utskick.domain.occasions import Occasion
from utskick.domain.rules import Rules
from utskick.domain.series import (
    Follows,
    seen_as,
    to_come,
    why_not_added_to,
    why_not_replaced,
)
from utskick.domain.units import Activity, Actor
from utskick.records import LogEntry, Store, Transaction

_WEEK = 7


class Whom(StrEnum):
    """Of whom a copy is. `UNANSWERED`: 1177 has not said that they have answered all they got."""

    ALL = "alla"
    UNSENT = "ej-skickade"
    UNANSWERED = "ej-svarat"


@dataclass(frozen=True, slots=True)
class CopiedMoment:
    """When, and the occasion's own last day to answer."""

    local: LocalMoment
    answer_by: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """The dispatch with its dates as the draft has them, and for whom."""

    dispatch: Dispatch
    forms: Sequence[FormTemplate]
    moments: Sequence[CopiedMoment]
    recipients: Sequence[Recipient]
    follows: Follows | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDispatch:
    store: Store
    rules: Rules

    def again(self, dispatch_id: DispatchId, whom: Whom, *, actor: Actor, now: datetime) -> Copied:
        """The same once more, on the same weekdays and times from tomorrow on. Raises `NotFound`.

        Whoever is copied is logged, as the draft shows them.
        """
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            days = _days_until(dispatch, self.rules.today(now) + timedelta(days=1))
            people = _chosen(records, dispatch, whom)
            _log(people, dispatch, records, actor, now)
            return Copied(
                dispatch=_moved(dispatch, days),
                forms=_forms(records, dispatch),
                moments=[_moment(each, days) for each in _by_date(dispatch)],
                recipients=people,
            )

    def remaining(self, dispatch_id: DispatchId, *, actor: Actor, now: datetime) -> Copied:
        """What is left of it, to be replaced. Raises `SpecRefused` or `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            recipients = records.dispatches.recipients(dispatch.id)
            if problem := why_not_replaced(dispatch, recipients, "", now=now):
                raise SpecRefused([problem])
            people = [each for each in recipients if each.state is RecipientState.ACTIVE]
            _log(people, dispatch, records, actor, now)
            seen = seen_as(dispatch, recipients, now=now)
            return replace(
                _rest(records, dispatch, now),
                recipients=people,
                follows=Follows(dispatch.id, replaces=True, as_seen=seen),
            )

    def for_more(self, dispatch_id: DispatchId, *, actor: Actor, now: datetime) -> Copied:
        """What is left of it, for others. Raises `SpecRefused` or `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            if problem := why_not_added_to(dispatch, now=now):
                raise SpecRefused([problem])
            follows = Follows(dispatch.id, replaces=False)
            return replace(_rest(records, dispatch, now), follows=follows)


def _rest(records: Transaction, dispatch: Dispatch, now: datetime) -> Copied:
    coming = sorted(to_come(dispatch, now=now), key=lambda each: each.sends_at)
    return Copied(
        dispatch=dispatch,
        forms=_forms(records, dispatch),
        moments=[_moment(each, 0) for each in coming],
        recipients=(),
    )


def _by_date(dispatch: Dispatch) -> list[Occasion]:
    return sorted(dispatch.occasions, key=lambda each: each.sends_at)


def _days_until(dispatch: Dispatch, tomorrow: date) -> int:
    """How many days it is moved, whole weeks: the first occasion then comes as soon as it may."""
    first = _by_date(dispatch)[0].local_date
    return -((first - tomorrow).days // _WEEK) * _WEEK


def _moment(occasion: Occasion, days: int) -> CopiedMoment:
    local = LocalMoment(occasion.local_date + timedelta(days=days), occasion.local_time)
    return CopiedMoment(local, _later(occasion.answer_by, days))


def _later(day: date | None, days: int) -> date | None:
    return day and day + timedelta(days=days)


def _moved(dispatch: Dispatch, days: int) -> Dispatch:
    return replace(
        dispatch,
        answer_by=_later(dispatch.answer_by, days),
        purge_after=_later(dispatch.purge_after, days),
    )


def _chosen(records: Transaction, dispatch: Dispatch, whom: Whom) -> list[Recipient]:
    """Never those whom somebody has removed."""
    recipients = [
        each
        for each in records.dispatches.recipients(dispatch.id)
        if each.state is not RecipientState.REMOVED
    ]
    if whom is Whom.ALL:
        return recipients
    if whom is Whom.UNANSWERED:
        unanswered = records.overview.unanswered(dispatch.id)
        return [each for each in recipients if each.id in unanswered]
    cells = records.overview.cells(dispatch.id)
    sent = {who for (who, _), by_state in cells.items() if by_state.get(DeliveryState.SENT)}
    return [each for each in recipients if each.id not in sent]


def _forms(records: Transaction, dispatch: Dispatch) -> list[FormTemplate]:
    ids = [form.template_id for form in dispatch.forms]
    return [each.form for each in records.forms.access(dispatch.unit_id, ids)]


def _log(
    people: Sequence[Recipient],
    dispatch: Dispatch,
    records: Transaction,
    actor: Actor,
    now: datetime,
) -> None:
    entries = [
        LogEntry(
            actor=actor,
            activity=Activity.READ,
            act="kopierat mottagare till utkast",
            personnummer=each.personnummer,
            dispatch_id=dispatch.id,
        )
        for each in people
    ]
    records.access_log.write(entries, now=now)
