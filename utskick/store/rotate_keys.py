"""A change of keys, while everything runs: all that is sealed is sealed anew, the index as well.

```
the ring holds a new key  →  it becomes current  →  rows are sealed anew  →  old keys are retired
```
Each arrow is a transaction, and so is each batch of rows. Every row says which key it is sealed
with, and `vault_key` which keys there have been: that is all there is to know of how far it has
come, so that whoever begins again goes on where another was killed.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import CursorResult, Engine, and_, select, update
from sqlalchemy.orm import Session

from utskick.domain.starting import RefusedToStart
from utskick.store.data_keys import DataKeys
from utskick.store.key_checks import in_use, note_key
from utskick.store.sealed_tables import SEALED, SealedTable
from utskick.store.sealing import SealingNow, hold_keys
from utskick.store.tables import DataKeyRow, SealedRow, VaultKeyRow
from utskick.store.vault import Sealed, Vault

_AT_ONCE = 200
_LOOKS_AGAIN_S = 0.1
_IS_OLD = and_(VaultKeyRow.current.is_(False), VaultKeyRow.retired_at.is_(None))


class Keyring(Protocol):
    """Where the keys are kept: in a file, or in settings that only an operator changes."""

    def add(self, key_id: str) -> None:
        """Put in a new key, to be current. Raises `RefusedToStart` if only people can."""

    def drop(self, key_ids: Sequence[str]) -> None:
        """Take out what is of no use any more."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a change of keys has done; `dropped` opens nothing any more."""

    current: str
    rows: int
    dropped: Sequence[str]
    resumed: bool


def rotate_keys(
    engine: Engine,
    vault: Vault,
    keyring: Keyring,
    *,
    now: datetime,
    announce: Callable[[str], None] = lambda _: None,
) -> Rotated:
    """Go on with the change of keys that was begun, or begin one. Done again, it begins the next.

    The keys have been held against the database (`check_keys`).
    """
    vault.read_again()
    current = _current(engine)
    resumed = vault.ring.current != current or _is_under_way(engine, vault)
    if not resumed:
        keyring.add(_next_id(engine))
        vault.read_again()
        announce("key added")
    if vault.ring.current != current:
        _make_current(engine, vault, now=now)
        announce("key made current")
    rows = _seal_all_anew(engine, vault, announce)
    _retire(engine, now=now)
    announce("keys retired")
    dropped = _useless(engine, vault)
    keyring.drop(dropped)
    return Rotated(_current(engine), rows, dropped, resumed)


def _current(engine: Engine) -> str:
    with Session(engine) as session:
        return session.scalars(select(VaultKeyRow.key_id).where(VaultKeyRow.current)).one()


def _is_under_way(engine: Engine, vault: Vault) -> bool:
    return bool(_old(engine) or _useless(engine, vault))


def _old(engine: Engine) -> Sequence[str]:
    """Keys that something may still be sealed with."""
    with Session(engine) as session:
        return session.scalars(select(VaultKeyRow.key_id).where(_IS_OLD)).all()


def _useless(engine: Engine, vault: Vault) -> Sequence[str]:
    """Keys of the ring that nothing is sealed with any more."""
    with Session(engine) as session:
        retired = select(VaultKeyRow.key_id).where(VaultKeyRow.retired_at.is_not(None))
        return sorted(vault.ring.keys.keys() & set(session.scalars(retired)))


def _next_id(engine: Engine) -> str:
    """One that no key has ever had."""
    with Session(engine) as session:
        known = session.scalars(select(VaultKeyRow.key_id)).all()
    numbers = [int(key_id) for key_id in known if key_id.isdecimal()]
    return str(max(numbers, default=len(known)) + 1)


def _make_current(engine: Engine, vault: Vault, *, now: datetime) -> None:
    """From this commit on, every process seals with the new key, and finds by both."""
    with Session(engine) as session, session.begin():
        hold_keys(session)
        session.execute(update(VaultKeyRow).values(current=False))
        known = session.get(VaultKeyRow, vault.ring.current)
        if known is not None and known.retired_at is not None:
            raise RefusedToStart(
                f"key {known.key_id} has been retired: give the new key an id of its own"
            )
        if known is not None:
            known.current = True
        else:
            note_key(session, vault, vault.ring.current, current=True, now=now)
        session.flush()
        # What was made with an old data key stays known by it; what comes is not.
        sealing = SealingNow(session, vault)
        for purpose in session.scalars(select(DataKeyRow.purpose).distinct()).all():
            DataKeys(session, sealing, purpose).add()


def _seal_all_anew(engine: Engine, vault: Vault, announce: Callable[[str], None]) -> int:
    """Until nothing is left; rows that somebody is working with are left to the next round."""
    total = 0
    while True:
        done = sum(_seal_table_anew(engine, vault, table, announce) for table in SEALED)
        total += done
        if not _is_anything_left(engine):
            return total
        if not done:
            time.sleep(_LOOKS_AGAIN_S)


def _seal_table_anew(
    engine: Engine, vault: Vault, table: SealedTable, announce: Callable[[str], None]
) -> int:
    total, after = 0, UUID(int=0)
    while True:
        with Session(engine) as session, session.begin():
            current = SealingNow(session, vault).key_ids[0]
            rows = _some_left(session, table, current, after)
            if not rows:
                return total
            for row in rows:
                total += _seal_anew(session, vault, table, row, current)
            announce(f"sealing {table.row.__tablename__}")
            after = rows[-1].id
        announce(f"sealed {table.row.__tablename__}")


def _some_left(
    session: Session, table: SealedTable, current: str, after: UUID
) -> Sequence[SealedRow]:
    """Those that nobody else holds: to wait with rows in hand would be a deadlock one day."""
    return session.scalars(
        select(table.row)
        .where(table.row.id > after, table.row.key_id != current)
        .order_by(table.row.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()


def _seal_anew(
    session: Session, vault: Vault, table: SealedTable, row: SealedRow, current: str
) -> int:
    opened = vault.open(Sealed(row.ciphertext, row.key_id), row=row.id)
    values: dict[str, Any] = {
        "ciphertext": vault.seal_with(current, opened, row=row.id).ciphertext,
        "key_id": current,
    }
    if table.index:
        values[table.index] = vault.index(opened, key_id=current)
    changed = session.execute(
        update(table.row)
        .where(table.row.id == row.id, table.row.key_id == row.key_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(changed, CursorResult)
    return changed.rowcount


def _is_anything_left(engine: Engine) -> bool:
    old = _old(engine)
    with Session(engine) as session:
        return any(in_use(session, key_id) for key_id in old)


def _retire(engine: Engine, *, now: datetime) -> None:
    """Whoever could still seal with an old key has ended: they held what is held here."""
    with Session(engine) as session, session.begin():
        hold_keys(session)
        for key in session.scalars(select(VaultKeyRow).where(_IS_OLD)).all():
            if not in_use(session, key.key_id):
                key.retired_at = now
