"""A grundplåt as the regional administration writes it: in a file, or on a page.

Pydantic checks each field by itself: its type and its length. `check_package` checks what takes
knowledge from elsewhere: whether units and forms exist, whether fields go together, and whether
the message can be filled in.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import time
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from utskick.domain.addresses import MailAddress
from utskick.domain.calendar import WEEKDAY_NAMES, ImpossibleTime, parse_clock
from utskick.domain.errors import Problem
from utskick.domain.forms import FormTemplate, FormTemplateId
from utskick.domain.languages import LANGUAGES, written
from utskick.domain.limits import LONGEST_TEXTS, MOST_ADDRESSES, MOST_FORMS, MOST_OCCASIONS
from utskick.domain.message_problems import MessageReader, by_place, message_problems
from utskick.domain.packages import FORMS_DESK, PackageTemplate, Weekday, with_forms_desk
from utskick.domain.schedules import (
    AnswerWithin,
    Interval,
    IntervalUnit,
    OlderUnanswered,
    RedDayRule,
)
from utskick.domain.specs import Spec, Text, addresses_elsewhere, texts_with_personnummer
from utskick.domain.units import HsaId
from utskick.domain.visit_offsets import LateVisits, VisitOffset, in_order

KEY = r"^[a-z0-9-]+$"
WEEKDAYS = dict(zip(WEEKDAY_NAMES, Weekday, strict=True))
_LONGEST_INTERVAL_WEEKS = 52
_MOST_DAYS_BEFORE = 365
_MOST_OFFSETS = 10
_LONGEST_INTERVAL = 400
_LONGEST_ANSWER_DAYS = 366
"""Within the year and a month after which a form may be purged, unless staff choose a date."""
_LONGEST_OFFSET_DAYS = 5 * 366


class IntervalSpec(Spec):
    """How far apart occasions are: 3 months, counted from the first."""

    count: int = Field(ge=1, le=_LONGEST_INTERVAL)
    unit: IntervalUnit


OffsetDays = Annotated[int, Field(ge=0, le=_LONGEST_OFFSET_DAYS)]


class AnswerWithinSpec(Spec):
    """How many days after its occasion a form may be answered, and the time in the message."""

    days: int = Field(ge=0, le=_LONGEST_ANSWER_DAYS)
    time: str | None = None


class VisitOffsetSpec(Spec):
    """So many days before a visit, at the time HH:MM."""

    days_before: int = Field(ge=0, le=_MOST_DAYS_BEFORE)
    time: str


class PackageSpec(Spec):
    """Units by HSA-id, forms by key, the weekday in Swedish, the time as HH:MM.

    Occasions come at an `interval`, or at `offsets_days` from the first, which then count them.
    `interval_weeks` is how an interval of weeks was written before.
    """

    key: str = Field(pattern=KEY, max_length=100)
    name: Text
    resident_title: Text
    units: list[str]
    forms: list[str] = Field(min_length=1, max_length=MOST_FORMS)
    weekday: str | None
    time: str | None
    interval: IntervalSpec | None = None
    interval_weeks: int | None = Field(default=None, ge=0, le=_LONGEST_INTERVAL_WEEKS)
    offsets_days: list[OffsetDays] = Field(default_factory=list, max_length=MOST_OCCASIONS)
    occasions: int | None = Field(default=None, ge=1, le=MOST_OCCASIONS)
    answer_within: AnswerWithinSpec | None = None
    older_unanswered: OlderUnanswered = OlderUnanswered.KEEP
    red_days: RedDayRule = RedDayRule.WARN
    error_addresses: list[MailAddress] = Field(max_length=MOST_ADDRESSES)
    inbox_message: str = Field(min_length=1, max_length=LONGEST_TEXTS["inbox_message"])
    inbox_messages: dict[str, str] = Field(default_factory=dict, max_length=len(LANGUAGES))
    form_banner: str = Field(default="", max_length=LONGEST_TEXTS["form_banner"])
    checks_already_has: bool = False
    visit_offsets: list[VisitOffsetSpec] = Field(default=[], max_length=_MOST_OFFSETS)
    late_visits: LateVisits = LateVisits.SKIP
    needs_approval: bool = False

    @property
    def every(self) -> Interval | None:
        """The interval, however it was written."""
        if self.interval:
            return Interval(self.interval.count, self.interval.unit)
        return Interval(self.interval_weeks, IntervalUnit.WEEK) if self.interval_weeks else None

    @property
    def number(self) -> int:
        """How many occasions there are."""
        return len(self.offsets_days) or self.occasions or 1

    @property
    def last_day(self) -> AnswerWithin | None:
        """Raises `ImpossibleTime`."""
        within = self.answer_within
        if within is None:
            return None
        return AnswerWithin(within.days, parse_clock(within.time) if within.time else None)


def check_package(
    spec: PackageSpec,
    *,
    units: Collection[HsaId],
    forms: Collection[str],
    texts: MessageReader,
    error_domains: Collection[str] = (),
) -> list[Problem]:
    """What is wrong with it, given the units and the forms' keys that exist; places are fields."""
    problems = [
        *_unknown("units", spec.units, [unit for unit in spec.units if unit.upper() in units]),
        *_unknown("forms", spec.forms, forms),
        *addresses_elsewhere(spec.error_addresses, error_domains),
        *message_problems(spec.inbox_message, spec.inbox_messages, texts),
    ]
    if not spec.inbox_message.strip():
        problems.append(Problem("inbox_message", "texten är tom.", "Fyll i den."))
    if spec.weekday and spec.weekday not in WEEKDAYS:
        problems.append(
            Problem("weekday", "veckodagen ska vara måndag till söndag.", "Välj en av dem.")
        )
    if spec.time:
        try:
            parse_clock(spec.time)
        except ImpossibleTime as error:
            problems.append(Problem("time", error.staff_message, ""))
    problems += _faults_of_schedule(spec)
    problems += _wrong_offsets(spec)
    return problems + texts_with_personnummer(
        {
            "key": spec.key,
            "name": spec.name,
            "resident_title": spec.resident_title,
            "inbox_message": spec.inbox_message,
            "form_banner": spec.form_banner,
            **by_place(spec.inbox_messages),
        }
    )


