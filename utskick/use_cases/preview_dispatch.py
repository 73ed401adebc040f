"""Starta Paketutskick, while it is being filled in: presets, moments, forms and the message."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from utskick.domain.calendar import (
    LocalMoment,
    SendingWindow,
    default_answer_by,
    read_date,
)
from utskick.domain.errors import NotFound, Problem, StartBlocked
from utskick.domain.forms import FormAccess, require_sendable
from utskick.domain.message_names import MessageValues
from utskick.domain.packages import PackageTemplate
from utskick.domain.planned_moments import (
    PlannedMoment,
    last_days,
    planned_moments,
    red_day_warning,
    typed_or_planned,
)
from utskick.domain.red_days import next_working_day
from utskick.domain.rules import Rules
from utskick.domain.schedules import AnswerBy
from utskick.domain.specs import OccasionSpec
from utskick.domain.units import Actor, Unit
from utskick.domain.writing import comparable
from utskick.records import Store
from utskick.sending.message_values import values_of
from utskick.use_cases.schedule_reading import Part, ScheduleReading
from utskick.use_cases.spec_reading import SpecReading


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedOccasion:
    """A date and a time as staff have typed them, and what they amount to.

    `row` is where it was typed, and `number` its place by date, as it will be sent.
    `local` is `None` unless it can be sent at; `problems` then say why, with the row as place,
    and `faulty` with which of its fields. `answer_by` is its last day, unless that is a year on.
    `working_day` is the next one, if it falls on a red day.
    """

    row: int
    number: int
    typed: OccasionSpec
    local: LocalMoment | None
    answer_by: AnswerBy | None
    faulty: frozenset[Part]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]
    working_day: date | None

    @property
    def last_day(self) -> date | None:
        """The last on which it may be answered, if it can be sent at all."""
        if self.local is None:
            return None
        return self.answer_by.day if self.answer_by else default_answer_by(self.local.date)

    @property
    def filled_in(self) -> bool:
        return bool(self.typed.date and self.typed.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPreview:
    """A package dispatch as it stands. `forms` are the unit's to send or not."""

    package: PackageTemplate
    forms: tuple[FormAccess, ...]
    occasions: tuple[PreviewedOccasion, ...]

    @property
    def by_date(self) -> list[PreviewedOccasion]:
        """As they will be sent; those that cannot be come last."""
        return sorted(self.occasions, key=lambda each: each.number)

    @property
    def out_of_order(self) -> bool:
        """Whether they have been typed in another order than they will be sent in."""
        return any(each.row != each.number for each in self.occasions)

    @property
    def last_day(self) -> date | None:
        """The last on which anybody may answer, once there is an occasion."""
        days = [each.last_day for each in self.occasions if each.last_day]
        return max(days, default=None)

    @property
    def blocked(self) -> StartBlocked | None:
        """Why the start would be refused, as far as our own register knows."""
        try:
            require_sendable(self.forms)
        except StartBlocked as blocked:
            return blocked
        return None

    def heading(self, title: str) -> str:
        """What the resident sees, as `Dispatch.heading`."""
        return self.forms[0].form.resident_name if len(self.forms) == 1 else title

    def values(
        self, number: int, *, title: str, answer_by: str, unit: Unit, today: date
    ) -> MessageValues:
        """What the message's names stand for; what is not known yet is counted today."""
        occasion = next((each for each in self.occasions if each.number == number), None)
        sent_on = occasion.local.date if occasion and occasion.local else today
        return values_of(
            unit,
            heading=self.heading(title),
            forms=len(self.forms),
            answer_by=(occasion and occasion.answer_by)
            or AnswerBy(read_date(answer_by) or default_answer_by(sent_on)),
            occasion=number,
            occasions=len(self.occasions),
        )


@dataclass(frozen=True, slots=True)
class PlannedRows:
    """The package's own dates, to be filled in. `moved` says which are not as counted, and why."""

    occasions: list[OccasionSpec]
    moved: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewDispatch:
    store: Store
    rules: Rules

    def list_packages(self, *, actor: Actor) -> list[PackageTemplate]:
        """The packages that the unit may start, by name; not those before visits."""
        with self.store.transaction() as records:
            packages = records.packages.list_for(actor.unit_id)
        return [package for package in packages if not package.is_for_visits]

    def find_package(self, key_or_name: str, *, actor: Actor) -> PackageTemplate:
        """By key, by name, or by a part that only one name holds. Raises `NotFound`."""
        wanted = comparable(key_or_name)
        packages = self.list_packages(actor=actor)
        exact = [p for p in packages if wanted in (comparable(p.key), comparable(p.name))]
        found = exact or [p for p in packages if wanted and wanted in comparable(p.name)]
        if len(found) != 1:
            raise NotFound("package")
        return found[0]

    def __call__(
        self,
        package: PackageTemplate,
        *,
        form_keys: Sequence[str],
        occasions: Sequence[OccasionSpec],
        answer_by: date | None = None,
        actor: Actor,
        now: datetime,
        notifies: bool = True,
    ) -> DispatchPreview:
        """What has been filled in so far. Forms that there are none of are left out.

        `answer_by` is the last day for all, where an occasion has none of its own.
        `notifies`: whether an inbox message is made, which 1177 notifies of at once.
        """
        with self.store.transaction() as records:
            known = [form for key in form_keys if (form := records.forms.find(key)) is not None]
            access = records.forms.access(actor.unit_id, [form.id for form in known])
            unit = records.units.get(actor.unit_id)
        previewing = _Previewing(
            package=package,
            rules=self.rules,
            hours=self.rules.hours_of(unit),
            now=now,
            notifies=notifies,
        )
        return DispatchPreview(
            package=package,
            forms=tuple(access),
            occasions=_numbered(
                [previewing.row(n, typed) for n, typed in enumerate(occasions, start=1)],
                package,
                answer_by,
            ),
        )

    def preset_forms(self, package: PackageTemplate, *, actor: Actor) -> list[FormAccess]:
        """The forms that the package is prepared with."""
        with self.store.transaction() as records:
            return records.forms.access(actor.unit_id, package.template_ids)

    def preset_occasions(self, package: PackageTemplate, *, now: datetime) -> PlannedRows:
        """The package's dates, from its weekday or else from the first day possible.

        The time is empty if the package has none: staff must choose it.
        """
        local = now.astimezone(self.rules.zone)
        passed = package.time is not None and package.time <= local.time()
        soonest = local.date() + timedelta(days=int(passed))
        first = package.first_date(today=local.date()) or soonest
        clock = f"{package.time:%H:%M}" if package.time else ""
        planned = planned_moments(package, LocalMoment(first, package.time or time.min))
        return _rows(planned, clock)


