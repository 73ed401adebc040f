"""What staff have started, and for whom."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row, SealedRow
from utskick.store.tables.reference import FormTemplateRow, UnitRow


class PersonRow(SealedRow):
    """A personnummer, encrypted, beside the keyed hash that finds it again."""

    __tablename__ = "person"

    blind_index: Mapped[str] = mapped_column(String(64), unique=True)


class PersonNameRow(SealedRow):
    """A recipient's name, encrypted, as the population register has it. Protected have none."""

    __tablename__ = "person_name"

    person_id: Mapped[UUID] = mapped_column(
        ForeignKey(PersonRow.id, ondelete="CASCADE"), unique=True
    )


class InboxAnswerRow(Row):
    """What 1177's inbox has last said of a person, for a while (`UTSKICK_INBOX__REMEMBERED_S`)."""

    __tablename__ = "inbox_answer"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(PersonRow.id), primary_key=True)
    active: Mapped[bool]
    notified_by: Mapped[list[str]] = mapped_column(JSON)
    asked_at: Mapped[datetime] = mapped_column(index=True)


class DispatchRow(Row):
    __tablename__ = "dispatch"
    __table_args__ = (
        UniqueConstraint("unit_id", "submission_key"),
        Index("ix_dispatch_unit_created", "unit_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id))
    package_key: Mapped[str | None] = mapped_column(String(100))
    package_version: Mapped[int | None]
    name: Mapped[str]
    title: Mapped[str]
    status: Mapped[str] = mapped_column(String(10), index=True)
    error_addresses: Mapped[list[str]] = mapped_column(JSON)
    creates_inbox_message: Mapped[bool]
    inbox_message: Mapped[str] = mapped_column(Text)
    inbox_messages: Mapped[dict[str, str]] = mapped_column(JSON)
    form_banner: Mapped[str] = mapped_column(Text)
    answer_by: Mapped[date | None]
    purge_after: Mapped[date | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    submission_key: Mapped[str] = mapped_column(String(64))
    content_seal: Mapped[str | None] = mapped_column(String(64))
    standing_id: Mapped[UUID | None] = mapped_column(index=True)
    series_id: Mapped[UUID | None] = mapped_column(index=True)
    replaces: Mapped[UUID | None]
    draft_id: Mapped[UUID | None] = mapped_column(index=True, unique=True)


class DispatchFormRow(Row):
    __tablename__ = "dispatch_form"

    dispatch_id: Mapped[UUID] = mapped_column(
        ForeignKey(DispatchRow.id, ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[UUID] = mapped_column(ForeignKey(FormTemplateRow.id), index=True)
    name: Mapped[str]
    resident_name: Mapped[str]


_UNREGISTERED = "state = 'planned' AND NOT registered"


class OccasionRow(Row):
    """`run_token` and `lease_until` say which run may send for the occasion, `aim` what.

    `registered`: its present version is registered with the scheduler.
    """

    __tablename__ = "occasion"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "number"),
        Index("ix_occasion_state_sends_at", "state", "sends_at"),
        Index(
            "ix_occasion_unregistered",
            "dispatch_id",
            sqlite_where=text(_UNREGISTERED),
            postgresql_where=text(_UNREGISTERED),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey(DispatchRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    local_date: Mapped[date]
    local_time: Mapped[time]
    zone: Mapped[str]
    sends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    registered: Mapped[bool] = mapped_column(default=False)
    others_due: Mapped[int] = mapped_column(default=0)
    questions_due: Mapped[int] = mapped_column(default=0, server_default="0")
    run_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    message_heading: Mapped[str] = mapped_column(default="")
    message_text: Mapped[str] = mapped_column(Text, default="")
    late: Mapped[bool] = mapped_column(default=False)
    by_hand_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    unchecked_persons: Mapped[int] = mapped_column(default=0)
    unchecked_accounts: Mapped[int] = mapped_column(default=0)
    aim: Mapped[str] = mapped_column(String(10), server_default="send", default="send")
    brake_id: Mapped[UUID | None]
    answer_by: Mapped[date | None]
    answer_by_time: Mapped[time | None]


_TO_ASK = text("to_ask")


class RecipientRow(Row):
    """`to_ask`: the inbox has not said yet whether and how the person is notified."""

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "person_id"),
        Index(
            "ix_recipient_to_ask", "dispatch_id", sqlite_where=_TO_ASK, postgresql_where=_TO_ASK
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey(DispatchRow.id, ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(PersonRow.id), index=True)
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    left_out_because: Mapped[str | None] = mapped_column(String(30))
    notified_by: Mapped[list[str]] = mapped_column(JSON)
    to_ask: Mapped[bool] = mapped_column(default=False, server_default=false())
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]
