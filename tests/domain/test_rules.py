"""How long an occasion may be sent, and how long to wait between tries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from utskick.domain.calendar import STOCKHOLM
from utskick.domain.occasions import Occasion, OccasionId
from utskick.domain.rules import Rules

RULES = Rules()


def an_occasion(
    local: str, *, by_hand_at: datetime | None = None, others_due: int = 0, questions_due: int = 0
) -> Occasion:
    sends_at = datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM)
    return Occasion(
        id=OccasionId(uuid4()),
        number=1,
        local_date=sends_at.date(),
        local_time=sends_at.time(),
        zone=STOCKHOLM,
        sends_at=sends_at.astimezone(UTC),
        by_hand_at=by_hand_at,
        others_due=others_due,
        questions_due=questions_due,
    )


@pytest.mark.parametrize(
    ("sends_at", "until"),
    [
        ("2027-02-01 08:00", "2027-02-01 10:00"),
        ("2027-02-01 19:30", "2027-02-01 21:00"),
        ("2027-02-01 21:00", "2027-02-01 21:01"),
        ("2027-02-01 05:00", "2027-02-01 05:01"),
    ],
)
def test_an_occasion_may_be_late_but_never_at_night(sends_at: str, until: str) -> None:
    last = RULES.send_until(an_occasion(sends_at))

    assert f"{last.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}" == until


def test_what_staff_send_by_hand_may_be_sent_at_night() -> None:
    at_night = datetime(2027, 2, 1, 22, tzinfo=UTC)

    last = RULES.send_until(an_occasion("2027-02-01 08:00", by_hand_at=at_night))

    assert last == at_night + timedelta(hours=2)


def test_the_last_delay_goes_on_for_ever() -> None:
    assert [RULES.retry_delay_s(n) for n in (0, 1, 2, 3, 4, 99)] == [4, 20, 300, 1800, 1800, 1800]


@pytest.mark.parametrize(
    ("per_s", "others_due", "questions_due", "lead_s"),
    [
        (1, 0, 0, 120),
        (1, 0, 250, 120 + 250),
        (50, 0, 250, 120 + 5),
        (1, 3, 1000, 120 + 1.5 + 1000),
        (1, 100, 25_000, 1800),
    ],
)
def test_an_occasion_begins_early_enough_to_ask_about_all_who_are_due_at_its_minute(
    per_s: float, others_due: int, questions_due: int, lead_s: float
) -> None:
    occasion = an_occasion("2027-02-01 08:00", others_due=others_due, questions_due=questions_due)

    begins = replace(RULES, inbox_per_s=per_s).starts_at(occasion)

    assert (occasion.sends_at - begins).total_seconds() == lead_s
