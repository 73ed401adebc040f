"""A grundplåt in words, for the lists of packages and for what differs between two versions."""

from collections.abc import Callable, Mapping, Sequence

from utskick.domain.languages import LANGUAGES
from utskick.domain.packages import PackageTemplate
from utskick.domain.schedules import (
    AnswerWithin,
    Interval,
    IntervalUnit,
    OlderUnanswered,
    RedDayRule,
)
from utskick.domain.visit_offsets import LATE_VISITS_LABELS, VisitOffset
from utskick.use_cases.administer_packages import PackageRegister
from utskick.web.labels import WEEKDAYS, counted

_INTERVALS = {
    IntervalUnit.DAY: ("varje dag", "varannan dag", "dagar"),
    IntervalUnit.WEEK: ("varje vecka", "varannan vecka", "veckor"),
    IntervalUnit.MONTH: ("varje månad", "varannan månad", "månader"),
}
INTERVAL_UNITS = {unit: units for unit, (_, _, units) in _INTERVALS.items()}
RED_DAYS = {
    RedDayRule.WARN: "Varna personalen",
    RedDayRule.NEXT_WORKING_DAY: "Flytta till nästa arbetsdag",
    RedDayRule.KEEP: "Skicka som vanligt",
}
OLDER_UNANSWERED = {
    OlderUnanswered.KEEP: "Går att besvara ändå",
    OlderUnanswered.CLOSE: "Sista dag är dagen före nästa tillfälle",
}


def presets_in_words(package: PackageTemplate) -> str:
    """As staff would say it: 4 formulär, 3 tillfällen varannan vecka, måndag kl. 08:00."""
    if package.is_for_visits:
        return f"{len(package.template_ids)} formulär, {offsets_in_words(package.visit_offsets)}"
    words = f"{len(package.template_ids)} formulär, {package.occasions} "
    words += "tillfälle" if package.occasions == 1 else "tillfällen"
    if package.occasions > 1:
        words += f" {schedule_in_words(package)}"
    if package.weekday is not None:
        words += f", {WEEKDAYS[package.weekday]}"
    if package.time is not None:
        words += f" kl. {package.time:%H:%M}"
    return words


def offsets_in_words(offsets: Sequence[VisitOffset]) -> str:
    """As 14 dagar före besöket kl. 09:00 och 3 dagar före besöket kl. 09:00."""
    words = [offset.in_words for offset in offsets]
    return " och ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def schedule_in_words(package: PackageTemplate) -> str:
    """How its occasions follow on each other: varannan vecka, efter 0, 90 och 182 dagar."""
    if package.offsets_days:
        *others, last = package.offsets_days
        return f"efter {', '.join(map(str, others))} och {last} dagar"
    return interval_in_words(package.interval) if package.interval else ""


def interval_in_words(interval: Interval) -> str:
    """As `varannan vecka`."""
    every, every_other, units = _INTERVALS[interval.unit]
    words = {1: every, 2: every_other}
    return words.get(interval.count, f"med {interval.count} {units} emellan")


def answer_within_in_words(within: AnswerWithin | None) -> str:
    """How long there is to answer: samma dag kl. 20:00, 6 dagar efter."""
    if within is None:
        return "ett år efter"
    words = f"{counted(within.days, 'dag', 'dagar')} efter" if within.days else "samma dag"
    return f"{words} kl. {within.at:%H:%M}" if within.at else words


def field_in_words(package: PackageTemplate, name: str, register: PackageRegister) -> str:
    """A field of a version, as people read it."""
    if name == "unit_ids":
        return ", ".join(register.units[unit_id].name for unit_id in package.unit_ids) or "–"
    if name == "template_ids":
        return ", ".join(register.forms[form].name for form in package.template_ids)
    in_words = _IN_WORDS.get(name)
    return (in_words(package) if in_words else str(getattr(package, name))) or "–"


_IN_WORDS: Mapping[str, Callable[[PackageTemplate], str]] = {
    "weekday": lambda package: "" if package.weekday is None else WEEKDAYS[package.weekday],
    "time": lambda package: f"{package.time:%H:%M}" if package.time else "",
    "interval": lambda package: interval_in_words(package.interval) if package.interval else "",
    "offsets_days": lambda package: ", ".join(map(str, package.offsets_days)),
    "answer_within": lambda package: answer_within_in_words(package.answer_within),
    "older_unanswered": lambda package: OLDER_UNANSWERED[package.older_unanswered],
    "checks_already_has": lambda package: "Ja" if package.checks_already_has else "Nej",
    "red_days": lambda package: RED_DAYS[package.red_days],
    "inbox_messages": lambda package: "\n\n".join(
        f"{LANGUAGES[code].name.capitalize()}:\n{text}"
        for code, text in package.inbox_messages.items()
    ),
    "error_addresses": lambda package: ", ".join(package.error_addresses),
    "visit_offsets": lambda package: offsets_in_words(package.visit_offsets),
    "late_visits": lambda package: LATE_VISITS_LABELS[package.late_visits],
    "needs_approval": lambda package: "Ja" if package.needs_approval else "Nej",
}
