"""The access log: who has done what with whose data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, false, func, insert, or_, select
from sqlalchemy.orm import Session

from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.domain.log_chain import RESTORED, Link, LogHead, explains
from utskick.domain.units import Activity, HsaId
from utskick.records import DoneWith, LogEntry, LoggedEntry, LogQuery
from utskick.store.before_keys import BeforeKeys, before_keys
from utskick.store.data_keys import DataKeys
from utskick.store.log_keys import LogKey, every, newest, proven, same, unkeyed_link
from utskick.store.people import People
from utskick.store.statements import matches, start_of
from utskick.store.tables import AccessLogRow, LogStartRow, PersonRow, StaffMemberRow
from utskick.store.tables.journal import CHANGED


class SqlAccessLog:
    def __init__(self, session: Session, people: People, keys: DataKeys) -> None:
        self._session = session
        self._people = people
        self._keys = keys

    def write(self, entries: Sequence[LogEntry], *, now: datetime) -> None:
        persons = self._people.ids({e.personnummer for e in entries if e.personnummer})
        for unit_id in dict.fromkeys(entry.actor.unit_id for entry in entries):
            number, previous = self._end_of_chain(unit_id)
            # Only now: an entry never has an older key than the one before.
            key = newest(self._keys)
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
                previous = key.entry_seal(previous, row)
                rows.append(row | {"hash": previous, "key_number": key.number})
            # A list of recipients is one entry for each: objects would take twice the time.
            self._session.execute(insert(AccessLogRow), rows)

    def read(self, unit_id: HsaId, query: LogQuery) -> Sequence[LoggedEntry]:
        statement = (
            select(AccessLogRow, PersonRow, StaffMemberRow.name)
            .outerjoin(PersonRow, PersonRow.id == AccessLogRow.person_id)
            .outerjoin(StaffMemberRow, StaffMemberRow.hsa_id == AccessLogRow.actor)
            .where(*self._wanted(unit_id, query))
            .order_by(AccessLogRow.number.desc())
            .limit(query.limit)
            .offset(query.offset)
        )
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

    def count(self, unit_id: HsaId, query: LogQuery) -> int:
        wanted = self._wanted(unit_id, query)
        return self._session.scalar(select(func.count(AccessLogRow.number)).where(*wanted)) or 0

    def _wanted(self, unit_id: HsaId, query: LogQuery) -> Iterator[ColumnElement[bool]]:
        yield AccessLogRow.unit_id == unit_id
        if query.before is not None:
            yield AccessLogRow.number < query.before
        if query.personnummer is not None:
            person_id = self._people.find(query.personnummer)
            yield false() if person_id is None else AccessLogRow.person_id == person_id
        if query.dispatch_id is not None:
            yield AccessLogRow.dispatch_id == query.dispatch_id
        if query.activity is not None:
            yield AccessLogRow.activity == query.activity.value
        if query.staff:
            named = select(StaffMemberRow.hsa_id).where(matches(StaffMemberRow.name, query.staff))
            # An HSA-id is kept in capitals, the name of a program as it is.
            exact = AccessLogRow.actor.in_((query.staff, query.staff.upper()))
            yield or_(exact, AccessLogRow.actor.in_(named))
        if query.from_day is not None:
            yield AccessLogRow.at >= start_of(query.from_day)
        if query.to_day is not None:
            yield AccessLogRow.at < start_of(query.to_day + timedelta(days=1))

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

    def links(self, unit_id: HsaId, *, after: Link | None, limit: int) -> Sequence[Link]:
        chain = (
            select(AccessLogRow.__table__)
            .where(AccessLogRow.unit_id == unit_id)
            .order_by(AccessLogRow.number)
            .limit(limit)
        )
        after = after or self._before_the_first(unit_id)
        if after is not None:
            chain = chain.where(AccessLogRow.number > after.number)
        keys, unkeyed = every(self._keys), before_keys(self._session, self._keys, unit_id)
        links: list[Link] = []
        for row in self._session.execute(chain).mappings():
            after = _link(row, after, keys, unkeyed)
            links.append(after)
        return links

    def heads(self, *, now: datetime) -> Sequence[LogHead]:
        key = newest(self._keys)
        ends = (end for unit_id in self._units() if (end := self._end(unit_id)))
        return [_head(end.unit_id, end.number, end.hash, key, now) for end in ends]

    def proven(self, heads: Sequence[LogHead]) -> Sequence[LogHead]:
        return proven(heads, every(self._keys))

    def agrees(self, head: LogHead) -> bool:
        if not self.proven([head]):
            return False
        of_unit = AccessLogRow.unit_id == head.unit_id
        there = select(AccessLogRow.hash).where(of_unit, AccessLogRow.number == head.number)
        start = self.start(head.unit_id)
        if self._session.scalar(there) == head.hash or (start and head.number <= start.number):
            return True
        put_back = select(AccessLogRow.number).where(
            of_unit, AccessLogRow.act == RESTORED, AccessLogRow.at >= head.at
        )
        numbers = self._session.scalars(put_back).all()
        return any(
            explains(link, head) for number in numbers for link in self._restored(head, number)
        )

    def _restored(self, head: LogHead, number: int) -> Iterator[Link]:
        """The entry, if its seal shows that it is ours: anybody could write one into the table."""
        hash_before = self._session.scalar(
            select(AccessLogRow.hash).where(
                AccessLogRow.unit_id == head.unit_id, AccessLogRow.number == number - 1
            )
        )
        before = hash_before and Link(
            number=number - 1, at=head.at, hash=hash_before, key=None, sound=True
        )
        for link in self.links(head.unit_id, after=before or None, limit=1):
            if link.number == number and link.restored:
                yield link

    def start(self, unit_id: HsaId) -> LogHead | None:
        row = self._start(unit_id)
        return _head_of_start(row) if row else None

    def _start(self, unit_id: HsaId) -> LogStartRow | None:
        """As the program has written it."""
        row = self._session.get(LogStartRow, unit_id)
        if row is None or (key := every(self._keys).get(row.key_number)) is None:
            return None
        seal = key.start_seal(_head_of_start(row), row.last_key)
        return row if same(row.seal, seal) else None

    def purge(self, unit_id: HsaId, *, before: datetime, limit: int, now: datetime) -> int:
        self._hold(unit_id)
        first = self._before_the_first(unit_id)
        expected = first.number + 1 if first else 1
        gone: Link | None = None
        for link in self.links(unit_id, after=None, limit=limit):
            if link.number != expected or not link.sound or link.at >= before:
                break
            gone, expected = link, link.number + 1
        if gone is None:
            return 0
        self._session.execute(
            delete(AccessLogRow).where(
                AccessLogRow.unit_id == unit_id, AccessLogRow.number <= gone.number
            )
        )
        self._begin_after(gone, unit_id, now=now)
        return gone.number - (first.number if first else 0)

    def _begin_after(self, last: Link, unit_id: HsaId, *, now: datetime) -> None:
        key = newest(self._keys)
        start = LogHead(
            unit_id=unit_id, number=last.number, hash=last.hash, at=now, key=key.number, seal=""
        )
        self._session.merge(
            LogStartRow(
                unit_id=unit_id,
                number=start.number,
                hash=start.hash,
                purged_at=start.at,
                key_number=start.key,
                seal=key.start_seal(start, last.key),
                last_key=last.key,
            )
        )
        self._session.flush()

    def _before_the_first(self, unit_id: HsaId) -> Link | None:
        """The last of the entries that have been purged, for the next to follow from."""
        row = self._start(unit_id)
        if row is None:
            return None
        return Link(
            number=row.number, at=row.purged_at, hash=row.hash, key=row.last_key, sound=True
        )

    def _units(self) -> Sequence[HsaId]:
        """Whose log has entries: from one to the next by the index, not through all entries."""
        first = select(func.min(AccessLogRow.unit_id).label("unit_id")).cte(recursive=True)
        following = (
            select(func.min(AccessLogRow.unit_id))
            .where(AccessLogRow.unit_id > first.c.unit_id)
            .scalar_subquery()
        )
        units = first.union_all(select(following).where(first.c.unit_id.is_not(None)))
        found = self._session.scalars(select(units.c.unit_id))
        return [HsaId(unit_id) for unit_id in found if unit_id is not None]

    def _end(self, unit_id: HsaId) -> Row[tuple[str, int, str]] | None:
        return self._session.execute(
            select(AccessLogRow.unit_id, AccessLogRow.number, AccessLogRow.hash)
            .where(AccessLogRow.unit_id == unit_id)
            .order_by(AccessLogRow.number.desc())
            .limit(1)
        ).first()

    def _end_of_chain(self, unit_id: HsaId) -> tuple[int, str]:
        """Nobody else writes to it until the transaction ends, so that a chain never forks."""
        self._hold(unit_id)
        last = self._end(unit_id) or self._before_the_first(unit_id)
        return (last.number, last.hash) if last else (0, "")

    def _hold(self, unit_id: HsaId) -> None:
        if self._session.get_bind().dialect.name == "postgresql":
            # The regional administration has a chain, and no row to hold.
            key = func.hashtextextended(f"access_log/{unit_id}", 0)
            self._session.execute(select(func.pg_advisory_xact_lock(key)))


def _link(
    row: Mapping[Any, Any],
    before: Link | None,
    keys: Mapping[int, LogKey],
    unkeyed: BeforeKeys | None,
) -> Link:
    """Once an entry has a key, none after it has none, or an older one.

    Without a key are those alone that are noted (`unkeyed`) as older than the keys.
    """
    previous, oldest = (before.hash, before.key) if before else ("", None)
    number = row["key_number"]
    if number is None:
        noted = unkeyed is not None and unkeyed.has(row["number"], row["hash"])
        sound = noted and oldest is None and same(row["hash"], unkeyed_link(previous, row))
    else:
        key = keys.get(number) if number >= (oldest or 0) else None
        sound = key is not None and same(row["hash"], key.entry_seal(previous, row))
    return Link(
        number=row["number"],
        at=row["at"],
        hash=row["hash"],
        key=number,
        sound=sound,
        restored=number is not None and row["act"] == RESTORED,
    )


def _head_of_start(row: LogStartRow) -> LogHead:
    return LogHead(
        unit_id=HsaId(row.unit_id),
        number=row.number,
        hash=row.hash,
        at=row.purged_at,
        key=row.key_number,
        seal=row.seal,
    )


def _head(unit_id: str, number: int, seal: str, key: LogKey, at: datetime) -> LogHead:
    head = LogHead(
        unit_id=HsaId(unit_id), number=number, hash=seal, at=at, key=key.number, seal=""
    )
    return replace(head, seal=key.head_seal(head))
