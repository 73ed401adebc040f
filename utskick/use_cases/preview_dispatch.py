"""Starta Paketutskick, while it is being filled in: presets, moments, forms and the message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from utskick.domain.calendar import (
    LocalMoment,
    default_answer_by,
    occasion_moments,
    read_date,
)
from utskick.domain.errors import NotFound, Problem, StartBlocked
from utskick.domain.forms import FormAccess, require_sendable
from utskick.domain.packages import PackageTemplate
from utskick.domain.rules import Rules
from utskick.domain.specs import Moment
from utskick.domain.units import Actor, Unit
from utskick.domain.writing import comparable
from utskick.records import Store
from utskick.sending.message_values import values_of
from utskick.use_cases.spec_reading import SpecReading


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedOccasion:
    """A date and a time as staff have typed them, and what they amount to.

    `row` is where it was typed, and `number` its place by date, as it will be sent.
    `local` is `None` unless it can be sent at; `problems` then say why, with the row as place.
    """

    row: int
    number: int
    typed: Moment
    local: LocalMoment | None
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]

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
    ) -> Mapping[str, str]:
        """The message's placeholders at one occasion; what is not known yet is counted today."""
        occasion = next((each for each in self.occasions if each.number == number), None)
        sent_on = occasion.local.date if occasion and occasion.local else today
        return values_of(
            unit,
            heading=self.heading(title),
            forms=len(self.forms),
            answer_by=read_date(answer_by) or default_answer_by(sent_on),
            occasion=number,
            occasions=len(self.occasions),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewDispatch:
    store: Store
    rules: Rules

    def list_packages(self, *, actor: Actor) -> list[PackageTemplate]:
        """The packages that the unit may start, by name."""
        with self.store.transaction() as records:
            return records.packages.list_for(actor.unit_id)

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
        occasions: Sequence[Moment],
        actor: Actor,
        now: datetime,
        notifies: bool = True,
    ) -> DispatchPreview:
        """What has been filled in so far. Forms that there are none of are left out.

        `notifies`: whether an inbox message is made, which 1177 notifies of at once.
        """
        with self.store.transaction() as records:
            known = [form for key in form_keys if (form := records.forms.find(key)) is not None]
            access = records.forms.access(actor.unit_id, [form.id for form in known])
        return DispatchPreview(
            package=package,
            forms=tuple(access),
            occasions=_numbered(
                [
                    _planned(row, typed, package, self.rules, now, notifies=notifies)
                    for row, typed in enumerate(occasions, start=1)
                ]
            ),
        )

    def preset_forms(self, package: PackageTemplate, *, actor: Actor) -> list[FormAccess]:
        """The forms that the package is prepared with."""
        with self.store.transaction() as records:
            return records.forms.access(actor.unit_id, package.template_ids)

    def preset_occasions(self, package: PackageTemplate, *, now: datetime) -> list[Moment]:
        """Dates at the package's interval, from its weekday or else from the first day possible.

        The time is empty if the package has none: staff must choose it.
        """
        local = now.astimezone(self.rules.zone)
        passed = package.time is not None and package.time <= local.time()
        soonest = local.date() + timedelta(days=int(passed))
        first = package.first_date(today=local.date()) or soonest
        clock = f"{package.time:%H:%M}" if package.time else ""
        return [
            Moment(date=f"{moment.date}", time=clock)
            for moment in occasion_moments(
                first,
                local.time(),
                interval_weeks=package.interval_weeks,
                count=package.occasions,
            )
        ]


def follow_first(occasions: Sequence[Moment], package: PackageTemplate) -> list[Moment]:
    """The first one's time for all, and its date at the package's interval.

    As typed if the first date cannot be understood.
    """
    first = read_date(occasions[0].date or "") if occasions else None
    if first is None:
        return list(occasions)
    weeks = max(package.interval_weeks, 1)
    clock = occasions[0].time
    moments = occasion_moments(
        first, datetime.min.time(), interval_weeks=weeks, count=len(occasions)
    )
    return [Moment(date=f"{moment.date}", time=clock) for moment in moments]


def one_more(occasions: Sequence[Moment], package: PackageTemplate) -> Moment:
    """An occasion after the last one, at the package's interval."""
    if not occasions:
        return Moment(date="", time=f"{package.time:%H:%M}" if package.time else "")
    return follow_first([occasions[-1], occasions[-1]], package)[1]


def _numbered(planned: list[PreviewedOccasion]) -> tuple[PreviewedOccasion, ...]:
    """Numbered by date, in the order typed; what cannot be sent at comes last."""
    sendable = sorted((each.local, each.row) for each in planned if each.local)
    rows = [row for _, row in sendable] + [each.row for each in planned if not each.local]
    return tuple(replace(each, number=rows.index(each.row) + 1) for each in planned)


def _planned(
    row: int,
    typed: Moment,
    package: PackageTemplate,
    rules: Rules,
    now: datetime,
    *,
    notifies: bool,
) -> PreviewedOccasion:
    reading = SpecReading(notifies=notifies)
    # The presets stand in the fields: an empty field is one that staff have emptied.
    plain = replace(package, weekday=None, time=None)
    found = reading.occasion(typed, plain, f"occasions, rad {row}", rules=rules, now=now)
    return PreviewedOccasion(
        row=row,
        number=row,
        typed=typed,
        local=found[0] if found else None,
        problems=tuple(replace(each, place=f"occasions, rad {row}") for each in reading.problems),
        warnings=tuple(reading.warnings),
    )
