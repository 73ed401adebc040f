"""Package templates (grundplåtar): what the regional administration prepares for units."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import IntEnum

from utskick.domain.calendar import first_date_for
from utskick.domain.forms import FormTemplateId
from utskick.domain.languages import Translations
from utskick.domain.schedules import AnswerWithin, Interval, OlderUnanswered, RedDayRule
from utskick.domain.units import HsaId
from utskick.domain.visit_offsets import LateVisits, VisitOffset

FORMS_DESK = "formularhantering@vgregion.se"
"""Always among a dispatch's error addresses (manual: "Ta inte bort denna")."""


class Weekday(IntEnum):
    """Numbered as `datetime.date.weekday`."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageTemplate:
    """A prepared package (grundplåt): forms, wording and presets, for the units it names.

    Its `occasions` come at its `interval`, or at its `offsets_days` from the first; one alone
    needs neither. With `checks_already_has`, whoever has one of its forms unanswered when it is
    sent gets no second one.
    """

    key: str
    version: int
    name: str
    resident_title: str
    unit_ids: tuple[HsaId, ...]
    template_ids: tuple[FormTemplateId, ...]
    weekday: Weekday | None
    time: time | None
    occasions: int
    inbox_message: str
    error_addresses: tuple[str, ...]
    interval: Interval | None = None
    offsets_days: tuple[int, ...] = ()
    answer_within: AnswerWithin | None = None
    older_unanswered: OlderUnanswered = OlderUnanswered.KEEP
    red_days: RedDayRule = RedDayRule.WARN
    inbox_messages: Translations = field(default_factory=dict)
    form_banner: str = ""
    checks_already_has: bool = False
    visit_offsets: tuple[VisitOffset, ...] = ()
    late_visits: LateVisits = LateVisits.SKIP
    needs_approval: bool = False

    @property
    def is_for_visits(self) -> bool:
        """Whether it is sent before booked visits, and so has no moments of its own."""
        return bool(self.visit_offsets)

    def first_date(self, *, today: date) -> date | None:
        """The next preset weekday, tomorrow at the earliest; `None` without a preset."""
        if self.weekday is None:
            return None
        return first_date_for(self.weekday, on_or_after=today + timedelta(days=1))


def with_forms_desk(
    addresses: tuple[str, ...], *, forms_desk: str = FORMS_DESK
) -> tuple[str, ...]:
    """The addresses with the forms desk first, each once, whatever was removed or added."""
    named = (forms_desk, *filter(None, (address.strip() for address in addresses)))
    # Read backwards, so that of several spellings the first is kept.
    by_mailbox = {address.casefold(): address for address in reversed(named)}
    return tuple(by_mailbox[key] for key in dict.fromkeys(map(str.casefold, named)))
