"""How well the occasions have kept their times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from utskick.domain.occasions import OccasionId
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class PunctualDay:
    """One day's forms, or one unit's: `on_time` were handed over within ten seconds of their due.

    `late_by_hand` are those of the late ones that staff sent after their moment. `stopped` were
    left at a stop in the middle: nobody missed them. `day` and `unit_id` say which, the other is
    empty.
    """

    day: date | None = None
    unit_id: HsaId | None = None
    occasions: int
    sent: int
    on_time: int
    late_by_hand: int = 0
    refused: int
    uncertain: int
    missed: int
    stopped: int = 0

    @property
    def permille(self) -> int | None:
        """Of what was sent, rounded down: a thousand means all. `None` when nothing was."""
        return 1000 * self.on_time // self.sent if self.sent else None


class Punctuality(Protocol):
    """Statistics that outlive the dispatches."""

    def note(self, occasion_id: OccasionId) -> None:
        """Count an occasion that has ended; counted again, the new numbers hold."""

    def by_day(self, since: date) -> Sequence[PunctualDay]:
        """Newest first."""

    def by_unit(self, since: date) -> Sequence[PunctualDay]:
        """The least punctual first."""
