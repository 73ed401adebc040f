"""A form that nobody has asked about is neither answered nor unanswered."""

from datetime import UTC, datetime

import pytest

from utskick.domain.answers import (
    ANSWER_LABELS,
    AnswerCount,
    AnswerKnown,
    answer_known,
    status_in_words,
)
from utskick.domain.deliveries import FormStatus

CHECKED = datetime(2027, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "checked_at", "known", "words"),
    [
        (FormStatus.COMPLETED, CHECKED, AnswerKnown.ANSWERED, "Besvarat"),
        (FormStatus.PENDING_COMPLETION, CHECKED, AnswerKnown.UNANSWERED, "Pausat"),
        (FormStatus.ONGOING, CHECKED, AnswerKnown.UNANSWERED, "Ej påbörjat eller pågående"),
        (FormStatus.ONGOING, None, AnswerKnown.NOT_CHECKED, "Ej kontrollerat"),
        (None, None, None, ""),
    ],
)
def test_an_answer_is_known_when_the_form_service_has_said_so(
    status: FormStatus | None, checked_at: datetime | None, known: AnswerKnown | None, words: str
) -> None:
    assert answer_known(status, checked_at=checked_at) is known
    assert status_in_words(status, checked_at=checked_at) == words


def test_every_answer_has_a_label() -> None:
    assert set(ANSWER_LABELS) == set(AnswerKnown)


@pytest.mark.parametrize(
    ("sent", "known", "answered", "share"),
    [
        (312, 50, 0, "känd för 50 av 312"),
        (312, 50, 50, "känd för 50 av 312"),
        (312, 0, 0, "känd för 0 av 312"),
        (3, 3, 1, "33 %"),
        (3, 3, 0, "0 %"),
        (312, 312, 1, "1 %"),
        (312, 312, 311, "99 %"),
        (312, 312, 312, "100 %"),
        (0, 0, 0, "–"),
    ],
)
def test_there_is_a_share_once_all_answers_are_known(
    sent: int, known: int, answered: int, share: str
) -> None:
    assert AnswerCount(sent=sent, known=known, answered=answered).share == share


def test_counts_are_added_each_by_itself() -> None:
    one = AnswerCount(sent=3, known=2, answered=1)

    assert one + one == AnswerCount(sent=6, known=4, answered=2)
