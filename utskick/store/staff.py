"""Sessions. A token is shown once; the table holds only its hash."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select
from sqlalchemy.orm import Session

from utskick.domain.rights import ProvidedRight, Right
from utskick.domain.staff import Commission, NotSignedIn, StaffSession
from utskick.domain.units import HsaId
from utskick.records import OpenSession, SignedInPerson
from utskick.store.statements import matches
from utskick.store.tables import StaffMemberRow, StaffSessionRow, UnitRow

_TOKEN_BYTES = 32
_OF = " of "
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts: `idle` after the last visit, `absolute` after the first."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=10)


class SqlSessions:
    def __init__(self, session: Session, limits: SessionLimits) -> None:
        self._session = session
        self._limits = limits

    def open(self, session: StaffSession, *, now: datetime) -> str:
        member = self._session.get(StaffMemberRow, session.staff_id)
        if member is None:
            member = StaffMemberRow(hsa_id=session.staff_id, name=session.name, signed_in_at=now)
            self._session.add(member)
        member.name, member.signed_in_at = session.name, now
        member.chosen_unit_id = session.unit_id or member.chosen_unit_id
        self._session.flush()
        return self._keep(session, created_at=now, now=now)

    def get(self, token: str, *, now: datetime) -> StaffSession:
        row = self._row(token, now)
        if row.seen_at < now - _SEEN_EVERY:
            row.seen_at = now
            self._session.flush()
        return _session(row)

    def choose_unit(self, token: str, unit_id: HsaId, *, now: datetime) -> str:
        row = self._row(token, now)
        self._session.get_one(StaffMemberRow, row.staff_id).chosen_unit_id = unit_id
        row.unit_id = unit_id
        chosen, created_at = _session(row), row.created_at
        self._session.delete(row)
        self._session.flush()
        return self._keep(chosen, created_at=created_at, now=now)

    def chosen_unit(self, staff_id: str) -> HsaId | None:
        member = self._session.get(StaffMemberRow, staff_id)
        return HsaId(member.chosen_unit_id) if member and member.chosen_unit_id else None

    def names(self, staff_ids: Collection[str]) -> Mapping[str, str]:
        rows = self._session.execute(
            select(StaffMemberRow.hsa_id, StaffMemberRow.name).where(
                StaffMemberRow.hsa_id.in_(staff_ids)
            )
        )
        return dict(rows.tuples().all())

    def signed_in(self, text: str, *, limit: int, now: datetime) -> Sequence[SignedInPerson]:
        seen_at = func.max(StaffSessionRow.seen_at, type_=StaffSessionRow.seen_at.type)
        rows = self._session.execute(
            select(StaffMemberRow.hsa_id, StaffMemberRow.name, func.count(), seen_at)
            .join(StaffSessionRow, StaffSessionRow.staff_id == StaffMemberRow.hsa_id)
            .where(
                *self._alive(now),
                or_(matches(StaffMemberRow.name, text), matches(StaffMemberRow.hsa_id, text)),
            )
            .group_by(StaffMemberRow.hsa_id, StaffMemberRow.name)
            .order_by(seen_at.desc(), StaffMemberRow.hsa_id)
            .limit(limit)
        )
        return [
            SignedInPerson(staff_id=staff_id, name=name, sessions=sessions, seen_at=seen)
            for staff_id, name, sessions, seen in rows
        ]

    def of_person(self, staff_id: str, *, now: datetime) -> Sequence[OpenSession]:
        rows = self._session.execute(
            select(
                StaffSessionRow.id,
                StaffSessionRow.place,
                func.coalesce(UnitRow.name, ""),
                StaffSessionRow.created_at,
                StaffSessionRow.seen_at,
            )
            .outerjoin(UnitRow, UnitRow.hsa_id == StaffSessionRow.unit_id)
            .where(StaffSessionRow.staff_id == staff_id, *self._alive(now))
            .order_by(StaffSessionRow.seen_at.desc(), StaffSessionRow.id)
        )
        return [
            OpenSession(
                id=session_id,
                place=place,
                unit_name=unit_name,
                created_at=created_at,
                seen_at=seen_at,
            )
            for session_id, place, unit_name, created_at, seen_at in rows
        ]

    def at_unit(self, unit_id: HsaId, *, now: datetime) -> Sequence[StaffSession]:
        rows = self._session.scalars(
            select(StaffSessionRow)
            .where(StaffSessionRow.unit_id == unit_id, *self._alive(now))
            .order_by(StaffSessionRow.name, StaffSessionRow.staff_id, StaffSessionRow.seen_at)
        )
        return list({row.staff_id: _session(row) for row in rows}.values())

    def end(self, token: str) -> StaffSession | None:
        row = self._session.get(StaffSessionRow, _hash(token))
        if row is None:
            return None
        self._session.delete(row)
        self._session.flush()
        return _session(row)

    def end_one(self, staff_id: str, session_id: UUID) -> bool:
        result = self._session.execute(
            delete(StaffSessionRow).where(
                StaffSessionRow.staff_id == staff_id, StaffSessionRow.id == session_id
            )
        )
        assert isinstance(result, CursorResult)
        return result.rowcount > 0

    def end_all(self, staff_id: str) -> int:
        result = self._session.execute(
            delete(StaffSessionRow).where(StaffSessionRow.staff_id == staff_id)
        )
        assert isinstance(result, CursorResult)
        return result.rowcount

    def delete_before(self, moment: datetime) -> int:
        result = self._session.execute(
            delete(StaffSessionRow).where(StaffSessionRow.seen_at < moment)
        )
        assert isinstance(result, CursorResult)
        return result.rowcount

    def _alive(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        return (
            StaffSessionRow.seen_at >= now - self._limits.idle,
            StaffSessionRow.created_at >= now - self._limits.absolute,
        )

    def _row(self, token: str, now: datetime) -> StaffSessionRow:
        row = self._session.get(StaffSessionRow, _hash(token))
        if (
            row is None
            or row.seen_at + self._limits.idle < now
            or row.created_at + self._limits.absolute < now
        ):
            raise NotSignedIn
        return row

    def _keep(self, session: StaffSession, *, created_at: datetime, now: datetime) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._session.add(
            StaffSessionRow(
                token_hash=_hash(token),
                staff_id=session.staff_id,
                name=session.name,
                commissions=[_as_json(each) for each in session.commissions],
                roles=sorted(map(_as_text, session.provided)),
                unit_id=session.unit_id,
                id=session.id,
                place=session.place,
                created_at=created_at,
                seen_at=now,
            )
        )
        self._session.flush()
        return token


def _hash(token: str) -> str:
    # A token is 256 random bits: a plain hash reveals nothing of it.
    return hashlib.sha256(token.encode()).hexdigest()


def _session(row: StaffSessionRow) -> StaffSession:
    return StaffSession(
        staff_id=row.staff_id,
        name=row.name,
        commissions=tuple(_commission(each) for each in row.commissions),
        provided=frozenset(map(_provided, row.roles)),
        unit_id=HsaId(row.unit_id) if row.unit_id else None,
        id=row.id,
        place=row.place,
        signed_in_at=row.created_at,
    )


def _as_text(provided: ProvidedRight) -> str:
    of = f"{_OF}{provided.unit_id}" if provided.unit_id else ""
    return f"{provided.right.value}{of}"


def _provided(text: str) -> ProvidedRight:
    right, _, unit_id = text.partition(_OF)
    return ProvidedRight(Right(right), HsaId(unit_id) if unit_id else None)


def _as_json(commission: Commission) -> dict[str, Any]:
    return {
        "hsa_id": commission.hsa_id,
        "name": commission.name,
        "purpose": commission.purpose,
        "unit_id": commission.unit_id,
        "unit_name": commission.unit_name,
        "starts_on": commission.starts_on and commission.starts_on.isoformat(),
        "ends_on": commission.ends_on and commission.ends_on.isoformat(),
    }


def _commission(stored: dict[str, Any]) -> Commission:
    return Commission(
        hsa_id=stored["hsa_id"],
        name=stored["name"],
        purpose=stored["purpose"],
        unit_id=HsaId(stored["unit_id"]),
        unit_name=stored["unit_name"],
        starts_on=stored["starts_on"] and date.fromisoformat(stored["starts_on"]),
        ends_on=stored["ends_on"] and date.fromisoformat(stored["ends_on"]),
    )
