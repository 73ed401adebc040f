"""At each start: whether the keys are those that this database was sealed with.

A wrong key would not be noticed before somebody's number does not open, or, if it is the index
key, not at all: everybody would be kept a second time.
"""

from collections.abc import Iterator
from datetime import datetime

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from utskick.store.keys import KeysRefused
from utskick.store.sealed_tables import SEALED, SealedTable
from utskick.store.sealing import hold_keys
from utskick.store.tables import VaultKeyRow
from utskick.store.vault import Sealed, Vault

_WHERE = "put back the keys that go with this database (key file or UTSKICK_DATABASE__KEYS)"


def check_keys(engine: Engine | Connection, vault: Vault, *, now: datetime) -> None:
    """Hold the keys against the database; keys that it does not know are noted there.

    Raises `KeysRefused`, naming each key that is missing or another than the database's.
    """
    with Session(engine) as session, session.begin():
        known = _known(session)
        if _unknown(vault, known):
            hold_keys(session)
            known = _known(session)
        unknown = _unknown(vault, known)
        faults = [*_faults_of_known(known, vault)]
        for key_id in unknown:
            faults += _faults_of_rows(session, vault, key_id)
        faults += _faults_of_missing(session, vault, known)
        if faults:
            raise KeysRefused(*dict.fromkeys(faults))
        has_current = any(row.current for row in known.values())
        for key_id in unknown:
            current = key_id == vault.ring.current and not has_current
            # What is only there for a change of keys to come is noted when it is changed to.
            if current or in_use(session, key_id):
                note_key(session, vault, key_id, current=current, now=now)


def note_key(session: Session, vault: Vault, key_id: str, *, current: bool, now: datetime) -> None:
    """So that it is recognised from now on."""
    sealing, finding = vault.ring.keys[key_id].checks
    session.add(
        VaultKeyRow(
            key_id=key_id,
            sealing_check=sealing,
            finding_check=finding,
            current=current,
            added_at=now,
        )
    )


def _known(session: Session) -> dict[str, VaultKeyRow]:
    rows = session.scalars(select(VaultKeyRow)).all()
    return {row.key_id: row for row in rows}


def _unknown(vault: Vault, known: dict[str, VaultKeyRow]) -> list[str]:
    return [key_id for key_id in vault.ring.keys if key_id not in known]


def _faults_of_known(known: dict[str, VaultKeyRow], vault: Vault) -> Iterator[str]:
    for key_id, key in vault.ring.keys.items():
        if row := known.get(key_id):
            sealing, finding = key.checks
            if sealing != row.sealing_check:
                yield _another("key", key_id)
            if finding != row.finding_check:
                yield _another("index key of", key_id)


def _faults_of_rows(session: Session, vault: Vault, key_id: str) -> Iterator[str]:
    """Of a key that has no check values yet: one row of each table must open with it."""
    for table in SEALED:
        rows = session.scalars(select(table.row).where(table.row.key_id == key_id).limit(1))
        for row in rows:
            try:
                opened = vault.open(Sealed(row.ciphertext, key_id), row=row.id)
            except InvalidTag:
                yield _another("key", key_id)
                continue
            if table.index and getattr(row, table.index) != vault.index(opened, key_id=key_id):
                yield _another("index key of", key_id)


def _faults_of_missing(
    session: Session, vault: Vault, known: dict[str, VaultKeyRow]
) -> Iterator[str]:
    """Nobody need look at rows for the ids of keys once they are noted."""
    ids = {key_id for key_id, row in known.items() if row.retired_at is None}
    for table in () if known else SEALED:
        ids.update(session.scalars(select(table.row.key_id).distinct()))
    for key_id in sorted(ids - vault.ring.keys.keys()):
        if (known.get(key_id) and known[key_id].current) or in_use(session, key_id):
            yield f"key {key_id}, which this database is sealed with, is missing: {_WHERE}"


def in_use(session: Session, key_id: str) -> bool:
    """Whether anything is sealed with it."""
    return any(_first(session, table, key_id) for table in SEALED)


def _first(session: Session, table: SealedTable, key_id: str) -> bool:
    found = select(table.row.id).where(table.row.key_id == key_id).limit(1)
    return session.scalar(found) is not None


def _another(what: str, key_id: str) -> str:
    return f"{what} {key_id} is another than this database was sealed with: {_WHERE}"
