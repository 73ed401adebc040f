"""What comes in from outside, and how often we may go out: uploads, tokens, budgets."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session

from utskick.domain.errors import NotFound, UnknownToken
from utskick.domain.inbox_budget import InboxBudget, Place, Queue, take_place
from utskick.domain.sms import MobileNumber
from utskick.domain.specs import UploadId
from utskick.domain.tokens import Scope, Token
from utskick.domain.units import HsaId
from utskick.store.data_keys import DataKeys, keyed_hash
from utskick.store.statements import all_or_each, database_clock, insert_new
from utskick.store.tables import (
    NeighbourBudgetRow,
    SenderRow,
    SmsRow,
    TokenRow,
    UnitRow,
    UploadRow,
)
from utskick.store.vault import Sealed, Sealing

_TOKEN_BYTES = 32
_ID_CHARACTERS = 32
_USED_EVERY = timedelta(minutes=1)
_LONGEST_QUEUE = timedelta(hours=6)


class SqlUploads:
    def __init__(self, session: Session, vault: Sealing) -> None:
        self._session = session
        self._vault = vault

    def add(self, unit_id: HsaId, content: bytes, *, by: str, now: datetime) -> UploadId:
        upload_id = uuid4()
        sealed = self._vault.seal(content, row=upload_id)
        self._session.add(
            UploadRow(
                id=upload_id,
                unit_id=unit_id,
                ciphertext=sealed.ciphertext,
                key_id=sealed.key_id,
                created_by=by,
                created_at=now,
            )
        )
        self._session.flush()
        return UploadId(upload_id)

    def get(self, upload_id: UploadId) -> bytes:
        row = self._session.get(UploadRow, upload_id)
        if row is None:
            raise NotFound("upload", upload_id)
        return self._vault.open(Sealed(row.ciphertext, row.key_id), row=row.id)

    def delete_before(self, moment: datetime) -> int:
        result = self._session.execute(delete(UploadRow).where(UploadRow.created_at < moment))
        assert isinstance(result, CursorResult)
        return result.rowcount


TEXTING = "texting"
"""The purpose of the keys that numbers are marked with."""
_MARK_CHARACTERS = 16


class SqlTexting:
    def __init__(self, session: Session, keys: DataKeys) -> None:
        self._session = session
        self._keys = keys

    def mark_of(self, number: MobileNumber) -> str:
        _, key = self._keys.newest()
        return keyed_hash(number.digits, key, what="mobile number")[:_MARK_CHARACTERS]

    def begin(self, sms_id: UUID, unit_id: HsaId, *, now: datetime) -> bool:
        row = SmsRow(id=sms_id, unit_id=unit_id, created_at=now)
        return bool(all_or_each(self._session, [row], self._insert))

    def cancel(self, sms_id: UUID) -> None:
        self._session.execute(delete(SmsRow).where(SmsRow.id == sms_id))

    def delete_before(self, moment: datetime) -> None:
        self._session.execute(delete(SmsRow).where(SmsRow.created_at < moment))

    def _insert(self, rows: Sequence[SmsRow]) -> None:
        self._session.add_all(rows)
        self._session.flush()


class SqlTokens:
    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, token: Token) -> str:
        secret = secrets.token_urlsafe(_TOKEN_BYTES)
        self._session.add(
            TokenRow(
                hash=_hash(secret),
                unit_id=token.unit_id,
                name=token.name,
                scopes=sorted(token.scopes),
                created_at=token.created_at,
                created_by=token.created_by,
                expires_at=token.expires_at,
                confirmed_at=token.confirmed_at,
                confirmed_by=token.confirmed_by,
            )
        )
        self._session.flush()
        return secret

    def find(self, token: str) -> Token:
        row = self._session.scalar(
            select(TokenRow)
            .join(UnitRow, UnitRow.hsa_id == TokenRow.unit_id)
            .where(
                TokenRow.hash == _hash(token),
                TokenRow.revoked_at.is_(None),
                UnitRow.withdrawn_at.is_(None),
            )
        )
        if row is None:
            raise UnknownToken
        return _token(row)

    def note_use(self, token: str, *, now: datetime) -> None:
        lately = TokenRow.last_used_at > now - _USED_EVERY
        self._session.execute(
            update(TokenRow)
            .where(TokenRow.hash == _hash(token), or_(TokenRow.last_used_at.is_(None), ~lately))
            .values(last_used_at=now)
        )

    def list_for(self, unit_id: HsaId) -> Sequence[Token]:
        rows = self._session.scalars(
            select(TokenRow)
            .where(TokenRow.unit_id == unit_id)
            .order_by(TokenRow.created_at.desc())
        )
        return [_token(row) for row in rows]

    def confirm(self, unit_id: HsaId, token_id: str, *, by: str, now: datetime) -> None:
        this_one = func.substr(TokenRow.hash, 1, _ID_CHARACTERS) == token_id
        awaited = TokenRow.confirmed_at.is_(None) & (TokenRow.expires_at > now)
        self._change(unit_id, this_one & awaited, confirmed_at=now, confirmed_by=by)

    def revoke(self, unit_id: HsaId, name: str, *, now: datetime) -> None:
        self._change(unit_id, TokenRow.name == name, revoked_at=now)

    def _change(self, unit_id: HsaId, which: ColumnElement[bool], **values: Any) -> None:
        result = self._session.execute(
            update(TokenRow)
            .where(TokenRow.unit_id == unit_id, TokenRow.revoked_at.is_(None), which)
            .values(**values)
        )
        assert isinstance(result, CursorResult)
        if not result.rowcount:
            raise NotFound("token")


def _token(row: TokenRow) -> Token:
    return Token(
        name=row.name,
        unit_id=HsaId(row.unit_id),
        scopes=frozenset(map(Scope, row.scopes)),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        confirmed_at=row.confirmed_at,
        confirmed_by=row.confirmed_by,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        # Half of the hash: unlike a name, no other key can be given it.
        id=row.hash[:_ID_CHARACTERS],
    )


def _hash(token: str) -> str:
    # A token is 256 random bits: a plain hash reveals nothing of it.
    return hashlib.sha256(token.encode()).hexdigest()


class SqlBudgets:
    def __init__(self, session: Session) -> None:
        self._session = session

    def reserve(self, neighbour: str, *, calls: int, per_s: float) -> float:
        row, now = self._locked(neighbour)
        first = max(now, row.free_at)
        row.free_at = first + timedelta(seconds=calls / per_s)
        self._session.flush()
        return (first - now).total_seconds()

    def reserve_inbox(self, budget: InboxBudget, *, calls: int, messages: bool) -> Place:
        row, now = self._locked("inbox")
        queue = Queue(
            free_at=row.free_at, messages=row.messages, last_message_at=row.last_message_at
        )
        queue, place = take_place(queue, budget, calls=calls, messages=messages, now=now)
        row.free_at, row.messages = queue.free_at, queue.messages
        row.last_message_at = queue.last_message_at
        self._session.flush()
        return place

    def _locked(self, neighbour: str) -> tuple[NeighbourBudgetRow, datetime]:
        """Its row, for this transaction alone, and what the time is."""
        now = database_clock(self._session)
        insert_new(self._session, NeighbourBudgetRow, [{"neighbour": neighbour, "free_at": now}])
        row = self._session.scalars(
            select(NeighbourBudgetRow)
            .where(NeighbourBudgetRow.neighbour == neighbour)
            .with_for_update()
        ).one()
        if row.free_at > now + _LONGEST_QUEUE:
            # Nobody has queued for so long: the database's clock has been set back.
            row.free_at, row.messages, row.last_message_at = now, 0, None
        return row, now

    def count_sender(self, process_id: UUID, *, lease_s: float) -> int:
        now = database_clock(self._session)
        until = now + timedelta(seconds=lease_s)
        insert_new(self._session, SenderRow, [{"id": process_id, "alive_until": until}])
        self._session.execute(
            update(SenderRow).where(SenderRow.id == process_id).values(alive_until=until)
        )
        living = select(func.count()).where(SenderRow.alive_until >= now)
        return self._session.scalar(living) or 1

    def forget_sender(self, process_id: UUID) -> None:
        now = database_clock(self._session)
        gone = or_(SenderRow.id == process_id, SenderRow.alive_until < now)
        self._session.execute(delete(SenderRow).where(gone))
