"""Red days (röda dagar): Sweden's holidays, the eves that are kept as such, and weekends.

Midsummer Eve, Christmas Eve and New Year's Eve are no holidays by law; clinics are closed on them.
"""

from datetime import date, timedelta
from functools import cache

from holidays.countries.sweden import Sweden

_SATURDAY = 5
_WEEKEND = ("lördag", "söndag")


def holiday(day: date) -> str | None:
    """As people say it: midsommarafton, annandag jul. `None` for other days, weekends too."""
    return _of_year(day.year).get(day)


def red_day(day: date) -> str | None:
    """Why it is no working day; `None` if it is one."""
    weekday = day.weekday()
    return holiday(day) or (_WEEKEND[weekday - _SATURDAY] if weekday >= _SATURDAY else None)


def next_working_day(day: date) -> date:
    """The first working day after it."""
    later = day + timedelta(days=1)
    while red_day(later):
        later += timedelta(days=1)
    return later


@cache
def _of_year(year: int) -> dict[date, str]:
    found = Sweden(
        years=year, include_sundays=False, language="sv", categories=("public", "de_facto")
    )
    return {day: name.lower() for day, name in found.items()}
