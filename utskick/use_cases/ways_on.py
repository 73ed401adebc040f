"""What staff can do about an occasion that was missed, or stopped in the middle: with numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from utskick.domain.brakes import Brake, BrakeId
from utskick.domain.deliveries import OPEN_STATES, DeliveryState
from utskick.domain.dispatches import Dispatch, DispatchStatus, RecipientState
from utskick.domain.occasions import Occasion, OccasionId, OccasionState
from utskick.domain.units import Actor
from utskick.records import Transaction, Unnotified


class ByHand(Protocol):
    """One of the ways on; `False` if it has to wait for the scheduler."""

    def __call__(self, occasion_id: OccasionId, *, actor: Actor, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOn:
    """Forms that are `sent`, on their way and `left`; recipients who have forms and no message.

    `brake`: what kept the occasion from being sent. While one `holds`, it can only be ended.
    """

    occasion: Occasion
    sent: int
    on_their_way: int
    left: int
    unnotified: Unnotified
    aborted: bool = False
    brake: Brake | None = None
    holds: bool = False

    @property
    def may_send(self) -> bool:
        """*Skicka det som är kvar*. A dispatch that was aborted holds forms that cannot be."""
        has_forms_to_send = self.occasion.has_a_rest and self.left > 0
        return has_forms_to_send and not (self.aborted or self.holds)

    @property
    def may_notify(self) -> bool:
        """*Meddela dem som redan fått sina formulär*.

        A missed occasion has notified them already, except where the inbox did not take it.
        """
        if self.holds:
            return False
        if self.occasion.state is OccasionState.MISSED:
            return self.unnotified.complete > 0 and not self.left
        return bool(self.unnotified.complete or self.unnotified.partly)

    @property
    def may_end(self) -> bool:
        """*Avsluta*."""
        return self.occasion.has_a_rest and bool(self.left or self.on_their_way)

    @property
    def any(self) -> bool:
        return self.may_send or self.may_notify or self.may_end or self.holds


def ways_on(records: Transaction, dispatch: Dispatch) -> list[WaysOn]:
    """Of each occasion with something left, or with somebody left to notify after its end."""
    return list(_found(records, dispatch))


def _found(records: Transaction, dispatch: Dispatch) -> Iterator[WaysOn]:
    aborted = dispatch.status is DispatchStatus.ABORTED
    holds = records.brakes.over(dispatch) is not None
    for occasion in dispatch.occasions:
        if not (occasion.has_a_rest or occasion.state is OccasionState.ENDED):
            continue
        forms = records.progress.summary(dispatch.id, occasion_id=occasion.id)
        left = sum(form.by_state.get(DeliveryState.PLANNED, 0) for form in forms)
        if not forms:
            # Nothing was even planned: every form to everyone is left.
            active = records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE)
            left = active * len(dispatch.forms)
        yield WaysOn(
            occasion=occasion,
            sent=sum(form.sent for form in forms),
            on_their_way=sum(form.by_state.get(s, 0) for form in forms for s in OPEN_STATES),
            left=left,
            unnotified=records.inbox_messages.unnotified(occasion.id),
            aborted=aborted,
            brake=records.brakes.get(BrakeId(occasion.brake_id)) if occasion.brake_id else None,
            holds=holds,
        )
