"""When a visit package is sent: so many days before the visit, at a time of day."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from utskick.domain.calendar import LocalMoment


class LateVisits(StrEnum):
    """What becomes of a moment that has passed when its visit comes, or is moved.

    `NOW`: it is sent at once, if the visit is still ahead. `SKIP`: it is too late (för sent).
    """

    SKIP = "skip"
    NOW = "now"


LATE_VISITS_LABELS = {
    LateVisits.SKIP: "Skickas inte",
    LateVisits.NOW: "Skickas genast, om besöket inte har varit",
}


@dataclass(frozen=True, slots=True)
class VisitOffset:
    """One moment counted from the visit (3 dagar före besöket kl. 09:00)."""

    days_before: int
    time: time

    def moment(self, day: date) -> LocalMoment:
        """Of a visit on that day."""
        return LocalMoment(day - timedelta(days=self.days_before), self.time)

    @property
    def in_words(self) -> str:
        match self.days_before:
            case 0:
                days = "samma dag som besöket"
            case 1:
                days = "dagen före besöket"
            case _:
                days = f"{self.days_before} dagar före besöket"
        return f"{days} kl. {self.time:%H:%M}"


def in_order(offsets: tuple[VisitOffset, ...]) -> tuple[VisitOffset, ...]:
    """As they come: the earliest before the visit first."""
    return tuple(sorted(offsets, key=lambda each: (-each.days_before, each.time)))
