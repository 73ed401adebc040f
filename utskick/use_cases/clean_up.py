"""Delete what has ended.

Manual: "Paketutskick med status Stoppad, Klar eller Avbruten finns kvar i listan i 7 dagar.
Därefter raderas de."
"""

from datetime import datetime, timedelta

from utskick.domain.dispatches import KEPT_AFTER_END, Dispatch
from utskick.domain.errors import NotFound
from utskick.domain.units import SYSTEM, Activity, Actor
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store
from utskick.sending.occasion_plans import unregister_occasions

_SESSIONS_KEPT = timedelta(days=1)
"""Longer than any session lasts."""


def clean_up(*, store: Store, scheduler: Scheduler, now: datetime) -> int:
    """Delete dispatches that ended seven days ago, old uploads, and sessions that have ended.

    Returns how many dispatches.

    What was sent stays for Uppföljning; the access log stays, as HSLF-FS 2016:40 wants five years.
    """
    moment = now - KEPT_AFTER_END
    with store.transaction() as records:
        ended = records.dispatches.ended_before(moment)
        records.uploads.delete_before(moment)
        records.texting.delete_before(moment)
        records.sessions.delete_before(now - _SESSIONS_KEPT)
    deleted = [dispatch for dispatch in ended if _delete(dispatch, store=store, now=now)]
    for dispatch in deleted:
        unregister_occasions((o.id for o in dispatch.occasions), scheduler=scheduler)
    return len(deleted)


def _delete(dispatch: Dispatch, *, store: Store, now: datetime) -> bool:
    with store.transaction() as records:
        try:
            current = records.dispatches.lock_for(dispatch.unit_id, dispatch.id)
        except NotFound:
            return False
        if not current.may_be_deleted(now=now):
            return False
        entry = LogEntry(
            actor=Actor(SYSTEM, dispatch.unit_id),
            activity=Activity.DELETE,
            act="raderat avslutat utskick",
            dispatch_id=dispatch.id,
        )
        records.access_log.write([entry], now=now)
        records.dispatches.delete(dispatch.id)
    return True
