"""Ersätt, and Fler mottagare: a new dispatch that follows a started one, in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from utskick.domain.dispatches import Dispatch, DispatchStatus, RecipientState
from utskick.domain.errors import NotFound, Problem, SpecRefused
from utskick.domain.occasions import OccasionState
from utskick.domain.personnummer import Personnummer
from utskick.domain.series import Follows, to_come, why_not_added_to, why_not_replaced
from utskick.domain.units import Activity, Actor
from utskick.records import LogEntry, Transaction


def problems_of_following(
    records: Transaction,
    follows: Follows,
    numbers: Iterable[Personnummer],
    places: Mapping[Personnummer, str],
    *,
    actor: Actor,
    now: datetime,
) -> list[Problem]:
    """What keeps the new dispatch from following that one; asked again when it is saved."""
    try:
        base = records.dispatches.get_for(actor.unit_id, follows.dispatch_id)
    except NotFound as error:
        place = "replaces" if follows.replaces else "adds_to"
        return [Problem(place, "utskicket finns inte.", error.staff_message)]
    if follows.replaces:
        recipients = records.dispatches.recipients(base.id)
        found = why_not_replaced(base, recipients, follows.as_seen, now=now)
        return [found] if found else []
    if late := why_not_added_to(base, now=now):
        return [late]
    theirs = people_in_series(records, base, now=now)
    return [
        Problem(
            f"{places.get(number, 'recipients')} ({number})",
            "personen är redan med i paketutskicket.",
            "Ta bort personen ur listan.",
        )
        for number in numbers
        if number in theirs
    ]


def follow(
    records: Transaction,
    follows: Follows,
    dispatch: Dispatch,
    numbers: Iterable[Personnummer],
    places: Mapping[Personnummer, str],
    *,
    actor: Actor,
    now: datetime,
) -> Dispatch:
    """The new dispatch in its series; the replaced one is stopped, and sends nothing more of it.

    Whoever calls this holds the unit's series, and the one that is followed. Raises `SpecRefused`,
    and changes nothing, if something has come between.
    """
    if problems := problems_of_following(records, follows, numbers, places, actor=actor, now=now):
        raise SpecRefused(problems)
    base = records.dispatches.get_for(actor.unit_id, follows.dispatch_id)
    series = base.series_id or base.id
    records.dispatches.join_series(base.id, series)
    if follows.replaces:
        _end(records, base, actor=actor, now=now)
    return replace(dispatch, series_id=series, replaces=base.id if follows.replaces else None)


def _end(records: Transaction, base: Dispatch, *, actor: Actor, now: datetime) -> None:
    """As a stop; and what is to come is ended, so that no restart sends it beside the new one."""
    if base.status is DispatchStatus.ONGOING:
        records.dispatches.set_status(base.id, DispatchStatus.STOPPED, ended_at=now)
    for occasion in to_come(base, now=now):
        records.occasions.close(occasion.id, OccasionState.ENDED, now=now)
    entry = LogEntry(
        actor=actor, activity=Activity.WRITE, act="ersatt utskick", dispatch_id=base.id
    )
    records.access_log.write([entry], now=now)


def people_in_series(records: Transaction, base: Dispatch, *, now: datetime) -> set[Personnummer]:
    """Whoever gets something of it already, in any of its dispatches that go on, or may again."""
    series = records.dispatches.series(base.unit_id, base.series_id) if base.series_id else [base]
    return {
        recipient.personnummer
        for each in series
        if each.status in (DispatchStatus.ONGOING, DispatchStatus.AWAITING)
        or each.may_restart(now=now)
        for recipient in records.dispatches.recipients(each.id)
        if recipient.state is RecipientState.ACTIVE
    }
