"""The access log: who has done what with whose data."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.domain.units import Activity, HsaId
from utskick.records import DoneWith, LogEntry, LoggedEntry, LogQuery
from utskick.store.people import People
from utskick.store.statements import matches, start_of
from utskick.store.tables import AccessLogRow, PersonRow, StaffMemberRow
from utskick.store.tables.journal import CHANGED


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
                row = {
                    "unit_id": unit_id,
                    "number": number,
                    "at": now.astimezone(UTC),
                    "actor": entry.actor.name,
                    "activity": entry.activity.value,
                    "act": entry.act,
                    "person_id": persons[entry.personnummer] if entry.personnummer else None,
                    "dispatch_id": entry.dispatch_id,
                }
                previous = link(previous, row)
                rows.append(row | {"hash": previous})
            # A list of recipients is one entry for each: objects would take twice the time.
            self._session.execute(insert(AccessLogRow), rows)

    def read(self, unit_id: HsaId, query: LogQuery) -> Sequence[LoggedEntry]:
        statement = (
            select(AccessLogRow, PersonRow, StaffMemberRow.name)
            .outerjoin(PersonRow, PersonRow.id == AccessLogRow.person_id)
            .outerjoin(StaffMemberRow, StaffMemberRow.hsa_id == AccessLogRow.actor)
            .where(AccessLogRow.unit_id == unit_id)
            .order_by(AccessLogRow.number.desc())
            .limit(query.limit)
        )
        if query.before is not None:
            statement = statement.where(AccessLogRow.number < query.before)
        if query.personnummer is not None:
            person_id = self._people.find(query.personnummer)
            if person_id is None:
                return []
            statement = statement.where(AccessLogRow.person_id == person_id)
        if query.dispatch_id is not None:
            statement = statement.where(AccessLogRow.dispatch_id == query.dispatch_id)
        if query.activity is not None:
            statement = statement.where(AccessLogRow.activity == query.activity.value)
        if query.staff:
            named = select(StaffMemberRow.hsa_id).where(matches(StaffMemberRow.name, query.staff))
            # An HSA-id is kept in capitals, the name of a program as it is.
            exact = AccessLogRow.actor.in_((query.staff, query.staff.upper()))
            statement = statement.where(or_(exact, AccessLogRow.actor.in_(named)))
        if query.from_day is not None:
            statement = statement.where(AccessLogRow.at >= start_of(query.from_day))
        if query.to_day is not None:
            next_day = query.to_day + timedelta(days=1)
            statement = statement.where(AccessLogRow.at < start_of(next_day))
        return [
            LoggedEntry(
                number=row.number,
                at=row.at,
                actor=row.actor,
                actor_name=name or "",
                activity=Activity(row.activity),
                act=row.act,
                personnummer=self._people.personnummer(person) if person else None,
                dispatch_id=DispatchId(row.dispatch_id) if row.dispatch_id else None,
            )
            for row, person, name in self._session.execute(statement)
        ]

    def done_with(self, dispatch: Dispatch) -> Sequence[DoneWith]:
        act = (AccessLogRow.at, AccessLogRow.actor, StaffMemberRow.name, AccessLogRow.act)
        rows = self._session.execute(
            select(*act, func.count(AccessLogRow.person_id))
            .outerjoin(StaffMemberRow, StaffMemberRow.hsa_id == AccessLogRow.actor)
            .where(
                AccessLogRow.unit_id == dispatch.unit_id,
                AccessLogRow.dispatch_id == dispatch.id,
                CHANGED,
            )
            .group_by(*act)
            .order_by(func.min(AccessLogRow.number))
        )
        return [
            DoneWith(at=at, actor=actor, actor_name=name or "", act=done, persons=persons)
            for at, actor, name, done, persons in rows
        ]

    def broken_link(self, unit_id: HsaId) -> int | None:
        chain = (
            select(AccessLogRow.__table__)
            .where(AccessLogRow.unit_id == unit_id)
            .order_by(AccessLogRow.number)
            .execution_options(yield_per=_AT_ONCE)
        )
        previous = ""
        with self._session.execute(chain) as rows:
            for expected, row in enumerate(rows.mappings(), start=1):
                if row["number"] != expected or row["hash"] != link(previous, row):
                    return expected
                previous = row["hash"]
        return None

    def _end_of_chain(self, unit_id: HsaId) -> tuple[int, str]:
        """Nobody else writes to it until the transaction ends, so that a chain never forks."""
        if self._session.get_bind().dialect.name == "postgresql":
            # The regional administration has a chain, and no row to hold.
            key = func.hashtextextended(f"access_log/{unit_id}", 0)
            self._session.execute(select(func.pg_advisory_xact_lock(key)))
        last = self._session.execute(
            select(AccessLogRow.number, AccessLogRow.hash)
            .where(AccessLogRow.unit_id == unit_id)
            .order_by(AccessLogRow.number.desc())
            .limit(1)
        ).first()
        return (last.number, last.hash) if last else (0, "")


_AT_ONCE = 1000
_SEALED = ("unit_id", "number", "at", "actor", "activity", "act", "person_id", "dispatch_id")


def link(previous: str, entry: Mapping[Any, Any]) -> str:
    """The hash of an entry, from all that it says and the hash of the one before."""
    sealed = (entry[name] for name in _SEALED)
    words = [each.isoformat() if isinstance(each, datetime) else str(each) for each in sealed]
    return hashlib.sha256("\x1f".join([previous, *words]).encode()).hexdigest()
