"""How long an occasion may be sent, and how long to wait between tries."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from utskick.domain.calendar import STOCKHOLM
from utskick.domain.occasions import Occasion, OccasionId
from utskick.domain.rules import Rules

RULES = Rules()


def an_occasion(local: str, *, by_hand_at: datetime | None = None) -> Occasion:
    sends_at = datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM)
    return Occasion(
        id=OccasionId(uuid4()),
        number=1,
        local_date=sends_at.date(),
        local_time=sends_at.time(),
        zone=STOCKHOLM,
        sends_at=sends_at.astimezone(UTC),
        by_hand_at=by_hand_at,
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
