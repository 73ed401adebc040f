"""Random keys of one purpose, kept sealed in the database.

What is made with one can be held against it for as long as it is kept: a change of the keys that
seal gives it another seal, and leaves it as it is.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from utskick.store.keys import KEY_BYTES, derive
from utskick.store.statements import database_clock, insert_new
from utskick.store.tables import DataKeyRow
from utskick.store.vault import Sealed, Sealing


class DataKeys:
    """Those of one purpose, by their number; the highest is the newest."""

    def __init__(self, session: Session, vault: Sealing, purpose: str) -> None:
        self._session = session
        self._vault = vault
        self._purpose = purpose

    def all(self) -> Mapping[int, bytes]:
        """In order; the first is made when it is first asked for. The newest stays the newest."""
        self._vault.hold()
        return self._kept() or self._made()

    def openable(self) -> Mapping[int, bytes]:
        """As `all`, but for those that somebody has changed, or that no key opens."""
        opened = {}
        for row in self._rows():
            with suppress(InvalidTag, KeyError):
                opened[row.number] = self._opened(row)
        return opened

    def newest(self) -> tuple[int, bytes]:
        return max(self.all().items())

    def add(self) -> None:
        """Make a newer one. Whoever does so at the same time makes the same one."""
        last = self._session.scalar(
            select(func.max(DataKeyRow.number)).where(DataKeyRow.purpose == self._purpose)
        )
        key_id = uuid4()
        sealed = self._vault.seal(secrets.token_bytes(KEY_BYTES), row=key_id)
        row = {
            "id": key_id,
            "purpose": self._purpose,
            "number": (last or 0) + 1,
            "ciphertext": sealed.ciphertext,
            "key_id": sealed.key_id,
            "created_at": database_clock(self._session),
        }
        insert_new(self._session, DataKeyRow, [row])

    def _made(self) -> Mapping[int, bytes]:
        self.add()
        return self._kept()

    def _kept(self) -> Mapping[int, bytes]:
        return {row.number: self._opened(row) for row in self._rows()}

    def _rows(self) -> Sequence[Row[tuple[int, UUID, bytes, str]]]:
        return self._session.execute(
            select(DataKeyRow.number, DataKeyRow.id, DataKeyRow.ciphertext, DataKeyRow.key_id)
            .where(DataKeyRow.purpose == self._purpose)
            .order_by(DataKeyRow.number)
        ).all()

    def _opened(self, row: Row[tuple[int, UUID, bytes, str]]) -> bytes:
        return self._vault.open(Sealed(row.ciphertext, row.key_id), row=row.id)


def keyed_hash(text: str, key: bytes, *, what: str) -> str:
    """The same text gives the same hash, of one kind (`what`) alone."""
    return hmac.new(derive(key, what), text.encode(), hashlib.sha256).hexdigest()
