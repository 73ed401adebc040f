"""Dates and times as the national contracts write them: Swedish local time, without zone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

TimeSource = Callable[[], datetime]

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LEAP_DAY = (2, 29)
COORDINATION = 60
"""A samordningsnummer has the day of birth plus this."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def today(now: datetime) -> date:
    """The date in Sweden."""
    return now.astimezone(STOCKHOLM).date()


def stored(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def contract_time(moment: str) -> str:
    """`YYYYMMDDTHHMMSS`, from a stored moment. Whole seconds are all that the contract gives.

    What is stored as no moment is given as it is.
    """
    try:
        return f"{datetime.fromisoformat(moment).astimezone(STOCKHOLM):%Y%m%dT%H%M%S}"
    except ValueError:
        return moment


def contract_date(text: str) -> date:
    """Read `YYYYMMDD`. Raises `ValueError` for anything else."""
    if len(text) != len("YYYYMMDD") or not text.isascii() or not text.isdigit():
        raise ValueError("not a date of eight digits")
    return date.fromisoformat(text)


def born_on(personnummer: str) -> date | None:
    """`None` for a samordningsnummer without a real day of birth."""
    year, month, day = int(personnummer[:4]), int(personnummer[4:6]), int(personnummer[6:8])
    try:
        return date(year, month, day - COORDINATION if day > COORDINATION else day)
    except ValueError:
        return None


def years_old_on(birth: date, years: int) -> date:
    """The birthday; whoever was born on 29 February has it on 1 March."""
    if (birth.month, birth.day) == LEAP_DAY:
        return date(birth.year + years, 3, 1)
    return birth.replace(year=birth.year + years)