def _faults_of_schedule(spec: PackageSpec) -> Iterator[Problem]:
    if spec.interval and spec.interval_weeks:
        yield Problem("interval", "intervallet är angivet på två sätt.", "Ta bort interval_weeks.")
    if spec.offsets_days:
        yield from _faults_of_offsets(spec)
    elif spec.number > 1 and not spec.every:
        yield Problem(
            "interval",
            "flera tillfällen behöver ett intervall.",
            "Ange hur långt det ska vara mellan dem.",
        )
    yield from _faults_of_last_day(spec)


def _faults_of_offsets(spec: PackageSpec) -> Iterator[Problem]:
    if spec.every:
        yield Problem(
            "offsets_days",
            "det finns både ett intervall och dagar från första tillfället.",
            "Ta bort det ena.",
        )
    if spec.offsets_days[0] or any(late <= early for early, late in pairwise(spec.offsets_days)):
        yield Problem(
            "offsets_days",
            "dagarna ska börja med 0 och komma i ordning, var och en en gång.",
            "Skriv till exempel 0, 90, 182, 365.",
        )
    if spec.occasions not in (None, len(spec.offsets_days)):
        yield Problem(
            "occasions",
            "antalet stämmer inte med dagarna från första tillfället.",
            "Ta bort antalet, eller lägg till dagar.",
        )


def _faults_of_last_day(spec: PackageSpec) -> Iterator[Problem]:
    try:
        within = spec.last_day
    except ImpossibleTime as error:
        yield Problem("answer_within", error.staff_message, "")
        return
    times = [_clock(each.time) for each in spec.visit_offsets] or [_clock(spec.time)]
    if within and any(map(within.ends_before, times)):
        yield Problem(
            "answer_within",
            "besvaras senast ligger före utskickstillfället.",
            "Välj ett senare klockslag, eller en senare dag.",
        )


def _clock(text: str | None) -> time | None:
    """`None` for what is no time, too."""
    try:
        return parse_clock(text) if text else None
    except ImpossibleTime:
        return None


