"""How far each access log is older than its keys: anyone can link entries that have none.

Noted once, sealed, by the change of the tables that makes room for it. So a log of which nothing
is noted has had keys from its first entry, and none that has keys can be without them again.
"""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from utskick.domain.units import HsaId
from utskick.store.data_keys import DataKeys
from utskick.store.log_keys import PURPOSE, every, newest, same
from utskick.store.sealing import SealingNow
from utskick.store.tables import AccessLogRow, LogBeforeKeysRow
from utskick.store.vault import Vault


@dataclass(frozen=True, slots=True)
class BeforeKeys:
    """The last entry without a key, and so all before it, which it is linked with."""

    number: int
    hash: str

    def has(self, number: int, link: str) -> bool:
        return number < self.number or (number, link) == (self.number, self.hash)


def has_entries_without_keys(session: Session) -> bool:
    without = select(AccessLogRow.number).where(AccessLogRow.key_number.is_(None))
    return session.scalar(without.limit(1)) is not None


def note_before_keys(session: Session, vault: Vault) -> None:
    """Seal, for each log, what stands there before its first entry with a key."""
    key = newest(DataKeys(session, SealingNow(session, vault), PURPOSE))
    with_key = (
        select(AccessLogRow.unit_id, func.min(AccessLogRow.number).label("number"))
        .where(AccessLogRow.key_number.is_not(None))
        .group_by(AccessLogRow.unit_id)
        .subquery()
    )
    last = (
        select(AccessLogRow.unit_id, func.max(AccessLogRow.number).label("number"))
        .outerjoin(with_key, with_key.c.unit_id == AccessLogRow.unit_id)
        .where(or_(with_key.c.number.is_(None), AccessLogRow.number < with_key.c.number))
        .group_by(AccessLogRow.unit_id)
        .subquery()
    )
    ends = select(AccessLogRow.unit_id, AccessLogRow.number, AccessLogRow.hash).join(
        last,
        (last.c.unit_id == AccessLogRow.unit_id) & (last.c.number == AccessLogRow.number),
    )
    for unit_id, number, link in session.execute(ends).all():
        seal = key.before_keys_seal(unit_id, number, link)
        session.add(
            LogBeforeKeysRow(
                unit_id=unit_id, number=number, hash=link, key_number=key.number, seal=seal
            )
        )


def before_keys(session: Session, keys: DataKeys, unit_id: HsaId) -> BeforeKeys | None:
    """As it was noted; nothing if it was not, or if somebody else has written it."""
    row = session.get(LogBeforeKeysRow, unit_id)
    if row is None or (key := every(keys).get(row.key_number)) is None:
        return None
    seal = key.before_keys_seal(row.unit_id, row.number, row.hash)
    return BeforeKeys(row.number, row.hash) if same(row.seal, seal) else None
