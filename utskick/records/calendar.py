"""What is sent when: occasions by their day, for a unit and for the region."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Occasion
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """An occasion with its dispatch, and how many recipients that has."""

    dispatch: Dispatch
    occasion: Occasion
    recipients: int


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
