"""Occasions (utskickstillfällen): the moments at which a dispatch is sent."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NewType
from uuid import UUID
from zoneinfo import ZoneInfo

OccasionId = NewType("OccasionId", UUID)
RunToken = NewType("RunToken", UUID)
"""Names one attempt to run an occasion; only its holder may send for the occasion."""


class OccasionState(StrEnum):
    """`planned → running → done | missed | blocked`; a stop before the moment gives planned again.

    `MISSED` has something left that was not sent in time; staff can send it by hand.
    `BLOCKED` was not sent as a form had been archived or unsubscribed.
    """

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    MISSED = "missed"
    BLOCKED = "blocked"


NOT_ENDED = (OccasionState.PLANNED, OccasionState.RUNNING)

OCCASION_LABELS = {
    OccasionState.PLANNED: "Planerat",
    OccasionState.RUNNING: "Skickas",
    OccasionState.DONE: "Skickat",
    OccasionState.MISSED: "Missat",
    OccasionState.BLOCKED: "Avbrutet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One local date and time, and the same moment in UTC, so that neither is ever guessed.

    `by_hand_at` is when staff chose to send it after it had been missed. `others_due` is how many
    occasions were already planned for the same minute when it was. `unchecked_persons` and
    `unchecked_accounts` are those who were sent to on an earlier answer of a register's.
    """

    id: OccasionId
    number: int
    local_date: date
    local_time: time
    zone: ZoneInfo
    sends_at: datetime
    state: OccasionState = OccasionState.PLANNED
    late: bool = False
    version: int = 1
    by_hand_at: datetime | None = None
    others_due: int = 0
    closed_at: datetime | None = None
    unchecked_persons: int = 0
    unchecked_accounts: int = 0

    @property
    def local(self) -> datetime:
        """The moment as staff wrote it, aware."""
        return self.sends_at.astimezone(self.zone)

    @property
    def label(self) -> str:
        return OCCASION_LABELS[self.state]
