"""Redan skickat: who of a list has the form already, or got something of the unit lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from utskick.domain.deliveries import Refusal
from utskick.domain.personnummer import Personnummer

_MOST_NAMED = 20


class AlreadyKind(StrEnum):
    """`HAS`: one of these very forms, not known to be answered. `LATELY`: any form of the unit."""

    HAS = "has"
    LATELY = "lately"


REFUSED_AS = {AlreadyKind.HAS: Refusal.ALREADY_HAD, AlreadyKind.LATELY: Refusal.RECENTLY_SENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierForm:
    """What a person has got of the unit: one of its forms, and when."""

    personnummer: Personnummer
    form_name: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadySent:
    """Those of one kind, in the list's order, `of` so many; `skipped` if staff leave them out.

    `names` are the register's, where it has any.
    """

    kind: AlreadyKind
    forms: Sequence[EarlierForm]
    of: int
    days: int
    today: date
    zone: ZoneInfo
    skipped: bool = False
    names: Mapping[Personnummer, str] = field(default_factory=dict, repr=False)

    @property
    def numbers(self) -> list[Personnummer]:
        """Each person once."""
        return list(dict.fromkeys(form.personnummer for form in self.forms))

    @property
    def sentence(self) -> str:
        """How many, for staff."""
        number = len(self.numbers)
        who = f"{number} av {self.of} mottagare"
        if self.kind is AlreadyKind.HAS:
            names = list(dict.fromkeys(form.form_name for form in self.forms))
            which = names[0] if len(names) == 1 else "något av formulären"
            return f"{who} har redan {which} obesvarat."
        return f"{who} fick ett utskick från enheten {self._when}."

    @property
    def _when(self) -> str:
        days = {self.day_of(form) for form in self.forms}
        ago = {(self.today - day).days for day in days}
        if ago == {0}:
            return "i dag"
        return "i går" if ago == {1} else f"under de senaste {self.days} dagarna"

    def day_of(self, form: EarlierForm) -> date:
        """The day that it was for staff."""
        return form.sent_at.astimezone(self.zone).date()

    def warning(self, places: Mapping[Personnummer, str]) -> str:
        """The sentence with the rows of a list, for who has no list before their eyes."""
        rows = [places[number].removeprefix("recipients, ") for number in self.numbers]
        more = len(rows) - _MOST_NAMED
        listed = ", ".join(rows[:_MOST_NAMED]) + (f" och {more} till" if more > 0 else "")
        fate = " De får inget nytt." if self.skipped else ""
        return f"{self.sentence}{fate} I listan: {listed}."
