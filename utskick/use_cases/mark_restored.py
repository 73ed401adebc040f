"""After a restored backup: nothing is sent before 1177 has been asked whether it was sent already.

What has happened since the backup is forgotten here, but not at 1177. A form that was sent since
is found again by its own dates; an inbox message cannot be asked about, so it is never repeated
and left to staff. What was started, stopped or removed since the backup has to be done again.
Each unit's access log says that a backup was put back, which explains the entries that are gone.
"""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.calendar import default_purge_after
from utskick.domain.dispatches import RecipientState
from utskick.domain.log_chain import RESTORED
from utskick.domain.occasions import OccasionId
from utskick.domain.rules import Rules
from utskick.domain.units import SYSTEM, Activity, Actor
from utskick.records import LogEntry, Store, Transaction
from utskick.use_cases.check_access_log import CheckAccessLog


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRestored:
    store: Store
    check_access_log: CheckAccessLog
    rules: Rules

    def __call__(self, *, now: datetime) -> int:
        """Let everything that may have been sent be settled first; returns how many that is.

        To be done before anything is started again. An occasion that has become due since the
        backup, or had been begun, missed or stopped by then, may have been sent without a trace
        here, so it is planned now, on the day that it was for.
        """
        entries = [
            LogEntry(actor=Actor(SYSTEM, unit_id), activity=Activity.WRITE, act=RESTORED)
            for unit_id in self.check_access_log.logs(now=now)
        ]
        with self.store.transaction() as records:
            records.access_log.write(entries, now=now)
            for occasion_id in records.occasions.without_trace(before=now + self.rules.lead):
                _plan(records, occasion_id)
            records.inbox_messages.all_to_manual()
            return records.deliveries.all_to_unknown()


def _plan(records: Transaction, occasion_id: OccasionId) -> None:
    dispatch, occasion = records.dispatches.of_occasion(occasion_id)
    sent_at = occasion.by_hand_at or occasion.sends_at
    sent_on = sent_at.astimezone(occasion.zone).date()
    recipients = records.dispatches.recipients(dispatch.id)
    records.deliveries.plan(
        occasion.id,
        recipients={r.id for r in recipients if r.state is RecipientState.ACTIVE},
        refused={},
        answer_by=dispatch.last_day(occasion, sent_on=sent_on).day,
        purge_after=dispatch.purge_after or default_purge_after(sent_on),
    )
