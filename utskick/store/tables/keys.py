"""What is known of keys: never a key in clear."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row, SealedRow


class VaultKeyRow(Row):
    """A key that something was sealed with, by values that only recognise it.

    One is current: it seals what is new. One that nothing is sealed with any more is retired.
    """

    __tablename__ = "vault_key"

    key_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    sealing_check: Mapped[str] = mapped_column(String(64))
    finding_check: Mapped[str] = mapped_column(String(64))
    current: Mapped[bool]
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class DataKeyRow(SealedRow):
    """A random key of one purpose, sealed: it stays the same when what seals it is changed."""

    __tablename__ = "data_key"
    __table_args__ = (UniqueConstraint("purpose", "number"),)

    purpose: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    created_at: Mapped[datetime]
