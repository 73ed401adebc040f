"""Gallra: delete what names somebody when it has been kept for as long as it is of use.

In small transactions, each whole by itself: it can be ended anywhere and begun again, twice at
once too, and nobody who sends waits for it. Answers are the units' own at 1177 and stay there;
what the access log says stays at least as long as the law wants.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.retention import Purged, Retention
from utskick.domain.rules import Rules
from utskick.domain.units import SYSTEM, Activity, Actor, HsaId
from utskick.records import LogEntry, Store, Transaction
from utskick.use_cases.check_access_log import CheckAccessLog

_AT_ONCE = 500
"""Rows in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeExpired:
    store: Store
    check_access_log: CheckAccessLog
    rules: Rules

    def __call__(self, *, now: datetime) -> Purged:
        """Each unit's log says how much of what its staff could see is gone."""
        kept, done = self.rules.retention, Purged()
        self._forms(kept, done, now)
        self._log_entries(kept, done, now)
        done.reports = self._until_none_is_left(
            lambda records: records.expired.delete_reports(kept.reports_from(now), limit=_AT_ONCE)
        )
        self._drafts(kept, done, now)
        with self.store.transaction() as records:
            records.inbox_answers.delete_before(now - self.rules.inbox_remembered)
            records.calendar_feeds.delete_expired(now)
            records.grants.delete_ended(kept.access_log_from(now))
        # Last, when nothing of theirs is left.
        done.staff = self._until_none_is_left(
            lambda records: records.expired.delete_staff(kept.access_log_from(now), limit=_AT_ONCE)
        )
        done.persons = self._persons()
        return done

    def _forms(self, kept: Retention, done: Purged, now: datetime) -> None:
        def some(records: Transaction) -> int:
            by_unit = records.expired.delete_forms(
                purge_after_before=kept.follow_up_from(self.rules.today(now)),
                marked_before=kept.marked_from(now),
                limit=_AT_ONCE,
            )
            for unit_id, number in by_unit.items():
                act = f"gallrat {number} formulär ur Uppföljning"
                _log(act, unit_id, records, now)
            return sum(by_unit.values())

        done.forms = self._until_none_is_left(some)

    def _drafts(self, kept: Retention, done: Purged, now: datetime) -> None:
        def some(records: Transaction) -> int:
            by_unit = records.expired.delete_drafts(kept.drafts_from(now), limit=_AT_ONCE)
            for unit_id, number in by_unit.items():
                _log(f"gallrat {number} utkast", unit_id, records, now)
            return sum(by_unit.values())

        done.drafts = self._until_none_is_left(some)

    def _log_entries(self, kept: Retention, done: Purged, now: datetime) -> None:
        before = kept.access_log_from(now)
        for unit_id in self.check_access_log.logs(now=now):

            def some(records: Transaction, unit_id: HsaId = unit_id) -> int:
                number = records.access_log.purge(unit_id, before=before, limit=_AT_ONCE, now=now)
                if number:
                    _log(f"gallrat {number} poster ur loggen", unit_id, records, now)
                return number

            done.log_entries += self._until_none_is_left(some)

    def _persons(self) -> int:
        deleted, last = 0, None
        while True:
            with self.store.transaction() as records:
                number, last = records.expired.delete_persons(after=last, limit=_AT_ONCE)
            deleted += number
            if last is None:
                return deleted

    def _until_none_is_left(self, some: Callable[[Transaction], int]) -> int:
        deleted = 0
        while True:
            with self.store.transaction() as records:
                number = some(records)
            deleted += number
            if number < _AT_ONCE:
                return deleted


def _log(act: str, unit_id: HsaId, records: Transaction, now: datetime) -> None:
    entry = LogEntry(actor=Actor(SYSTEM, unit_id), activity=Activity.DELETE, act=act)
    records.access_log.write([entry], now=now)
