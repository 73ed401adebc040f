"""Local dates and times. Stockholm's clock skips an hour in spring and repeats one in autumn."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from utskick.domain.errors import UtskickError
from utskick.domain.schedules import months_later
from utskick.domain.writing import plain

STOCKHOLM = ZoneInfo("Europe/Stockholm")

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_DATE = re.compile(r"(?:19|2\d)\d{2}-\d{2}-\d{2}", re.ASCII)
"""The years that dates may have, so that adding to one never passes the calendar's ends."""
_WEEK = 7
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
WEEKDAY_NAMES = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")


class ImpossibleTime(UtskickError):
    """Not a date as ÅÅÅÅ-MM-DD, or not a time as HH:MM."""

    def __init__(self, staff_message: str) -> None:
        super().__init__("not a date or time")
        self.staff_message = staff_message


class NonexistentTime(UtskickError):
    """In the hour that the clock skips when summer time begins."""

    def __init__(self, moment: "LocalMoment") -> None:
        super().__init__("a local time that does not exist")
        self.staff_message = (
            f"Klockan {moment.time:%H:%M} finns inte den {moment.date:%Y-%m-%d}: då ställs klockan"
            " fram till sommartid. Välj en annan tid."
        )


@dataclass(frozen=True, slots=True, order=True)
class LocalMoment:
    """A date and a time as staff write them."""

    date: date
    time: time

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.time:%H:%M}"

    def sends_at(self, zone: ZoneInfo = STOCKHOLM) -> datetime:
        """The moment in UTC; of an hour that comes twice, the first. Raises `NonexistentTime`."""
        local = datetime.combine(self.date, self.time, zone)
        moment = local.astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise NonexistentTime(self)
        return moment


def parse_clock(text: str) -> time:
    """Read HH:MM, or HH:MM:SS. Raises `ImpossibleTime`.

    Manual: "Klockslag anges i formatet HH:MM".
    """
    found = _CLOCK.fullmatch(plain(text).strip())
    if not found:
        raise ImpossibleTime(
            "Klockslaget går inte att tolka. Ange det som HH:MM, till exempel 08:00."
        )
    hour, minute, second = (int(part or 0) for part in found.groups())
    return time(hour, minute, second)


def parse_date(text: str) -> date:
    """Read ÅÅÅÅ-MM-DD. Raises `ImpossibleTime`."""
    typed = plain(text).strip()
    try:
        if _DATE.fullmatch(typed):
            return date.fromisoformat(typed)
    except ValueError:
        pass
    raise ImpossibleTime(
        "Datumet går inte att tolka. Ange det som ÅÅÅÅ-MM-DD, till exempel 2027-02-01."
    )


def read_date(text: str) -> date | None:
    """As `parse_date`, or `None` for what is no date."""
    try:
        return parse_date(text)
    except ImpossibleTime:
        return None


def day_in_words(day: date) -> str:
    """As people say it: 30 november 2027."""
    return f"{day.day} {month_in_words(day)}"


def month_in_words(day: date) -> str:
    """As november 2027."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def first_date_for(weekday: int, *, on_or_after: date) -> date:
    """The first date with the weekday (0 is Monday)."""
    return on_or_after + timedelta(days=(weekday - on_or_after.weekday()) % _WEEK)


def with_weekday(day: date) -> str:
    """As `måndag 2027-02-01`."""
    return f"{WEEKDAY_NAMES[day.weekday()]} {day}"


def default_answer_by(sent_on: date) -> date:
    """Manual: "Det förvalda datumet är ett år fram i tiden"."""
    return months_later(sent_on, 12)


def default_purge_after(sent_on: date) -> date:
    """Manual: "Det förvalda datumet är ett år och en månad framåt i tiden"."""
    return months_later(sent_on, 13)


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """The hours at which a notice is neither too early nor too late in the day."""

    opens: time = time(7)
    closes: time = time(21)

    def contains(self, at: time) -> bool:
        return self.opens <= at <= self.closes

    def next_within(self, moment: datetime, *, zone: ZoneInfo) -> datetime:
        """The moment itself if it is within, else when it opens next."""
        local = moment.astimezone(zone)
        if self.contains(local.time().replace(microsecond=0)):
            return moment
        day = local.date() + timedelta(days=local.time() > self.closes)
        return datetime.combine(day, self.opens, zone).astimezone(UTC)

    def warning_for(self, moment: LocalMoment) -> str | None:
        """Manual: "säkerställ att det inte är för tidigt eller för sent på dagen"."""
        if self.contains(moment.time):
            return None
        return (
            f"{moment} är {self._part_of_day(moment.time)}: mottagaren får en avisering då."
            f" {self._suitable}"
        )

    def warning_now(self, at: time) -> str | None:
        """The same of what is sent at once, at this hour."""
        if self.contains(at):
            return None
        return (
            f"Klockan är {at:%H:%M}, och det är {self._part_of_day(at)}: mottagaren får en"
            f" avisering nu. {self._suitable}"
        )

    def _part_of_day(self, at: time) -> str:
        return "tidigt på dagen" if at < self.opens else "sent på dagen"

    @property
    def _suitable(self) -> str:
        return f"Mellan {self.opens:%H:%M} och {self.closes:%H:%M} är lämpligt."


def send_deadline(
    sends_at: datetime,
    *,
    grace: timedelta,
    window: SendingWindow,
    zone: ZoneInfo,
    punctual_for: timedelta,
) -> datetime:
    """Until when an occasion may still be sent: within the grace, and never late at night.

    An hour outside the window that staff chose knowingly is kept, for `punctual_for`.
    """
    local = sends_at.astimezone(zone)
    punctual = sends_at + min(punctual_for, grace)
    if not window.contains(local.time().replace(microsecond=0)):
        return punctual
    closes = datetime.combine(local.date(), window.closes, zone).astimezone(UTC)
    return max(punctual, min(sends_at + grace, closes))
