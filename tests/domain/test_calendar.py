from datetime import UTC, date, datetime, time, timedelta

import pytest

from utskick.domain.calendar import (
    STOCKHOLM,
    ImpossibleTime,
    LocalMoment,
    NonexistentTime,
    SendingWindow,
    default_answer_by,
    default_purge_after,
    first_date_for,
    parse_clock,
    parse_date,
    send_deadline,
)

SPRING = [
    date(2026, 3, 29),
    date(2027, 3, 28),
    date(2028, 3, 26),
    date(2029, 3, 25),
    date(2030, 3, 31),
]
AUTUMN = [
    date(2026, 10, 25),
    date(2027, 10, 31),
    date(2028, 10, 29),
    date(2029, 10, 28),
    date(2030, 10, 27),
]
QUARTERS = [time(quarter // 4, quarter % 4 * 15) for quarter in range(96)]
WINDOW = SendingWindow()


@pytest.mark.parametrize("day", SPRING)
def test_in_spring_the_hour_that_is_skipped_is_refused_and_no_other(day: date) -> None:
    for quarter in QUARTERS:
        moment = LocalMoment(day, quarter)
        if quarter.hour == 2:
            with pytest.raises(NonexistentTime) as caught:
                moment.sends_at()
            assert f"{quarter:%H:%M} finns inte" in caught.value.staff_message
        else:
            offset = timedelta(hours=1 if quarter.hour < 2 else 2)
            assert moment.sends_at() == datetime.combine(day, quarter, UTC) - offset


@pytest.mark.parametrize("day", AUTUMN)
def test_in_autumn_the_first_of_the_hour_that_comes_twice_is_taken(day: date) -> None:
    for quarter in QUARTERS:
        offset = timedelta(hours=2 if quarter.hour < 3 else 1)
        expected = datetime.combine(day, quarter, UTC) - offset
        assert LocalMoment(day, quarter).sends_at() == expected


def test_the_first_date_with_a_weekday_may_be_the_day_itself() -> None:
    monday = date(2027, 2, 1)

    assert first_date_for(0, on_or_after=monday) == monday
    assert first_date_for(0, on_or_after=monday + timedelta(days=1)) == date(2027, 2, 8)
    assert first_date_for(6, on_or_after=monday) == date(2027, 2, 7)


@pytest.mark.parametrize(
    ("text", "clock"), [("08:00", time(8)), ("23:59", time(23, 59)), (" 08:00:05 ", time(8, 0, 5))]
)
def test_a_time_is_hours_and_minutes(text: str, clock: time) -> None:
    assert parse_clock(text) == clock


@pytest.mark.parametrize(
    "text", ["8:00", "08.00", "24:00", "08:60", "0800", "", "åtta", "\uff10\uff18:00"]
)
def test_other_times_are_refused_with_the_form_to_use(text: str) -> None:
    with pytest.raises(ImpossibleTime) as caught:
        parse_clock(text)

    assert "HH:MM" in caught.value.staff_message


@pytest.mark.parametrize("text", ["2027-02-30", "1 februari", "20270201", "2027-2-1", ""])
def test_other_dates_are_refused_with_the_form_to_use(text: str) -> None:
    with pytest.raises(ImpossibleTime) as caught:
        parse_date(text)

    assert "ÅÅÅÅ-MM-DD" in caught.value.staff_message
    assert parse_date("2027-02-01") == date(2027, 2, 1)


@pytest.mark.parametrize(
    ("sent_on", "answer_by", "purge_after"),
    [
        (date(2027, 2, 1), date(2028, 2, 1), date(2028, 3, 1)),
        (date(2028, 2, 29), date(2029, 2, 28), date(2029, 3, 29)),
        (date(2027, 1, 31), date(2028, 1, 31), date(2028, 2, 29)),
        (date(2027, 12, 31), date(2028, 12, 31), date(2029, 1, 31)),
    ],
)
def test_default_dates_are_a_year_and_a_year_and_a_month_ahead(
    sent_on: date, answer_by: date, purge_after: date
) -> None:
    assert default_answer_by(sent_on) == answer_by
    assert default_purge_after(sent_on) == purge_after


@pytest.mark.parametrize(
    ("at", "said"),
    [(time(6, 59), "tidigt"), (time(7), None), (time(21), None), (time(21, 1), "sent")],
)
def test_too_early_and_too_late_in_the_day_are_warned_of(at: time, said: str | None) -> None:
    warning = WINDOW.warning_for(LocalMoment(date(2027, 2, 1), at))

    assert (warning is None) if said is None else (warning is not None and said in warning)


@pytest.mark.parametrize(
    ("due", "until"),
    [
        (time(8), time(10)),
        (time(20), time(21)),
        (time(20, 59, 30), time(21, 0, 30)),
        (time(22), time(22, 1)),
        (time(3), time(3, 1)),
    ],
)
def test_an_occasion_is_sent_within_its_grace_but_never_late_at_night(
    due: time, until: time
) -> None:
    day = date(2027, 2, 1)
    deadline = send_deadline(
        LocalMoment(day, due).sends_at(),
        grace=timedelta(hours=2),
        window=WINDOW,
        zone=STOCKHOLM,
        punctual_for=timedelta(minutes=1),
    )

    assert deadline == LocalMoment(day, until).sends_at()


def test_dates_and_times_are_read_with_the_dashes_and_marks_that_are_pasted() -> None:
    assert parse_date("\u200e2027\u201103\u201301\u00a0") == date(2027, 3, 1)
    assert parse_clock("\u200e08:30\u200b") == time(8, 30)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (time(6, 59), "Klockan är 06:59, och det är tidigt på dagen"),
        (time(7), None),
        (time(21), None),
        (time(21, 0, 1), "Klockan är 21:00, och det är sent på dagen"),
    ],
)
def test_what_is_sent_at_once_is_warned_of_outside_the_window(at: time, said: str | None) -> None:
    warning = WINDOW.warning_now(at)

    assert (warning or "").startswith(said or "")
    assert bool(warning) is bool(said)
