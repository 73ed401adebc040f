"""Delete what has ended.

Manual: "Paketutskick med status Stoppad, Klar eller Avbruten finns kvar i listan i 7 dagar.
Därefter raderas de."
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from utskick.domain.dispatches import KEPT_AFTER_END, Dispatch
from utskick.domain.errors import NotFound
from utskick.domain.rules import Rules
from utskick.domain.units import SYSTEM, Activity, Actor
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store
from utskick.sending.occasion_plans import unregister_occasions

_SESSIONS_KEPT = timedelta(days=1)
"""Longer than any session lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanUp:
    store: Store
    scheduler: Scheduler
    rules: Rules

    def __call__(self, *, now: datetime) -> int:
        """Delete dispatches that ended seven days ago, and old uploads, sessions and answers.

        Returns how many dispatches.

        What was sent stays for Uppföljning; the access log stays, as HSLF-FS 2016:40 wants five
        years.
        """
        moment = now - KEPT_AFTER_END
        with self.store.transaction() as records:
            ended = records.dispatches.ended_before(moment)
            records.uploads.delete_before(moment)
            records.texting.delete_before(moment)
            records.sessions.delete_before(now - _SESSIONS_KEPT)
            records.inbox_answers.delete_before(now - self.rules.inbox_remembered)
            records.visits.delete_before(moment)
        deleted = [dispatch for dispatch in ended if self._delete(dispatch, now=now)]
        for dispatch in deleted:
            unregister_occasions((o.id for o in dispatch.occasions), scheduler=self.scheduler)
        return len(deleted)

    def _delete(self, dispatch: Dispatch, *, now: datetime) -> bool:
        with self.store.transaction() as records:
            try:
                current = records.dispatches.lock_for(dispatch.unit_id, dispatch.id)
            except NotFound:
                return False
            # Under a brake staff can do nothing about what is left of it.
            if not current.may_be_deleted(now=now) or records.brakes.over(current):
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
