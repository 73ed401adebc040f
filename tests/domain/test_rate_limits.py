"""How often: what is taken comes back in the course of the period."""

import pytest

from utskick.domain.rate_limits import Limit, RateLimits, TooOften

RATES: dict[str, str] = dict.fromkeys(Limit, "3/min")


class Ticking:
    """Seconds that pass when the test says so."""

    now_s = 1_000_000.1

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Ticking:
    return Ticking()


@pytest.fixture
def limits(time: Ticking) -> RateLimits:
    return RateLimits(RATES, monotonic=time)


def refused_for_s(limits: RateLimits, who: str = "Karin", *, cost: int = 1) -> int:
    with pytest.raises(TooOften) as refused:
        limits.take(Limit.SMS, who, cost=cost)
    return refused.value.retry_after_s


def test_so_many_at_once_and_then_one_by_one(limits: RateLimits, time: Ticking) -> None:
    for _ in range(3):
        limits.take(Limit.SMS, "Karin")

    assert refused_for_s(limits) == 20

    time.now_s += 20
    limits.take(Limit.SMS, "Karin")
    assert refused_for_s(limits) == 20


def test_who_waits_as_long_as_is_said_gets_through(limits: RateLimits, time: Ticking) -> None:
    limits.take(Limit.SMS, "Karin", cost=3)

    time.now_s += refused_for_s(limits, cost=2)

    limits.take(Limit.SMS, "Karin", cost=2)


def test_each_is_counted_alone_and_each_limit_too(limits: RateLimits) -> None:
    limits.take(Limit.SMS, "Karin", cost=3)

    limits.take(Limit.SMS, "Johan", cost=3)
    limits.take(Limit.IMPORTS, "Karin", cost=3)


def test_what_costs_more_than_there_ever_is_takes_all(limits: RateLimits) -> None:
    limits.take(Limit.SMS, "Karin", cost=250)

    assert refused_for_s(limits) == 20


def test_a_refusal_costs_nothing(limits: RateLimits) -> None:
    limits.take(Limit.SMS, "Karin", cost=3)

    waits = {refused_for_s(limits) for _ in range(10)}

    assert waits == {20}


def test_what_was_not_used_is_given_back(limits: RateLimits) -> None:
    limits.take(Limit.SMS, "Karin", cost=3)

    limits.give_back(Limit.SMS, "Karin", cost=2)

    limits.take(Limit.SMS, "Karin", cost=2)


def test_a_flood_of_addresses_fills_no_memory(
    limits: RateLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utskick.domain.rate_limits._MOST_COUNTED", 100)

    for number in range(1_000):
        limits.take(Limit.STRANGERS, f"192.0.2.{number}", cost=3)

    counted = [n for n in range(1_000) if limits.counts(Limit.STRANGERS, f"192.0.2.{n}")]
    assert len(counted) <= 100
    assert 999 in counted


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [
        ("60/min", "Försök igen om 1 sekund."),
        ("3/min", "Försök igen om 20 sekunder."),
        ("1/min", "Försök igen om 60 sekunder."),
        ("20/h", "Försök igen om 3 minuter."),
        ("1/d", "Försök igen om 24 timmar."),
    ],
)
def test_the_sentence_says_how_long_to_wait(time: Ticking, rate: str, sentence: str) -> None:
    limits = RateLimits({Limit.SMS: rate}, monotonic=time)
    limits.take(Limit.SMS, "Karin", cost=1_000)

    with pytest.raises(TooOften) as refused:
        limits.take(Limit.SMS, "Karin")

    assert refused.value.staff_message.endswith(sentence)
