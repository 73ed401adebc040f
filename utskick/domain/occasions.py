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
    """`planned → running → done | missed | blocked | stopped | ended`.

    A stop before the moment gives planned again. `MISSED` has something left that was not sent in
    time, and `STOPPED` something that a stop in the middle has left: staff say what becomes of it.
    `BLOCKED` was not sent as a form had been archived or unsubscribed. `ENDED`: staff have said
    that the rest is never sent.
    """

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    MISSED = "missed"
    BLOCKED = "blocked"
    STOPPED = "stopped"
    ENDED = "ended"


NOT_ENDED = (OccasionState.PLANNED, OccasionState.RUNNING)
HAS_A_REST = (OccasionState.MISSED, OccasionState.STOPPED)
"""What is left of it waits for staff."""


class Aim(StrEnum):
    """What a run is to do with an occasion. All but `SEND` send no form, only inbox messages.

    `STOP`: it was stopped in the middle; those who have got all their forms are notified.
    `NOTIFY`: staff want those notified, too, who have got some of their forms.
    `END`: the rest is never sent; all who have got any are notified.
    """

    SEND = "send"
    STOP = "stop"
    NOTIFY = "notify"
    END = "end"


class Appearance(StrEnum):
    """An occasion's state as staff read it: it depends on its dispatch, and on the time."""

    PLANNED = "Planerat"
    LATE = "Försenat"
    RUNNING = "Skickas"
    DONE = "Skickat"
    MISSED = "Missat"
    HALTED = "Stoppat"
    STOPPED = "Stoppat mitt i"
    ABORTED = "Avbrutet"
    ENDED = "Avslutat"
    AWAITING = "Väntar på godkännande"
    NOT_SENT = "Skickas inte"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One local date and time, and the same moment in UTC, so that neither is ever guessed.

    `by_hand_at` is when staff chose, after its moment, to send it or to notify of it. `others_due`
    is how many occasions were already planned for the same minute when it was, and `questions_due`
    about how many persons the inbox is to be asked before that minute, theirs and its own.
    `unchecked_persons` and `unchecked_accounts` count those for whom a register gave no new answer
    before the moment, so that an earlier one was used. `brake_id`: what kept it from being sent.
    `answer_by` is its own last day to answer, in the message with `answer_by_time`; `None` where
    its dispatch's holds.
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
    questions_due: int = 0
    closed_at: datetime | None = None
    unchecked_persons: int = 0
    unchecked_accounts: int = 0
    aim: Aim = Aim.SEND
    brake_id: UUID | None = None
    answer_by: date | None = None
    answer_by_time: time | None = None

    @property
    def local(self) -> datetime:
        """The moment as staff wrote it, aware."""
        return self.sends_at.astimezone(self.zone)

    @property
    def due_at(self) -> datetime:
        """When it is to be sent: its moment, or when staff chose to send it after that."""
        return self.by_hand_at or self.sends_at

    @property
    def halted(self) -> bool:
        """Whether a stop in the middle holds, though its run may not have ended yet."""
        return self.state is OccasionState.STOPPED or (
            self.state in NOT_ENDED and self.aim in (Aim.STOP, Aim.NOTIFY)
        )

    @property
    def has_a_rest(self) -> bool:
        """Whether staff are to say what becomes of what is left."""
        return self.state in HAS_A_REST or self.halted
