"""What is sent when: occasions by their day, for a unit and for the region."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from utskick.domain.calendar_feeds import CalendarFeed
from utskick.domain.dispatches import GOES_ON, Dispatch
from utskick.domain.occasions import Aim, Occasion
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """An occasion with its dispatch, and how many recipients that has."""

    dispatch: Dispatch
    occasion: Occasion
    recipients: int

    @property
    def goes_on(self) -> bool:
        """Whether it has been sent, or will be if nobody stops it."""
        return self.dispatch.status in GOES_ON and self.occasion.aim is Aim.SEND


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCount:
    """What one unit sends on one day: occasions, and their recipients together."""

    day: date
    unit_id: HsaId
    occasions: int
    recipients: int


class Calendar(Protocol):
    """Read only, and nobody's identity. Single forms, which are sent at once, are not in it."""

    def of_unit(self, unit_id: HsaId, first: date, last: date) -> Sequence[CalendarEntry]:
        """From the first day to the last, by their moments."""

    def of_region(self, first: date, last: date) -> Sequence[CalendarCount]:
        """Of dispatches that go on or are done, by day, those with the most recipients first."""


class CalendarFeeds(Protocol):
    def add(self, feed: CalendarFeed) -> str:
        """Returns the secret of its address, which is not kept and cannot be read again."""

    def of_unit(self, unit_id: HsaId, *, now: datetime) -> Sequence[CalendarFeed]:
        """Those that can be read, newest first."""

    def find(self, secret: str, *, now: datetime) -> CalendarFeed:
        """Raises `NotFound`, also once it has expired or its unit is withdrawn."""

    def revoke(self, unit_id: HsaId, feed_id: UUID) -> bool:
        """Whether there was such a one."""

    def delete_expired(self, now: datetime) -> None: ...
