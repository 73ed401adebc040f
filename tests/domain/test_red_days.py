from datetime import date

import pytest

from utskick.domain.red_days import next_working_day, red_day


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2027, 1, 6), "trettondedag jul"),
        (date(2027, 3, 26), "långfredagen"),
        (date(2027, 5, 6), "kristi himmelsfärdsdag"),
        (date(2027, 6, 25), "midsommarafton"),
        (date(2026, 6, 19), "midsommarafton"),
        (date(2026, 12, 24), "julafton"),
        (date(2030, 12, 31), "nyårsafton"),
        (date(2027, 2, 6), "lördag"),
        (date(2027, 2, 7), "söndag"),
        (date(2027, 12, 25), "juldagen"),
    ],
)
def test_holidays_their_eves_and_weekends_are_red(day: date, why: str) -> None:
    assert red_day(day) == why


@pytest.mark.parametrize("day", [date(2027, 4, 30), date(2027, 5, 7), date(2027, 2, 1)])
def test_walpurgis_eve_a_bridging_day_and_a_monday_are_working_days(day: date) -> None:
    assert red_day(day) is None


@pytest.mark.parametrize(
    ("day", "then"),
    [
        (date(2027, 2, 1), date(2027, 2, 2)),
        (date(2027, 2, 5), date(2027, 2, 8)),
        (date(2027, 3, 25), date(2027, 3, 30)),
        (date(2027, 12, 23), date(2027, 12, 27)),
        (date(2027, 12, 30), date(2028, 1, 3)),
    ],
)
def test_the_next_working_day_is_after_all_red_ones(day: date, then: date) -> None:
    assert next_working_day(day) == then
