from datetime import UTC, date, datetime, timedelta

import pytest

from utskick.adapters.contract_times import contract_date, read_date, read_moments


def test_a_date_comes_back() -> None:
    day = date(2027, 2, 1)

    assert contract_date(day) == "20270201"
    assert read_date("20270201") == day


def test_winter_and_summer_are_distinguished() -> None:
    winter, summer = datetime(2027, 1, 15, 11, tzinfo=UTC), datetime(2027, 7, 15, 10, tzinfo=UTC)

    assert read_moments("20270115T120000") == (winter, winter)
    assert read_moments("20270715T120000") == (summer, summer)


def test_the_hour_that_comes_twice_has_two_meanings() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert read_moments("20261025T023000") == (first, first + timedelta(hours=1))


@pytest.mark.parametrize("text", ["", "20270230T120000", "2027-02-01T12:00:00", "20270201"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_moments(text)
