"""A unit's own sending hours (sändningstider): outside them, staff are warned before they send."""

from dataclasses import dataclass, replace
from datetime import datetime, time

from utskick.domain.calendar import ImpossibleTime, SendingWindow, parse_clock
from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.specs import Spec
from utskick.domain.units import Actor, HsaId
from utskick.records import Store
from utskick.use_cases.administer_units import log_act


class HoursSpec(Spec):
    """As HH:MM. Both empty: the region's."""

    opens: str
    closes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSendingHours:
    store: Store

    def __call__(self, unit_id: HsaId, spec: HoursSpec, *, actor: Actor, now: datetime) -> None:
        """What is started already stays. Raises `NotFound` or `SpecRefused`."""
        hours = _hours(spec)
        with self.store.transaction() as records:
            unit = records.units.get(unit_id)
            if unit.sending_hours == hours:
                return
            records.units.save([replace(unit, sending_hours=hours)])
            words = f"{hours.opens:%H:%M}-{hours.closes:%H:%M}" if hours else "regionens"
            log_act(f"ändrat sändningstider för {unit_id}: {words}", actor, records, now)


def _hours(spec: HoursSpec) -> SendingWindow | None:
    problems: list[Problem] = []
    opens = _clock("opens", spec.opens, problems)
    closes = _clock("closes", spec.closes, problems)
    if not problems and (opens is None) is not (closes is None):
        place = "opens" if opens is None else "closes"
        problems.append(Problem(place, "klockslaget saknas.", "Fyll i båda, eller töm båda."))
    if opens and closes and closes <= opens:
        problems.append(Problem("closes", "tiden slutar innan den börjar.", "Byt plats på dem."))
    if problems:
        raise SpecRefused(problems)
    if opens is None or closes is None:
        return None
    return SendingWindow(opens=opens, closes=closes)


def _clock(place: str, typed: str, problems: list[Problem]) -> time | None:
    try:
        return parse_clock(typed) if typed.strip() else None
    except ImpossibleTime as error:
        problems.append(Problem(place, error.staff_message, ""))
        return None
