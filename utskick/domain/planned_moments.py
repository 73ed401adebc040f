"""All moments of a package dispatch, from its first: dates, red days, and the days to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from utskick.domain.calendar import LocalMoment, default_answer_by, with_weekday
from utskick.domain.packages import PackageTemplate
from utskick.domain.red_days import holiday, next_working_day, red_day
from utskick.domain.schedules import (
    AnswerBy,
    Interval,
    IntervalUnit,
    OlderUnanswered,
    RedDayRule,
)

_WEEK = 7
_A_WEEK = Interval(1, IntervalUnit.WEEK)
"""What staff add to a package that has no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMoment:
    """`wished_on` is the date that was counted to; a red day may have moved it from there.

    `answer_by` is its own last day, `None` where the dispatch's holds.
    """

    local: LocalMoment
    wished_on: date
    answer_by: AnswerBy | None = None

    @property
    def note(self) -> str | None:
        """That it has been moved, and why."""
        if self.wished_on == self.local.date:
            return None
        why = red_day(self.wished_on)
        because = f"är {why}" if why else "har redan ett tillfälle"
        return (
            f"{self.wished_on} {because}: tillfället är flyttat till"
            f" {with_weekday(self.local.date)}."
        )


def planned_moments(
    package: PackageTemplate,
    start: LocalMoment,
    *,
    count: int | None = None,
    answer_by: date | None = None,
) -> list[PlannedMoment]:
    """As many as the package has, or `count`, in order of date and never two on one.

    `answer_by` is the last day that staff have chosen for all.
    """
    wished = wished_dates(package, start.date, package.occasions if count is None else count)
    days = _moved(wished, package)
    lasts = last_days(package, days, for_all=answer_by)
    return [
        PlannedMoment(local=LocalMoment(day, start.time), wished_on=wish, answer_by=last)
        for day, wish, last in zip(days, wished, lasts, strict=True)
    ]


def wished_dates(package: PackageTemplate, first: date, count: int) -> list[date]:
    """Where the package's occasions fall, whatever day that is; more follow at the last gap."""
    offsets = package.offsets_days
    if not offsets:
        interval = package.interval or _A_WEEK
        return [interval.later(first, number) for number in range(count)]
    gap = next((late - early for early, late in [*pairwise(offsets)][-1:]), _WEEK)
    further = [offsets[-1] + gap * number for number in range(1, count - len(offsets) + 1)]
    return [first + timedelta(days=days) for days in [*offsets[:count], *further]]


def why_red(package: PackageTemplate, day: date) -> str | None:
    """What makes it a red day for the package; a weekday that it has itself chosen does not."""
    if package.red_days is RedDayRule.KEEP:
        return None
    return holiday(day) if package.weekday == day.weekday() else red_day(day)


def red_day_warning(package: PackageTemplate, day: date) -> str | None:
    """What staff should know of an occasion on this date."""
    if (why := why_red(package, day)) is None:
        return None
    return f"{day} är {why}. Nästa arbetsdag är {with_weekday(next_working_day(day))}."


def last_days(
    package: PackageTemplate, days: Sequence[date], *, for_all: date | None
) -> list[AnswerBy | None]:
    """Each occasion's own last day to answer, or `None` where the dispatch's holds.

    `days` are in order. A date that staff have chosen for all goes before the package's own.
    """
    within = None if for_all else package.answer_within
    own = [within.after(day) if within else None for day in days]
    if package.older_unanswered is OlderUnanswered.KEEP:
        return own
    return [_closed(last, for_all, days, sent_on=day) for day, last in zip(days, own, strict=True)]


def typed_or_planned(typed: AnswerBy | None, planned: AnswerBy | None) -> AnswerBy | None:
    """What staff typed stands; the day that the package would have chosen keeps its time."""
    same = typed and planned and typed.day == planned.day
    return planned if same else typed or planned


def _closed(
    own: AnswerBy | None, for_all: date | None, days: Sequence[date], *, sent_on: date
) -> AnswerBy | None:
    open_until = own or AnswerBy(for_all or default_answer_by(sent_on))
    closed = open_until.closed_before(days, sent_on=sent_on)
    return own if closed == open_until else closed


def _moved(wished: Sequence[date], package: PackageTemplate) -> list[date]:
    """By the package's rule; what is in the way of a moved one goes on to a day of its own."""
    if package.red_days is not RedDayRule.NEXT_WORKING_DAY:
        return list(wished)
    days: list[date] = []
    for wish in wished:
        day = next_working_day(wish) if why_red(package, wish) else wish
        if days and day <= days[-1]:
            day = next_working_day(days[-1])
        days.append(day)
    return days
