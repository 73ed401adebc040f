"""What must be told afterwards: the access log, and the mails to the error addresses."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from utskick.domain.units import HsaId
from utskick.records import ErrorReport, LogEntry
from utskick.store.people import People
from utskick.store.statements import all_or_each, database_clock
from utskick.store.tables import AccessLogRow, ErrorReportRow, UnitRow


class SqlAccessLog:
    def __init__(self, session: Session, people: People) -> None:
        self._session = session
        self._people = people

    def write(self, entries: Sequence[LogEntry], *, now: datetime) -> None:
        persons = self._people.ids({e.personnummer for e in entries if e.personnummer})
        for unit_id in dict.fromkeys(entry.actor.unit_id for entry in entries):
            number, previous = self._end_of_chain(unit_id)
            rows = []
            for entry in (e for e in entries if e.actor.unit_id == unit_id):
                number += 1
                row = AccessLogRow(
                    unit_id=unit_id,
                    number=number,
                    at=now,
                    actor=entry.actor.name,
                    activity=entry.activity.value,
                    act=entry.act,
                    person_id=persons[entry.personnummer] if entry.personnummer else None,
                    dispatch_id=entry.dispatch_id,
                )
                previous = row.hash = _link(previous, row)
                rows.append(row)
            self._session.add_all(rows)
        self._session.flush()

    def broken_link(self, unit_id: HsaId) -> int | None:
        previous = ""
        rows = self._session.scalars(
            select(AccessLogRow)
            .where(AccessLogRow.unit_id == unit_id)
            .order_by(AccessLogRow.number)
        )
        for expected, row in enumerate(rows, start=1):
            if row.number != expected or row.hash != _link(previous, row):
                return expected
            previous = row.hash
        return None

    def _end_of_chain(self, unit_id: HsaId) -> tuple[int, str]:
        """Hold the unit's row meanwhile, so that a chain never forks."""
        self._session.execute(
            select(UnitRow.hsa_id).where(UnitRow.hsa_id == unit_id).with_for_update(key_share=True)
        )
        last = self._session.execute(
            select(AccessLogRow.number, AccessLogRow.hash)
            .where(AccessLogRow.unit_id == unit_id)
            .order_by(AccessLogRow.number.desc())
            .limit(1)
        ).first()
        return (last.number, last.hash) if last else (0, "")


def _link(previous: str, row: AccessLogRow) -> str:
    told = (
        row.unit_id,
        row.number,
        row.at.isoformat(),
        row.actor,
        row.activity,
        row.act,
        row.person_id,
        row.dispatch_id,
    )
    return hashlib.sha256("\x1f".join([previous, *map(str, told)]).encode()).hexdigest()


_TAKEN_FOR = timedelta(minutes=1)


class SqlErrorReports:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, report: ErrorReport, *, now: datetime) -> bool:
        row = ErrorReportRow(
            id=report.id,
            subject=report.subject,
            cause=report.cause,
            text=report.text,
            values=dict(report.values),
            addresses=list(report.addresses),
            created_at=now,
        )
        return bool(all_or_each(self._session, [row], self._insert))

    def unsent(self, *, limit: int) -> list[ErrorReport]:
        now = database_clock(self._session)
        rows = self._session.scalars(
            select(ErrorReportRow)
            .where(
                ErrorReportRow.sent_at.is_(None),
                or_(ErrorReportRow.retry_at.is_(None), ErrorReportRow.retry_at <= now),
            )
            .order_by(ErrorReportRow.created_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            # Taken: if its sender dies, another tries after this.
            row.retry_at = now + _TAKEN_FOR
        self._session.flush()
        return [
            ErrorReport(
                id=row.id,
                subject=row.subject,
                cause=row.cause,
                text=row.text,
                values=row.values,
                addresses=tuple(row.addresses),
            )
            for row in rows
        ]

    def sent(self, report_id: UUID) -> None:
        self._change(report_id, sent_at=database_clock(self._session))

    def postpone(self, report_id: UUID, *, seconds: float) -> None:
        self._change(
            report_id, retry_at=database_clock(self._session) + timedelta(seconds=seconds)
        )

    def _change(self, report_id: UUID, **values: datetime) -> None:
        self._session.execute(
            update(ErrorReportRow).where(ErrorReportRow.id == report_id).values(**values)
        )

    def _insert(self, rows: Sequence[ErrorReportRow]) -> None:
        self._session.add_all(rows)
        self._session.flush()
