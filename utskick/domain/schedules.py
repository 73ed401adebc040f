"""When a grundplåt's occasions come: how far apart, how long there is to answer, red days."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

_MONTHS = 12


class IntervalUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class RedDayRule(StrEnum):
    """What becomes of an occasion on a red day (röd dag)."""

    KEEP = "keep"
    WARN = "warn"
    NEXT_WORKING_DAY = "next_working_day"


class OlderUnanswered(StrEnum):
    """Whether a form may still be answered once the next occasion is sent.

    `CLOSE`: the day before that is its last.
    """

    KEEP = "keep"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Interval:
    """How far apart occasions are; counted from the first, so that a short month shortens one."""

    count: int
    unit: IntervalUnit

    def later(self, first: date, times: int) -> date:
        """The date so many intervals after the first."""
        steps = self.count * times
        match self.unit:
            case IntervalUnit.DAY:
                return first + timedelta(days=steps)
            case IntervalUnit.WEEK:
                return first + timedelta(weeks=steps)
            case IntervalUnit.MONTH:
                return months_later(first, steps)


@dataclass(frozen=True, slots=True)
class AnswerWithin:
    """How many days after its occasion a form may be answered, that last day included.

    1177 knows last days alone, so the time stands in the message and closes nothing.
    """

    days: int
    at: time | None = None

    def ends_before(self, sent_at: time | None) -> bool:
        """Whether its time has passed when something is sent, at a time that may not be known."""
        return bool(not self.days and self.at and sent_at and self.at <= sent_at)

    def after(self, sent_on: date) -> "AnswerBy":
        """The last day of an occasion on that date."""
        return AnswerBy(sent_on + timedelta(days=self.days), self.at)


@dataclass(frozen=True, slots=True)
class AnswerBy:
    """An occasion's own last day to answer (besvaras senast), perhaps with a time in the text."""

    day: date
    at: time | None = None

    def __str__(self) -> str:
        return f"{self.day}{f' kl. {self.at:%H:%M}' if self.at else ''}"

    def closed_before(self, following: Sequence[date], *, sent_on: date) -> "AnswerBy":
        """As it is, or the day before the next of these dates; never before it was sent."""
        later = min((day for day in following if day > sent_on), default=None)
        if later is None or self.day < later:
            return self
        return AnswerBy(later - timedelta(days=1))


def months_later(day: date, months: int) -> date:
    """The same day of another month, or that month's last."""
    years, month = divmod(day.month - 1 + months, _MONTHS)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
