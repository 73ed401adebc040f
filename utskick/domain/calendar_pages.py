"""What a page of the calendar shows: the whole weeks of a month, or one week, from Mondays."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

_WEEK = timedelta(days=7)
_YEAR_AND_MONTH = re.compile(r"(20\d{2})-(0[1-9]|1[0-2])", re.ASCII)
_FIRST, _LAST = date(2000, 2, 1), date(2099, 11, 30)
"""Far enough from the years that are understood for a page to be turned either way."""


class PageKind(StrEnum):
    MONTH = "manad"
    WEEK = "vecka"


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The page that `day` is on."""

    kind: PageKind
    day: date

    @classmethod
    def read(cls, kind: str, text: str, *, today: date) -> Self:
        """`text` as ÅÅÅÅ-MM or ÅÅÅÅ-MM-DD; today's page where it cannot be understood."""
        chosen = PageKind.WEEK if kind == PageKind.WEEK else PageKind.MONTH
        month = _YEAR_AND_MONTH.fullmatch(text)
        try:
            day = date.fromisoformat(f"{text}-01" if month else text) if text else today
        except ValueError:
            day = today
        return cls(chosen, min(max(day, _FIRST), _LAST))

    @property
    def first(self) -> date:
        """The Monday that it begins with, perhaps of the month before."""
        begins = self.day.replace(day=1) if self.kind is PageKind.MONTH else self.day
        return begins - timedelta(days=begins.weekday())

    @property
    def last(self) -> date:
        """The Sunday that it ends with."""
        ends = self.later.day - timedelta(days=1) if self.kind is PageKind.MONTH else self.day
        return ends + timedelta(days=6 - ends.weekday())

    @property
    def weeks(self) -> list[list[date]]:
        number = ((self.last - self.first).days + 1) // 7
        mondays = (self.first + _WEEK * week for week in range(number))
        return [[monday + timedelta(days=day) for day in range(7)] for monday in mondays]

    def shows(self, day: date) -> bool:
        """Whether it is of the month itself, and does not only fill a week of it."""
        return self.kind is PageKind.WEEK or (day.year, day.month) == (
            self.day.year,
            self.day.month,
        )

    @property
    def earlier(self) -> Self:
        if self.kind is PageKind.WEEK:
            return type(self)(self.kind, self.day - _WEEK)
        return type(self)(self.kind, (self.day.replace(day=1) - timedelta(days=1)).replace(day=1))

    @property
    def later(self) -> Self:
        if self.kind is PageKind.WEEK:
            return type(self)(self.kind, self.day + _WEEK)
        return type(self)(self.kind, (self.day.replace(day=1) + timedelta(days=31)).replace(day=1))
