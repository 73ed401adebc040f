"""Brakes that have been pulled, and what they hold."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from utskick.domain.brakes import Brake, BrakeId, BrakeScope
from utskick.domain.dispatches import Dispatch
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import OccasionId
from utskick.domain.units import HsaId


class Brakes(Protocol):
    """What may leave asks in its own transaction; a pull is heard of as a stop is (I8)."""

    def pull(self, brake: Brake) -> None:
        """It holds from the commit on."""

    def release(self, brake_id: BrakeId, *, by: str, now: datetime) -> bool:
        """`False` if it has been released before."""

    def get(self, brake_id: BrakeId) -> Brake:
        """Raises `NotFound`."""

    def pulled(self) -> Sequence[Brake]:
        """Those that hold, the oldest first."""

    def released(self, *, limit: int) -> Sequence[Brake]:
        """Those that held once, the one that was released last first."""

    def holding(self, unit_id: HsaId, template_ids: Collection[FormTemplateId]) -> Brake | None:
        """One that is on what the unit sends with these forms."""

    def over(self, dispatch: Dispatch) -> Brake | None:
        """One that holds the dispatch."""

    def hit(self, scope: BrakeScope, *, limit: int) -> Sequence[Dispatch]:
        """What such a brake holds, or would: the next to be sent first."""

    def count_hit(self, scope: BrakeScope) -> int: ...

    def passed(self, *, now: datetime) -> Sequence[OccasionId]:
        """Those under a brake whose moments have passed, and that no run has."""

    def on_their_way(self, scope: BrakeScope) -> int:
        """How many forms have been begun of which nobody knows yet whether they arrived."""

    def list_anew(self, scope: BrakeScope, *, now: datetime) -> None:
        """What has ended with something left is listed for as long as if it ended now.

        Under the brake staff could do nothing about it.
        """

    def waiting_for_staff(self, brake_id: BrakeId) -> int:
        """How many occasions it has kept from being sent, with something left."""

    def awaiting_messages(self, scope: BrakeScope) -> Sequence[OccasionId]:
        """Those under such a brake whose runs are to leave messages, and that no run has."""
