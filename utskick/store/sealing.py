"""Which key seals, as the database has it: so that all processes change it at one moment.

While keys are changed a process may still have the old ring, and another the new one. If each
sealed with its own, one would not find whom the other has just kept, and would keep them twice.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from utskick.store.tables import VaultKeyRow
from utskick.store.vault import Sealed, Vault

_CHANGING_KEYS = 1178


class SealingNow:
    """A vault in one transaction. From its first use the current key stays so until the end."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault
        self._key_ids: Sequence[str] = ()

    def hold(self) -> None:
        _ = self.key_ids

    # No cached_property: until Python 3.12 it has one lock for all transactions, and whoever asks
    # the database inside it waits for those who wait for the lock.
    @property
    def key_ids(self) -> Sequence[str]:
        self._key_ids = self._key_ids or self._asked()
        return self._key_ids

    def _asked(self) -> Sequence[str]:
        _lock(self._session, "pg_advisory_xact_lock_shared")
        rows = self._session.execute(
            select(VaultKeyRow.key_id)
            .where(VaultKeyRow.retired_at.is_(None))
            .order_by(VaultKeyRow.current.desc(), VaultKeyRow.key_id)
        )
        # Nothing is noted of keys before the first process has started.
        return list(rows.scalars()) or self._vault.key_ids

    def seal(self, content: bytes, *, row: UUID) -> Sealed:
        return self._vault.seal_with(self.key_ids[0], content, row=row)

    def open(self, sealed: Sealed, *, row: UUID) -> bytes:
        return self._vault.open(sealed, row=row)

    def index(self, content: bytes, *, key_id: str) -> str:
        return self._vault.index(content, key_id=key_id)


def hold_keys(session: Session) -> None:
    """Until the transaction ends nobody else seals anything, or changes which key is current."""
    _lock(session, "pg_advisory_xact_lock")


def _lock(session: Session, function: str) -> None:
    """SQLite has one transaction at a time."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(getattr(func, function)(_CHANGING_KEYS)))
