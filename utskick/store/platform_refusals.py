"""What the service platform refuses just now."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from utskick.domain.platform_refusals import SAME_OUTAGE, Outage, is_everywhere
from utskick.store.statements import insert_new
from utskick.store.tables import PlatformRefusalRow


class SqlPlatformRefusals:
    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, code: str, contract: str, *, now: datetime) -> Outage:
        key = {"code": code, "contract": contract}
        insert_new(self._session, PlatformRefusalRow, [key | {"since": now}])
        row = self._session.get_one(PlatformRefusalRow, key, with_for_update=True)
        if row.ended_at and now - row.ended_at > SAME_OUTAGE:
            row.since = now
        row.ended_at = None
        self._session.flush()
        if is_everywhere(code):
            # One outage, whichever contract it is met with.
            row.since = min(outage.since for outage in self.current() if outage.code == code)
        return _outage(row)

    def current(self) -> list[Outage]:
        rows = self._session.scalars(
            select(PlatformRefusalRow)
            .where(PlatformRefusalRow.ended_at.is_(None))
            .order_by(PlatformRefusalRow.since, PlatformRefusalRow.code)
        )
        return [_outage(row) for row in rows]

    def end(self, outages: Collection[Outage], *, now: datetime) -> None:
        for outage in outages:
            self._session.execute(
                update(PlatformRefusalRow)
                .where(
                    PlatformRefusalRow.code == outage.code,
                    PlatformRefusalRow.contract == outage.contract,
                    PlatformRefusalRow.ended_at.is_(None),
                )
                .values(ended_at=now)
            )


def _outage(row: PlatformRefusalRow) -> Outage:
    return Outage(row.code, row.contract, row.since)
