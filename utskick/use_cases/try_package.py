"""Prova a grundplåt before it is saved: its dates, its texts, and what would refuse a start."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from utskick.domain.calendar import LocalMoment, default_answer_by
from utskick.domain.errors import Problem
from utskick.domain.forms import FormTemplate
from utskick.domain.languages import whole_message
from utskick.domain.package_specs import PackageSpec, check_package, package_of
from utskick.domain.packages import PackageTemplate
from utskick.domain.planned_moments import planned_moments, red_day_warning
from utskick.domain.rules import Rules
from utskick.domain.schedules import AnswerBy
from utskick.domain.units import Unit
from utskick.ports import Texts
from utskick.records import Store
from utskick.sending.message_text import message_parts
from utskick.sending.message_values import values_of
from utskick.use_cases.administer_packages import register_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedMoment:
    """One occasion, or one send before a visit: then `local` is `None`, and `when` says it."""

    when: str
    local: LocalMoment | None
    answer_by: AnswerBy
    message: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedUnit:
    """A unit that could not start it now, because of these forms."""

    unit: Unit
    forms: tuple[FormTemplate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPackage:
    """As the first of its units would start it today. With `problems` there is nothing more."""

    unit: Unit | None
    heading: str
    moments: tuple[TriedMoment, ...] = ()
    blocked: tuple[BlockedUnit, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TryPackage:
    store: Store
    texts: Texts
    rules: Rules

    def __call__(self, spec: PackageSpec, *, some_unit: Unit, now: datetime) -> TriedPackage:
        """Nothing is kept. `some_unit` stands for its units while it has none."""
        with self.store.transaction() as records:
            register = register_of([unit.id for unit in records.units.all()], records)
        forms = {form.key: form for form in register.forms.values()}
        problems = check_package(
            spec,
            units=list(register.units),
            forms=forms,
            texts=self.texts,
            error_domains=self.rules.error_domains,
        )
        if problems:
            return TriedPackage(unit=None, heading="", problems=tuple(problems))
        package = package_of(
            spec,
            version=1,
            forms={key: form.id for key, form in forms.items()},
            forms_desk=self.rules.forms_desk,
        )
        units = [register.units[unit_id] for unit_id in package.unit_ids]
        blocked = [
            BlockedUnit(unit=unit, forms=tuple(register.blocking(package, unit.id)))
            for unit in units
        ]
        only = register.forms[package.template_ids[0]] if len(package.template_ids) == 1 else None
        heading = only.resident_name if only else package.resident_title
        trying = _Trying(
            package=package,
            unit=units[0] if units else some_unit,
            heading=heading,
            texts=self.texts,
            today=LocalMoment(self.rules.today(now), now.astimezone(self.rules.zone).time()),
        )
        return TriedPackage(
            unit=trying.unit,
            heading=heading,
            moments=trying.moments(),
            blocked=tuple(each for each in blocked if each.forms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trying:
    package: PackageTemplate
    unit: Unit
    heading: str
    texts: Texts
    today: LocalMoment

    def moments(self) -> tuple[TriedMoment, ...]:
        return self._before_a_visit() if self.package.is_for_visits else self._by_date()

    def _by_date(self) -> tuple[TriedMoment, ...]:
        """From the first day on which it could be sent."""
        package = self.package
        passed = package.time is not None and package.time <= self.today.time
        soonest = self.today.date + timedelta(days=int(passed))
        first = package.first_date(today=self.today.date) or soonest
        planned = planned_moments(package, LocalMoment(first, package.time or time.min))
        return tuple(
            self._moment(
                number,
                of=len(planned),
                when=f"{each.local}" if package.time else f"{each.local.date}, tid väljs",
                local=each.local,
                answer_by=each.answer_by,
                notes=tuple(filter(None, (each.note, red_day_warning(package, each.local.date)))),
            )
            for number, each in enumerate(planned, start=1)
        )

    def _before_a_visit(self) -> tuple[TriedMoment, ...]:
        """As for a visit that is as far ahead as they need."""
        offsets = self.package.visit_offsets
        visit = self.today.date + timedelta(days=max(each.days_before for each in offsets))
        return tuple(
            self._moment(
                number,
                of=len(offsets),
                when=each.in_words,
                local=None,
                answer_by=within.after(each.moment(visit).date) if within else None,
            )
            for number, each in enumerate(offsets, start=1)
            for within in [self.package.answer_within]
        )

    def _moment(
        self,
        number: int,
        *,
        of: int,
        when: str,
        local: LocalMoment | None,
        answer_by: AnswerBy | None,
        notes: tuple[str, ...] = (),
    ) -> TriedMoment:
        package = self.package
        last = answer_by or AnswerBy(default_answer_by(local.date if local else self.today.date))
        values = values_of(
            self.unit,
            heading=self.heading,
            forms=len(package.template_ids),
            answer_by=last,
            occasion=number,
            occasions=of,
        )
        parts = message_parts(
            package.inbox_message, package.inbox_messages, values, texts=self.texts
        )
        return TriedMoment(
            when=when, local=local, answer_by=last, message=whole_message(parts), notes=notes
        )
