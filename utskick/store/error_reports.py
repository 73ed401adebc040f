"""The mails to the error addresses: one report, and what has become of it at each address."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from utskick.domain.dispatches import DispatchId
from utskick.domain.forms import FormTemplateId
from utskick.records import ErrorReport
from utskick.store.statements import all_or_each, database_clock, insert_new
from utskick.store.tables import BlockedFormRow, ErrorMailRow, ErrorReportRow

_TAKEN_FOR = timedelta(minutes=2)
_REFUSED_FOR = timedelta(days=7)
"""A relay that refuses somebody by mistake has been mended by then."""


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
            created_at=now,
        )
        all_or_each(self._session, [row], self._insert)
        # Held, so that two who add addresses do not number them alike.
        kept = self._session.scalars(
            select(ErrorReportRow.id)
            .where(ErrorReportRow.subject == report.subject, ErrorReportRow.cause == report.cause)
            .with_for_update()
        ).one()
        known = self._addresses([kept]).get(kept, [])
        new = [each for each in report.addresses if each not in known]
        self._insert(
            ErrorMailRow(report_id=kept, address=address, position=position)
            for position, address in enumerate(new, start=len(known))
        )
        return bool(new)

    def unsent(self, *, limit: int) -> list[ErrorReport]:
        now = database_clock(self._session)
        due = self._session.execute(
            select(ErrorMailRow, ErrorReportRow)
            .join(ErrorReportRow, ErrorReportRow.id == ErrorMailRow.report_id)
            .where(
                ErrorMailRow.sent_at.is_(None),
                or_(ErrorMailRow.retry_at.is_(None), ErrorMailRow.retry_at <= now),
                or_(
                    ErrorMailRow.refused_at.is_(None),
                    ErrorReportRow.created_at > now - _REFUSED_FOR,
                ),
            )
            .order_by(ErrorReportRow.created_at, ErrorReportRow.id, ErrorMailRow.position)
            .limit(limit)
            .with_for_update(of=ErrorMailRow, skip_locked=True)
        ).all()
        waiting: dict[UUID, list[str]] = {}
        for mail, report in due:
            # Taken: if its sender dies, another tries after this.
            mail.retry_at = now + _TAKEN_FOR
            waiting.setdefault(report.id, []).append(mail.address)
        self._session.flush()
        addresses = self._addresses(waiting)
        return [
            ErrorReport(
                id=row.id,
                subject=row.subject,
                cause=row.cause,
                text=row.text,
                values=row.values,
                addresses=tuple(addresses[row.id]),
                waiting=tuple(waiting[row.id]),
            )
            for row in dict.fromkeys(report for _, report in due)
        ]

    def values(self, subject: str, cause: str) -> Mapping[str, Any] | None:
        return self._session.scalar(
            select(ErrorReportRow.values).where(
                ErrorReportRow.subject == subject, ErrorReportRow.cause == cause
            )
        )

    def sent(self, report_id: UUID, addresses: Collection[str]) -> None:
        self._change(report_id, addresses, sent_at=database_clock(self._session))

    def postpone(
        self,
        report_id: UUID,
        addresses: Collection[str],
        *,
        seconds: float,
        growing_to_s: float = 0,
    ) -> None:
        now = database_clock(self._session)
        waited = now - self._session.get_one(ErrorReportRow, report_id).created_at
        pause = max(timedelta(seconds=seconds), min(waited, timedelta(seconds=growing_to_s)))
        self._change(report_id, addresses, retry_at=now + pause)

    def refused(self, report_id: UUID, addresses: Collection[str], *, seconds: float) -> None:
        now = database_clock(self._session)
        later = now + timedelta(seconds=seconds)
        self._change(report_id, addresses, refused_at=now, retry_at=later)

    def refusing(self) -> set[str]:
        sent, refused = func.max(ErrorMailRow.sent_at), func.max(ErrorMailRow.refused_at)
        rows = self._session.scalars(
            select(ErrorMailRow.address)
            .group_by(ErrorMailRow.address)
            .having(refused.is_not(None), or_(sent.is_(None), sent < refused))
        )
        return set(rows)

    def _addresses(self, report_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
        rows = self._session.execute(
            select(ErrorMailRow.report_id, ErrorMailRow.address)
            .where(ErrorMailRow.report_id.in_(report_ids))
            .order_by(ErrorMailRow.position)
        )
        found: dict[UUID, list[str]] = {}
        for report_id, address in rows:
            found.setdefault(report_id, []).append(address)
        return found

    def _change(self, report_id: UUID, addresses: Collection[str], **values: datetime) -> None:
        if not addresses:
            return
        self._session.execute(
            update(ErrorMailRow)
            .where(ErrorMailRow.report_id == report_id, ErrorMailRow.address.in_(addresses))
            .values(**values)
        )

    def _insert(self, rows: Iterable[ErrorReportRow | ErrorMailRow]) -> None:
        self._session.add_all(rows)
        self._session.flush()


class SqlWatchedForms:
    def __init__(self, session: Session) -> None:
        self._session = session

    def blocked(
        self,
        template_id: FormTemplateId,
        dispatch_ids: Collection[DispatchId],
        *,
        kind: str,
        archived_at: datetime | None,
        change: UUID,
    ) -> set[DispatchId]:
        new = {
            "template_id": template_id,
            "kind": kind,
            "archived_at": archived_at,
            "change": change,
        }
        rows = [{"dispatch_id": dispatch_id, **new} for dispatch_id in dispatch_ids]
        insert_new(self._session, BlockedFormRow, rows)
        theirs = self._rows(template_id, dispatch_ids)
        for row in theirs:
            if row.kind != kind or (
                archived_at and row.archived_at and archived_at != row.archived_at
            ):
                row.kind, row.change = kind, change
            row.archived_at = archived_at or row.archived_at
        self._session.flush()
        return {DispatchId(row.dispatch_id) for row in theirs if row.change == change}

    def sendable(self, template_id: FormTemplateId, dispatch_ids: Collection[DispatchId]) -> None:
        self._session.execute(
            delete(BlockedFormRow).where(
                BlockedFormRow.template_id == template_id,
                BlockedFormRow.dispatch_id.in_(dispatch_ids),
            )
        )

    def _rows(
        self, template_id: FormTemplateId, dispatch_ids: Collection[DispatchId]
    ) -> Sequence[BlockedFormRow]:
        return self._session.scalars(
            select(BlockedFormRow)
            .where(
                BlockedFormRow.template_id == template_id,
                BlockedFormRow.dispatch_id.in_(dispatch_ids),
            )
            .order_by(BlockedFormRow.dispatch_id)
            .with_for_update()
        ).all()
