"""What is known of residents' answers: a form nobody has asked about is neither answered nor not.

The form service says how far a resident has come when it is asked, and only then.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from utskick.domain.deliveries import FORM_STATUS_LABELS, FormStatus


class AnswerKnown(StrEnum):
    """Besvarat, obesvarat, or a form that was sent and has not been asked about since."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    NOT_CHECKED = "not_checked"


ANSWER_LABELS = {
    AnswerKnown.ANSWERED: "Besvarat",
    AnswerKnown.UNANSWERED: "Obesvarat",
    AnswerKnown.NOT_CHECKED: "Ej kontrollerat",
}


def answer_known(status: FormStatus | None, *, checked_at: datetime | None) -> AnswerKnown | None:
    """`checked_at` is when the form service said so; `None` for a form that was never sent."""
    if status is None:
        return None
    if checked_at is None:
        return AnswerKnown.NOT_CHECKED
    done = status is FormStatus.COMPLETED
    return AnswerKnown.ANSWERED if done else AnswerKnown.UNANSWERED


def status_in_words(status: FormStatus | None, *, checked_at: datetime | None) -> str:
    """How far the resident has come; empty for a form that was never sent."""
    if status is None:
        return ""
    if checked_at is None:
        return ANSWER_LABELS[AnswerKnown.NOT_CHECKED]
    return FORM_STATUS_LABELS[status]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCount:
    """Of those sent, for how many the answer is known, and how many of these have answered."""

    sent: int
    known: int
    answered: int

    def __add__(self, other: Self) -> Self:
        return type(self)(
            sent=self.sent + other.sent,
            known=self.known + other.known,
            answered=self.answered + other.answered,
        )

    @property
    def share(self) -> str:
        """How large a part have answered, or for how many that is known while it is not for all.

        Rounded, but 0 % only when nobody has answered and 100 % only when everybody has.
        """
        if self.known < self.sent:
            return f"känd för {self.known} av {self.sent}"
        if self.answered in (0, self.sent):
            return f"{100 if self.answered else 0} %" if self.sent else "–"
        return f"{min(99, max(1, round(100 * self.answered / self.sent)))} %"
