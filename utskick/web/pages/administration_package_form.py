"""What has been filled in of a grundplåt. It travels with its form until it is saved."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Self

from starlette.datastructures import FormData

from utskick.domain.calendar import ImpossibleTime, default_answer_by, parse_clock
from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.forms import FormTemplate
from utskick.domain.languages import OTHER_LANGUAGES
from utskick.domain.package_specs import WEEKDAYS, PackageSpec
from utskick.domain.packages import PackageTemplate
from utskick.domain.schedules import (
    AnswerBy,
    AnswerWithin,
    IntervalUnit,
    OlderUnanswered,
    RedDayRule,
)
from utskick.domain.units import Unit
from utskick.domain.visit_offsets import LateVisits
from utskick.domain.writing import comparable
from utskick.use_cases.administer_packages import PackageRegister
from utskick.use_cases.list_forms import meant
from utskick.web.labels import counted
from utskick.web.pages.posted import act, read_message, read_spec, read_translations, text, texts

_BETWEEN_ADDRESSES = re.compile(r"[\s,;]+")
_BETWEEN_NUMBERS = re.compile(r"[\s,;]+|\boch\b|\bdagar\b")
_BEFORE = re.compile(r"\b(?:dagar|dag|före|besöket|kl|klockan)\b\.?|[\s,;]+")
_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")
_LONGEST_KEY = 100
_DIGITS = 3
"""Of the days to answer that are counted with while they are being typed."""


@dataclass(slots=True, kw_only=True)
class FilledPackage:
    """As typed. `based_on` is the version that is being changed; empty for a new package."""

    key: str = ""
    name: str = ""
    resident_title: str = ""
    units: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    weekday: str = ""
    time: str = ""
    occasions: str = "1"
    interval_count: str = ""
    interval_unit: str = IntervalUnit.WEEK
    offsets_days: str = ""
    answer_days: str = ""
    answer_time: str = ""
    older_unanswered: str = OlderUnanswered.KEEP
    checks_already_has: bool = False
    red_days: str = RedDayRule.WARN
    error_addresses: str = ""
    inbox_message: str = ""
    inbox_messages: dict[str, str] = field(default_factory=dict)
    form_banner: str = ""
    needs_approval: bool = False
    visit_offsets: str = ""
    late_visits: str = LateVisits.SKIP
    based_on: str = ""
    new_form: str = ""
    new_unit: str = ""
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, package: PackageTemplate, register: PackageRegister, *, forms_desk: str) -> Self:
        """The package as it stands, to be changed."""
        interval, within = package.interval, package.answer_within
        others = [each for each in package.error_addresses if each != forms_desk]
        return cls(
            key=package.key,
            name=package.name,
            resident_title=package.resident_title,
            units=list(package.unit_ids),
            forms=[register.forms[template_id].key for template_id in package.template_ids],
            weekday="" if package.weekday is None else list(WEEKDAYS)[package.weekday],
            time=f"{package.time:%H:%M}" if package.time else "",
            occasions="" if package.offsets_days else str(package.occasions),
            interval_count=str(interval.count) if interval else "",
            interval_unit=interval.unit if interval else IntervalUnit.WEEK,
            offsets_days=", ".join(map(str, package.offsets_days)),
            answer_days=str(within.days) if within else "",
            answer_time=f"{within.at:%H:%M}" if within and within.at else "",
            older_unanswered=package.older_unanswered,
            checks_already_has=package.checks_already_has,
            red_days=package.red_days,
            error_addresses=", ".join(others),
            inbox_message=package.inbox_message,
            inbox_messages=dict(package.inbox_messages),
            form_banner=package.form_banner,
            needs_approval=package.needs_approval,
            visit_offsets="\n".join(
                f"{counted(each.days_before, 'dag', 'dagar')} före kl. {each.time:%H:%M}"
                for each in package.visit_offsets
            ),
            late_visits=package.late_visits,
            based_on=str(package.version),
        )

    @classmethod
    def read(cls, posted: FormData, *, key: str = "") -> Self:
        """From the page. A new package without a key gets one from its name."""
        name = text(posted, "name")
        return cls(
            key=key or text(posted, "key").strip() or key_of(name),
            name=name,
            resident_title=text(posted, "resident_title"),
            units=list(dict.fromkeys(texts(posted, "enhet"))),
            forms=list(dict.fromkeys(texts(posted, "formular"))),
            weekday=text(posted, "weekday"),
            time=text(posted, "time").strip(),
            occasions=text(posted, "occasions").strip(),
            interval_count=text(posted, "interval").strip(),
            interval_unit=text(posted, "interval_unit"),
            offsets_days=text(posted, "offsets_days").strip(),
            answer_days=text(posted, "answer_within").strip(),
            answer_time=text(posted, "answer_time").strip(),
            older_unanswered=text(posted, "older_unanswered"),
            checks_already_has="checks_already_has" in posted,
            red_days=text(posted, "red_days"),
            error_addresses=text(posted, "error_addresses"),
            inbox_message=read_message(posted),
            inbox_messages=read_translations(posted),
            form_banner=text(posted, "form_banner"),
            needs_approval="needs_approval" in posted,
            visit_offsets=text(posted, "visit_offsets"),
            late_visits=text(posted, "late_visits"),
            based_on=text(posted, "based_on"),
            new_form=text(posted, "nytt_formular"),
            new_unit=text(posted, "ny_enhet"),
        )

    def change(self, posted: FormData, register: PackageRegister) -> None:
        """Do what the pressed button says of the forms or the units."""
        match act(posted):
            case "lagg-till-formular", _:
                self.add_form(list(register.forms.values()))
            case "ta-bort-formular", key:
                self.forms = [each for each in self.forms if each != key]
            case "flytta-upp", key:
                self._move_up(key)
            case "lagg-till-enhet", _:
                self.add_unit(list(register.units.values()))
            case "ta-bort-enhet", unit_id:
                self.units = [each for each in self.units if each != unit_id]
            case "spara", _:
                # What was typed and never added.
                if self.new_form.strip():
                    self.add_form(list(register.forms.values()))
                if self.new_unit.strip():
                    self.add_unit(list(register.units.values()))
            case _:
                self._change_languages(posted)

    def _change_languages(self, posted: FormData) -> None:
        match act(posted):
            case "lagg-till-sprak", _ if (code := text(posted, "nytt_sprak")) in OTHER_LANGUAGES:
                self.inbox_messages.setdefault(code, "")
            case "ta-bort-sprak", code:
                self.inbox_messages.pop(code, None)

    def add_form(self, offered: Sequence[FormTemplate]) -> None:
        """The form that was typed, or a problem."""
        form = meant(self.new_form, offered)
        if form is None:
            self.problems.append(
                Problem("forms", "formuläret finns inte.", "Välj ett i listan, eller skriv mer.")
            )
            return
        self.forms = list(dict.fromkeys([*self.forms, form.key]))
        self.new_form = ""

    def add_unit(self, known: Sequence[Unit]) -> None:
        """The unit that was typed, or a problem."""
        unit = meant_unit(self.new_unit, known)
        if unit is None:
            self.problems.append(
                Problem("units", "enheten finns inte.", "Välj en i listan, eller skriv mer.")
            )
            return
        self.units = list(dict.fromkeys([*self.units, unit.id]))
        self.new_unit = ""

    def without_prefilled(self, before: Self) -> Self:
        """What `before` stood there: who fills in days means no count and no interval by it."""
        if not self.offsets_days:
            return self
        interval = (self.interval_count, self.interval_unit)
        kept = interval == (before.interval_count, before.interval_unit)
        return replace(
            self,
            occasions="" if self.occasions == before.occasions else self.occasions,
            interval_count="" if kept else self.interval_count,
        )

    def spec(self) -> PackageSpec:
        """Raises `SpecRefused`, with what is wrong with a list said once for the whole list."""
        try:
            return read_spec(
                PackageSpec,
                {
                    "key": self.key,
                    "name": self.name,
                    "resident_title": self.resident_title,
                    "units": self.units,
                    "forms": self.forms,
                    "weekday": self.weekday or None,
                    "time": self.time or None,
                    "occasions": self.occasions or None,
                    "interval": self._interval,
                    "offsets_days": _numbers(self.offsets_days),
                    "answer_within": self._answer_within,
                    "older_unanswered": self.older_unanswered or OlderUnanswered.KEEP,
                    "checks_already_has": self.checks_already_has,
                    "red_days": self.red_days or RedDayRule.WARN,
                    "error_addresses": [
                        each for each in _BETWEEN_ADDRESSES.split(self.error_addresses) if each
                    ],
                    "inbox_message": self.inbox_message,
                    "inbox_messages": self.inbox_messages,
                    "form_banner": self.form_banner,
                    "needs_approval": self.needs_approval,
                    "visit_offsets": [_offset(line) for line in self._offset_lines],
                    "late_visits": self.late_visits or LateVisits.SKIP,
                },
            )
        except SpecRefused as refused:
            if self.key or not self.name.strip():
                raise
            # A name of signs alone gives no key.
            kept = [p for p in refused.problems if p.place != "key"]
            empty = Problem("key", "kortnamnet är tomt.", "Skriv ett, till exempel infor-besok.")
            raise SpecRefused([empty, *kept]) from None

    @property
    def number(self) -> int:
        """How many occasions it has, as far as that can be understood."""
        if offsets := _numbers(self.offsets_days):
            return len(offsets)
        return int(self.occasions) if _is_number(self.occasions) else 1

    def last_day(self, sent_on: date) -> AnswerBy:
        """Of what is sent on that date, as far as it can be understood."""
        try:
            at = parse_clock(self.answer_time) if self.answer_time else None
        except ImpossibleTime:
            at = None
        if not _is_number(self.answer_days):
            return AnswerBy(default_answer_by(sent_on))
        return AnswerWithin(int(self.answer_days[:_DIGITS]), at).after(sent_on)

    @property
    def _interval(self) -> dict[str, str] | None:
        """0 is none, as is nothing."""
        if not self.interval_count.strip("0"):
            return None
        return {"count": self.interval_count, "unit": self.interval_unit or IntervalUnit.WEEK}

    @property
    def _offset_lines(self) -> list[str]:
        return [line.strip() for line in self.visit_offsets.splitlines() if line.strip()]

    @property
    def _answer_within(self) -> dict[str, str | None] | None:
        if not self.answer_days and not self.answer_time:
            return None
        return {"days": self.answer_days or "0", "time": self.answer_time or None}

    @property
    def version(self) -> int | None:
        """The version that is being changed."""
        return int(self.based_on) if self.based_on.isdecimal() else None

    def _move_up(self, key: str) -> None:
        if key in self.forms[1:]:
            place = self.forms.index(key)
            self.forms[place - 1 : place + 1] = [key, self.forms[place - 1]]


def _offset(line: str) -> dict[str, str]:
    """As people write it: 3 dagar före kl. 09:00. What is left out is refused where it is read."""
    days, _, clock = _BEFORE.sub(" ", line.casefold()).strip().partition(" ")
    return {"days_before": days, "time": clock.strip()}


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal()


def _numbers(typed: str) -> list[str]:
    """As people write them: 0, 90, 182 och 365 dagar."""
    return _BETWEEN_NUMBERS.sub(" ", typed.casefold()).split()


def key_of(name: str) -> str:
    """A short name out of a long one: Inför besök → infor-besok."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_A_KEY.sub("-", plain).strip("-")[:_LONGEST_KEY].strip("-")


def meant_unit(typed: str, known: Sequence[Unit]) -> Unit | None:
    """The unit with this HSA-id or name, or the only one whose name holds what was typed."""
    wanted = comparable(typed)
    exact = [u for u in known if wanted in (comparable(u.name), comparable(u.id))]
    partly = [u for u in known if wanted and wanted in comparable(u.name)]
    found = exact or partly
    return found[0] if len(found) == 1 else None
