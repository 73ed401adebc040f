"""Kontrollera loggen: whether entries have been changed, exchanged or taken away.

Heads are written when the database has committed, so they may be behind it and never ahead: what
a head says was there. They are written regularly and at each check. Once a unit's newest head
does not agree, no more are written for it, so that it goes on speaking against what was done.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.log_chain import Link, LogCheck, LogHead, examine
from utskick.domain.log_head_lines import as_line
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor, HsaId
from utskick.ports import LogHeads
from utskick.records import LogEntry, Store, Transaction
from utskick.security_log import EventOutcome, SecurityEvent, note
from utskick.sending.report_errors import report

_AT_ONCE = 5000
"""Entries in one transaction, so that nobody else waits long for a check."""


@dataclass(frozen=True, slots=True)
class HeadsWritten:
    """How many heads were written, and whose log its newest head speaks against."""

    heads: int
    broken: tuple[HsaId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAccessLog:
    store: Store
    log_heads: LogHeads
    rules: Rules

    def __call__(self, *, actor: Actor, now: datetime) -> LogCheck:
        """Go through the acting unit's log, which says so afterwards. Takes a while."""
        check = self.check_log(actor.unit_id)
        with self.store.transaction() as records:
            entry = LogEntry(actor=actor, activity=Activity.READ, act="kontrollerat loggen")
            records.access_log.write([entry], now=now)
        self.write_heads(now=now)
        return check

    def check_log(self, unit_id: HsaId, *, more: Sequence[LogHead] = ()) -> LogCheck:
        """Go through a unit's log. `more`: heads that were kept elsewhere, as in a mail."""
        kept = [*self.log_heads.of(unit_id), *(head for head in more if head.unit_id == unit_id)]
        while True:
            with self.store.transaction() as records:
                proven = records.access_log.proven(kept)
                start = records.access_log.start(unit_id)
            forged = sorted(set(kept) - set(proven), key=lambda head: head.at)
            check = examine(self._links(unit_id), proven, forged, start=start)
            with self.store.transaction() as records:
                if check.whole or records.access_log.start(unit_id) == start:
                    return check
            # It was purged meanwhile: what seemed to be missing may be that.

    def logs(self, *, now: datetime) -> Sequence[HsaId]:
        """Whose log there is, or was when a head of it was written."""
        with self.store.transaction() as records:
            ends = records.access_log.heads(now=now)
        return sorted({end.unit_id for end in ends} | set(self.log_heads.units()))

    def write_heads(self, *, mail_to: tuple[str, ...] = (), now: datetime) -> HeadsWritten:
        """Write a head for each log that has grown, and report those that have been changed.

        `mail_to`: who gets all heads by mail once a day, to be kept out of reach of the database.
        """
        with self.store.transaction() as records:
            ends = {end.unit_id: end for end in records.access_log.heads(now=now)}
            if mail_to:
                self._mail_heads(records, list(ends.values()), mail_to=mail_to, now=now)
        newest = {
            unit_id: self.log_heads.newest(unit_id) for unit_id in {*ends, *self.log_heads.units()}
        }
        grown = [u for u, head in newest.items() if not (head and _same(head, ends.get(u)))]
        with self.store.transaction() as records:
            broken = [u for u in grown if (h := newest[u]) and not records.access_log.agrees(h)]
            for unit_id in broken:
                self._report_broken(records, newest[unit_id], mail_to=mail_to, now=now)
        new = [ends[unit_id] for unit_id in grown if unit_id in ends and unit_id not in broken]
        return HeadsWritten(heads=self._keep(new), broken=tuple(broken))

    def _keep(self, heads: Sequence[LogHead]) -> int:
        """How many were kept: a check says what it has found, also where the disk is full."""
        try:
            self.log_heads.add(heads)
        except OSError as error:
            note(SecurityEvent.LOG_HEAD, EventOutcome.FAILED, error=error)
            return 0
        for head in heads:
            note(SecurityEvent.LOG_HEAD, **json.loads(as_line(head)))
        return len(heads)

    def _links(self, unit_id: HsaId) -> Iterator[Link]:
        last: Link | None = None
        while True:
            with self.store.transaction() as records:
                links = records.access_log.links(unit_id, after=last, limit=_AT_ONCE)
            yield from links
            if len(links) < _AT_ONCE:
                return
            last = links[-1]

    def _mail_heads(
        self,
        records: Transaction,
        ends: Sequence[LogHead],
        *,
        mail_to: tuple[str, ...],
        now: datetime,
    ) -> None:
        day = f"{now.astimezone(self.rules.zone):%Y-%m-%d}"
        values = {"day": day, "heads": [as_line(end) for end in ends]}
        report(
            records,
            subject="access log",
            cause=f"heads-{day}",
            text="log_heads.txt",
            values=values,
            addresses=mail_to,
            now=now,
        )

    def _report_broken(
        self,
        records: Transaction,
        head: LogHead | None,
        *,
        mail_to: tuple[str, ...],
        now: datetime,
    ) -> None:
        assert head is not None
        note(SecurityEvent.LOG_BROKEN, EventOutcome.FAILED, unit=head.unit_id, number=head.number)
        seen_at = head.at.astimezone(self.rules.zone)
        values = {
            "unit_id": head.unit_id,
            "number": head.number,
            "seen_at": f"{seen_at:%Y-%m-%d %H:%M}",
        }
        report(
            records,
            subject=f"access log of {head.unit_id}",
            cause=f"broken-{head.number}",
            text="log_broken.txt",
            values=values,
            addresses=(self.rules.forms_desk, *mail_to),
            now=now,
        )


def _same(head: LogHead, end: LogHead | None) -> bool:
    return end is not None and (head.number, head.hash) == (end.number, end.hash)
