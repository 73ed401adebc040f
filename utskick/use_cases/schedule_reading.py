"""Reading when a package is to be sent: its occasions in order, each with its last day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from utskick.domain.calendar import (
    ImpossibleTime,
    LocalMoment,
    NonexistentTime,
    SendingWindow,
    parse_clock,
    parse_date,
)
from utskick.domain.packages import PackageTemplate
from utskick.domain.planned_moments import (
    last_days,
    planned_moments,
    red_day_warning,
    typed_or_planned,
)
from utskick.domain.rules import Rules
from utskick.domain.schedules import AnswerBy
from utskick.domain.specs import DispatchSpec, Moment, OccasionSpec
from utskick.use_cases.spec_reading import SpecReading

_Parsed = TypeVar("_Parsed")

_LONGEST_AHEAD = timedelta(days=5 * 366)


class Part(StrEnum):
    """What of an occasion can be wrong, as its fields are named."""

    DATE = "date"
    TIME = "time"
    ANSWER_BY = "answer_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMoment:
    """When something can be sent. `answer_by` is its own last day, where it has one."""

    local: LocalMoment
    sends_at: datetime
    answer_by: AnswerBy | None = None


@dataclass(slots=True, kw_only=True)
class ScheduleReading:
    """What is wrong goes to the `reading`; `faulty` says with which parts of what was typed.

    `hours` are when the unit may well send.
    """

    reading: SpecReading
    package: PackageTemplate
    rules: Rules
    hours: SendingWindow
    now: datetime
    faulty: set[Part] = field(default_factory=set)

    def moments(self, spec: DispatchSpec) -> list[ReadMoment]:
        """The package's occasions, from a start or one by one, in order and in the future."""
        if spec.occasions is not None:
            read = [
                self.occasion(occasion, f"occasions, rad {row}")
                for row, occasion in enumerate(spec.occasions, start=1)
            ]
        else:
            read = self._from_start(spec.start or Moment())
        kept = sorted((each for each in read if each), key=lambda each: each.sends_at)
        for earlier, later in pairwise(kept):
            if earlier.sends_at == later.sends_at:
                self.reading.wrong(
                    str(later.local), "tillfället finns två gånger.", "Ta bort det ena."
                )
        if not read and not self.reading.problems:
            self.reading.wrong(
                "occasions", "det finns inget tillfälle.", "Ange datum och klockslag."
            )
        return self._with_last_days(kept, spec.answer_by)

    def occasion(self, typed: OccasionSpec, place: str) -> ReadMoment | None:
        """One date and time, with its moment in UTC, if it can be sent at."""
        understood = self._moment(typed, place)
        last = self._last_day(typed, place)
        read = self._timed(understood) if understood else None
        if read and last and last < read.local.date:
            self._wrong(
                Part.ANSWER_BY,
                place,
                "besvaras senast ligger före tillfället.",
                "Välj ett senare datum, eller töm fältet.",
            )
        return replace(read, answer_by=AnswerBy(last)) if read and last else read

    def _from_start(self, start: Moment) -> list[ReadMoment | None]:
        first = self._moment(start, "start")
        if first is None:
            return []
        planned = planned_moments(self.package, first)
        self.reading.date_warnings += [each.note for each in planned if each.note]
        return [self._timed(each.local) for each in planned]

    def _with_last_days(
        self, moments: Sequence[ReadMoment], for_all: date | None
    ) -> list[ReadMoment]:
        """What was typed for an occasion stands; the package says the others."""
        lasts = last_days(self.package, [each.local.date for each in moments], for_all=for_all)
        whole = [
            replace(each, answer_by=typed_or_planned(each.answer_by, last))
            for each, last in zip(moments, lasts, strict=True)
        ]
        for each in whole:
            last = each.answer_by
            if last and last.day == each.local.date and last.at and last.at <= each.local.time:
                self.reading.wrong(
                    str(each.local),
                    f"besvaras senast, {last}, ligger före tillfället.",
                    "Välj ett tidigare klockslag, eller ange en egen sista dag.",
                )
        return whole

    def _moment(self, moment: Moment, place: str) -> LocalMoment | None:
        """A date and time, the package's presets where staff left them out; not if emptied."""
        preset = self.package.first_date(today=self.rules.today(self.now))
        day = self._parsed(Part.DATE, moment.date, parse_date, preset, place)
        clock = self._parsed(Part.TIME, moment.time, parse_clock, self.package.time, place)
        return LocalMoment(day, clock) if day and clock is not None else None

    def _parsed(
        self,
        part: Part,
        typed: str | None,
        parse: Callable[[str], _Parsed],
        preset: _Parsed | None,
        place: str,
    ) -> _Parsed | None:
        if typed is None and preset is not None:
            return preset
        try:
            if typed and typed.strip():
                return parse(typed)
        except ImpossibleTime as error:
            self._wrong(part, place, error.staff_message, "")
            return None
        self._wrong(part, place, *_MISSING[part])
        return None

    def _last_day(self, typed: OccasionSpec, place: str) -> date | None:
        if not typed.answer_by or not typed.answer_by.strip():
            return None
        try:
            return parse_date(typed.answer_by)
        except ImpossibleTime as error:
            self._wrong(Part.ANSWER_BY, place, f"besvaras senast: {error.staff_message}", "")
            return None

    def _timed(self, moment: LocalMoment) -> ReadMoment | None:
        place, today = str(moment), self.rules.today(self.now)
        try:
            sends_at = moment.sends_at(self.rules.zone)
        except NonexistentTime as error:
            self._wrong(Part.TIME, place, error.staff_message, "")
            return None
        if sends_at <= self.now:
            part = Part.TIME if moment.date == today else Part.DATE
            self._wrong(part, place, "tillfället har passerat.", "Välj en tid framåt.")
            return None
        if sends_at - self.now > _LONGEST_AHEAD:
            self._wrong(
                Part.DATE, place, "tillfället är mer än fem år bort.", "Kontrollera årtalet."
            )
            return None
        self._warn(moment)
        return ReadMoment(local=moment, sends_at=sends_at)

    def _warn(self, moment: LocalMoment) -> None:
        if red := red_day_warning(self.package, moment.date):
            self.reading.date_warnings.append(red)
        if self.reading.notifies and (odd := self.hours.warning_for(moment)):
            self.reading.date_warnings.append(odd)

    def _wrong(self, part: Part, place: str, reason: str, remedy: str) -> None:
        self.faulty.add(part)
        self.reading.wrong(place, reason, remedy)


_MISSING = {
    Part.DATE: ("datum saknas.", "Ange det som ÅÅÅÅ-MM-DD."),
    Part.TIME: ("klockslag saknas.", "Ange det som HH:MM."),
}