def follow_first(occasions: Sequence[OccasionSpec], package: PackageTemplate) -> PlannedRows:
    """The first one's time for all, and their dates as the package says, counted from its date.

    As typed if the first date cannot be understood.
    """
    first = read_date(occasions[0].date or "") if occasions else None
    if first is None:
        return PlannedRows(list(occasions))
    clock = occasions[0].time or ""
    planned = planned_moments(package, LocalMoment(first, time.min), count=len(occasions))
    return _rows(planned, clock)


def one_more(occasions: Sequence[OccasionSpec], package: PackageTemplate) -> OccasionSpec:
    """An occasion after the last one: where the package would have it, or as far on again."""
    if not occasions:
        return OccasionSpec(date="", time=f"{package.time:%H:%M}" if package.time else "")
    first, last = read_date(occasions[0].date or ""), read_date(occasions[-1].date or "")
    if first is None or last is None:
        return occasions[-1]
    planned = follow_first([*occasions, occasions[-1]], package).occasions
    if planned[-2].date != occasions[-1].date:
        planned = follow_first([occasions[-1], occasions[-1]], package).occasions
    return OccasionSpec(date=planned[-1].date, time=occasions[-1].time)


def to_working_day(
    occasions: Sequence[OccasionSpec], row: int, package: PackageTemplate
) -> list[OccasionSpec]:
    """The occasion of the row on the next working day that has none at its time of day."""
    moved = list(occasions)
    if not 1 <= row <= len(moved):
        return moved
    chosen = moved[row - 1]
    day = read_date(chosen.date or "")
    if day is None or red_day_warning(package, day) is None:
        return moved
    taken = {(read_date(each.date or ""), each.time) for each in moved}
    day = next_working_day(day)
    while (day, chosen.time) in taken:
        day = next_working_day(day)
    moved[row - 1] = chosen.model_copy(update={"date": f"{day}"})
    return moved


def _rows(planned: Sequence[PlannedMoment], clock: str) -> PlannedRows:
    return PlannedRows(
        [OccasionSpec(date=f"{each.local.date}", time=clock) for each in planned],
        [each.note for each in planned if each.note],
    )


def _numbered(
    planned: list[PreviewedOccasion], package: PackageTemplate, answer_by: date | None
) -> tuple[PreviewedOccasion, ...]:
    """Numbered by date, in the order typed; what cannot be sent at comes last."""
    sendable = sorted((each.local, each.row) for each in planned if each.local)
    rows = [row for _, row in sendable] + [each.row for each in planned if not each.local]
    lasts = last_days(package, [local.date for local, _ in sendable], for_all=answer_by)
    last_of = dict(zip(rows, lasts, strict=False))
    return tuple(
        replace(
            each,
            number=rows.index(each.row) + 1,
            answer_by=typed_or_planned(each.answer_by, last_of.get(each.row))
            or (AnswerBy(answer_by) if answer_by else None),
        )
        for each in planned
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Previewing:
    """What all rows have in common."""

    package: PackageTemplate
    rules: Rules
    hours: SendingWindow
    now: datetime
    notifies: bool

    def row(self, row: int, typed: OccasionSpec) -> PreviewedOccasion:
        """One, by itself; what the others make of it comes after."""
        place = f"occasions, rad {row}"
        reading = SpecReading(notifies=self.notifies)
        schedule = ScheduleReading(
            reading=reading,
            package=self.package,
            rules=self.rules,
            hours=self.hours,
            now=self.now,
        )
        found = schedule.occasion(typed, place)
        red = found and red_day_warning(self.package, found.local.date)
        return PreviewedOccasion(
            row=row,
            number=row,
            typed=typed,
            local=found.local if found else None,
            answer_by=found.answer_by if found else None,
            faulty=frozenset(schedule.faulty),
            problems=tuple(replace(each, place=place) for each in reading.problems),
            warnings=tuple(reading.date_warnings),
            working_day=next_working_day(found.local.date) if found and red else None,
        )
