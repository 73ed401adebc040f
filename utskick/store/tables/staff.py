"""Who may come in: staff by signing in, a unit's systems with a token."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.reference import UnitRow


class StaffMemberRow(Row):
    """A staff member and the unit chosen last."""

    __tablename__ = "staff_member"

    hsa_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    chosen_unit_id: Mapped[str | None] = mapped_column(ForeignKey(UnitRow.hsa_id))
    signed_in_at: Mapped[datetime | None]


class StaffSessionRow(Row):
    """Somebody signed in. Without a unit, they have to choose one first."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffMemberRow.hsa_id), index=True)
    name: Mapped[str]
    commissions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    roles: Mapped[list[str]] = mapped_column(JSON)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey(UnitRow.hsa_id))
    id: Mapped[UUID] = mapped_column(unique=True)
    place: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]


class RightGrantRow(Row):
    """A right that somebody was given on a page. The person may never have signed in."""

    __tablename__ = "right_grant"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(32), index=True)
    right: Mapped[str] = mapped_column(String(30))
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id), index=True)
    until: Mapped[date | None]
    granted_by: Mapped[str]
    granted_at: Mapped[datetime]
    withdrawn_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


class TokenRow(Row):
    __tablename__ = "token"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id))
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
