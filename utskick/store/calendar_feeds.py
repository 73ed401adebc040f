"""Addresses of the calendar."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from utskick.domain.calendar_feeds import CalendarFeed
from utskick.domain.errors import NotFound
from utskick.domain.units import HsaId
from utskick.store.tables import CalendarFeedRow, UnitRow

_SECRET_BYTES = 32


class SqlCalendarFeeds:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, feed: CalendarFeed) -> str:
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        self._session.add(
            CalendarFeedRow(
                id=feed.id,
                hash=_hash(secret),
                unit_id=feed.unit_id,
                created_by=feed.created_by,
                created_at=feed.created_at,
                expires_at=feed.expires_at,
            )
        )
        self._session.flush()
        return secret

    def of_unit(self, unit_id: HsaId, *, now: datetime) -> Sequence[CalendarFeed]:
        rows = self._session.scalars(
            select(CalendarFeedRow)
            .where(CalendarFeedRow.unit_id == unit_id, CalendarFeedRow.expires_at > now)
            .order_by(CalendarFeedRow.created_at.desc(), CalendarFeedRow.id)
        )
        return list(map(_feed, rows))

    def find(self, secret: str, *, now: datetime) -> CalendarFeed:
        row = self._session.scalar(
            select(CalendarFeedRow)
            .join(UnitRow, UnitRow.hsa_id == CalendarFeedRow.unit_id)
            .where(
                CalendarFeedRow.hash == _hash(secret),
                CalendarFeedRow.expires_at > now,
                UnitRow.withdrawn_at.is_(None),
            )
        )
        if row is None:
            raise NotFound("calendar feed")
        return _feed(row)

    def revoke(self, unit_id: HsaId, feed_id: UUID) -> bool:
        gone = self._session.execute(
            delete(CalendarFeedRow).where(
                CalendarFeedRow.id == feed_id, CalendarFeedRow.unit_id == unit_id
            )
        )
        assert isinstance(gone, CursorResult)
        return bool(gone.rowcount)

    def delete_expired(self, now: datetime) -> None:
        self._session.execute(delete(CalendarFeedRow).where(CalendarFeedRow.expires_at <= now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _feed(row: CalendarFeedRow) -> CalendarFeed:
    return CalendarFeed(
        id=row.id,
        unit_id=HsaId(row.unit_id),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