def package_of(
    spec: PackageSpec,
    *,
    version: int,
    forms: Mapping[str, FormTemplateId],
    forms_desk: str = FORMS_DESK,
) -> PackageTemplate:
    """The package, once `check_package` has found nothing wrong with it."""
    return PackageTemplate(
        key=spec.key,
        version=version,
        name=spec.name,
        resident_title=spec.resident_title,
        unit_ids=tuple(HsaId(unit.upper()) for unit in spec.units),
        template_ids=tuple(forms[key] for key in spec.forms),
        weekday=WEEKDAYS[spec.weekday] if spec.weekday else None,
        time=parse_clock(spec.time) if spec.time else None,
        interval=spec.every if spec.number > 1 else None,
        offsets_days=tuple(spec.offsets_days),
        occasions=spec.number,
        answer_within=spec.last_day,
        older_unanswered=spec.older_unanswered,
        red_days=spec.red_days,
        inbox_message=spec.inbox_message,
        inbox_messages=written(spec.inbox_messages),
        form_banner=spec.form_banner,
        needs_approval=spec.needs_approval,
        checks_already_has=spec.checks_already_has,
        error_addresses=with_forms_desk(tuple(spec.error_addresses), forms_desk=forms_desk),
        visit_offsets=in_order(
            tuple(VisitOffset(o.days_before, parse_clock(o.time)) for o in spec.visit_offsets)
        ),
        late_visits=spec.late_visits,
    )


def spec_of(
    package: PackageTemplate, *, forms: Mapping[FormTemplateId, FormTemplate], forms_desk: str
) -> PackageSpec:
    """What `package_of` makes the package of."""
    return PackageSpec(
        key=package.key,
        name=package.name,
        resident_title=package.resident_title,
        units=list(package.unit_ids),
        forms=[forms[template_id].key for template_id in package.template_ids],
        weekday=None if package.weekday is None else list(WEEKDAYS)[package.weekday],
        time=f"{package.time:%H:%M}" if package.time else None,
        interval=_interval_spec(package.interval),
        offsets_days=list(package.offsets_days),
        occasions=package.occasions,
        answer_within=_within_spec(package.answer_within),
        older_unanswered=package.older_unanswered,
        red_days=package.red_days,
        error_addresses=[each for each in package.error_addresses if each != forms_desk],
        inbox_message=package.inbox_message,
        inbox_messages=dict(package.inbox_messages),
        form_banner=package.form_banner,
        needs_approval=package.needs_approval,
        checks_already_has=package.checks_already_has,
        visit_offsets=[
            VisitOffsetSpec(days_before=each.days_before, time=f"{each.time:%H:%M}")
            for each in package.visit_offsets
        ],
        late_visits=package.late_visits,
    )


def _interval_spec(interval: Interval | None) -> IntervalSpec | None:
    return IntervalSpec(count=interval.count, unit=interval.unit) if interval else None


def _within_spec(within: AnswerWithin | None) -> AnswerWithinSpec | None:
    if within is None:
        return None
    clock = f"{within.at:%H:%M}" if within.at else None
    return AnswerWithinSpec(days=within.days, time=clock)


def changed_fields(older: PackageTemplate, newer: PackageTemplate) -> tuple[str, ...]:
    """What differs between two versions, by the names of `PackageTemplate`."""
    names = (each.name for each in fields(PackageTemplate))
    return tuple(
        name
        for name in names
        if name != "version" and getattr(older, name) != getattr(newer, name)
    )


def _wrong_offsets(spec: PackageSpec) -> list[Problem]:
    problems, seen = [], set[tuple[int, str]]()
    if spec.visit_offsets and spec.needs_approval:
        reason = "det som följer bokade besök startas för en person i taget."
        problems.append(Problem("needs_approval", reason, "Ta bort krysset, eller tiderna."))
    if spec.visit_offsets and (spec.number > 1 or spec.weekday or spec.time):
        reason = "ett paket före besök har inga egna tillfällen."
        problems.append(Problem("visit_offsets", reason, "Ta bort veckodag, tid och antal."))
    for offset in spec.visit_offsets:
        try:
            parse_clock(offset.time)
        except ImpossibleTime as error:
            problems.append(Problem("visit_offsets", error.staff_message, ""))
        if (offset.days_before, offset.time) in seen:
            twice = f"{offset.days_before} dagar före kl. {offset.time} står två gånger."
            problems.append(Problem("visit_offsets", twice, "Ta bort den ena."))
        seen.add((offset.days_before, offset.time))
    return problems


def _unknown(place: str, names: Sequence[str], known: Collection[str]) -> list[Problem]:
    return [
        Problem(place, f"{name} finns inte.", "Ta bort eller byt det.")
        for name in names
        if name not in known
    ]
