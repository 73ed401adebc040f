"""Kalender: what is sent when, and how many, with the red days."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from utskick.domain.calendar_pages import CalendarPage
from utskick.domain.red_days import holiday, red_day
from utskick.domain.units import Actor, HsaId
from utskick.records import CalendarCount, CalendarEntry, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """`filler`: it belongs to another month. `holiday` is its name, if it has one."""

    day: date
    filler: bool
    red: bool
    holiday: str | None
    entries: Sequence[CalendarEntry] = ()
    counts: Sequence[CalendarCount] = ()

    @property
    def recipients(self) -> int:
        """Of all that is sent on it, whoever is sent to twice counted twice."""
        of_entries = sum(each.recipients for each in self.entries)
        return of_entries + sum(each.recipients for each in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCalendar:
    page: CalendarPage
    weeks: Sequence[Sequence[CalendarDay]]
    unit_names: dict[HsaId, str]

    @property
    def is_empty(self) -> bool:
        return not any(day.entries or day.counts for week in self.weeks for day in week)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCalendar:
    store: Store

    def of_unit(self, page: CalendarPage, *, actor: Actor) -> ShownCalendar:
        """Each occasion of the unit's dispatches, but single forms."""
        with self.store.transaction() as records:
            entries = records.calendar.of_unit(actor.unit_id, page.first, page.last)
        by_day: dict[date, list[CalendarEntry]] = defaultdict(list)
        for entry in entries:
            by_day[entry.occasion.local_date].append(entry)
        return ShownCalendar(
            page=page,
            weeks=[[_day(page, day, entries=by_day[day]) for day in week] for week in page.weeks],
            unit_names={},
        )

    def of_region(self, page: CalendarPage) -> ShownCalendar:
        """How much each unit sends on each day, without people or packages."""
        with self.store.transaction() as records:
            counts = records.calendar.of_region(page.first, page.last)
            names = {unit.id: unit.name for unit in records.units.all()}
        by_day: dict[date, list[CalendarCount]] = defaultdict(list)
        for count in counts:
            by_day[count.day].append(count)
        return ShownCalendar(
            page=page,
            weeks=[[_day(page, day, counts=by_day[day]) for day in week] for week in page.weeks],
            unit_names=names,
        )


def _day(
    page: CalendarPage,
    day: date,
    *,
    entries: Sequence[CalendarEntry] = (),
    counts: Sequence[CalendarCount] = (),
) -> CalendarDay:
    return CalendarDay(
        day=day,
        filler=not page.shows(day),
        red=red_day(day) is not None,
        holiday=holiday(day),
        entries=entries,
        counts=counts,
    )
