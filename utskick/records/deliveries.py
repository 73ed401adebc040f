"""The statements that keep each form, and each message, sent once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from utskick.domain.deliveries import (
    ClaimedDelivery,
    ClaimedInboxMessage,
    DeliveryId,
    DeliveryState,
    FormId,
    OpenDelivery,
    Outcome,
    Refusal,
)
from utskick.domain.dispatches import (
    RecipientId,
)
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.personnummer import Personnummer


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryClaim:
    """What a run wants to send next: at most `limit` deliveries of its occasion."""

    occasion_id: OccasionId
    token: RunToken
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnotified:
    """Recipients who have got all of their forms, or some, and no inbox message."""

    complete: int = 0
    partly: int = 0


class Deliveries(Protocol):
    def plan(
        self,
        occasion_id: OccasionId,
        *,
        recipients: Collection[RecipientId],
        refused: Mapping[RecipientId, Refusal],
        answer_by: date,
        purge_after: date,
    ) -> set[RecipientId]:
        """One delivery for each recipient and form that has none yet (I1), and each message.

        What was planned before for one who is now `refused` is refused. Returns who is new.
        """

    def prolong(self, occasion_id: OccasionId, *, sent_on: date, answer_by: date) -> None:
        """Let what was planned and is sent only now be answered, if its last day has passed."""

    def recipients_left(self, occasion_id: OccasionId) -> set[RecipientId]:
        """To whom a form or a message of the occasion may still go."""

    def refuse(self, occasion_id: OccasionId, refused: Mapping[RecipientId, Refusal]) -> None:
        """Begin nothing more for those who are refused now, neither forms nor messages.

        What is under way to them is refused unless it arrives; what is unknown is left to staff.
        """

    def claim(
        self, claims: Sequence[DeliveryClaim], *, lease_s: float, one_by_one: bool = True
    ) -> list[ClaimedDelivery]:
        """Commit the intent to send (I2), for several runs at once.

        A run gets deliveries only while its dispatch may send and the run has the occasion, and
        none while another call for the same unit, person and form is open (I6). Another process
        may open such a call at this very moment: with `one_by_one` only that delivery is left out,
        without it the whole transaction fails.
        """

    def record(self, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes where the attempt is still the open one (I3); returns how many."""

    def expire_leases(self) -> int:
        """Deliveries whose sender has died become unknown (I12)."""

    def to_settle(
        self, *, settle_s: float, limit: int, occasion_id: OccasionId | None = None
    ) -> list[OpenDelivery]:
        """Deliveries with an unknown outcome whose call can no longer arrive late."""

    def postpone_settling(self, delivery_ids: Collection[DeliveryId], *, seconds: float) -> None:
        """Read these back again later: the form service did not answer."""

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """As `record`, for deliveries with an unknown outcome.

        One stays unknown if the form that was found belongs to another delivery.
        """

    def cancel_rest(self, occasion_id: OccasionId) -> None:
        """Cancel all deliveries of the occasion that are planned."""

    def cancel_never_sent(self) -> None:
        """Cancel what was unknown and is planned again, but may never be sent.

        Of ended occasions, and of removed recipients of those that wait for staff.
        """

    def of_removed(self, occasion_ids: Collection[OccasionId]) -> set[DeliveryId]:
        """What is under way to recipients who have been removed since its intent (I8)."""

    def owned(self, form_ids: Collection[FormId]) -> set[FormId]:
        """Which of these forms belong to a delivery already."""

    def all_to_unknown(self) -> int:
        """After a restored backup: nothing that looks unsent may be trusted to be so."""


class InboxMessages(Protocol):
    """Messages are planned with the deliveries; one may go when its forms have arrived."""

    def ready(self, occasion_id: OccasionId) -> int:
        """How many could be claimed now."""

    def first_ready(self, occasion_id: OccasionId) -> Personnummer | None:
        """To whom one of them is."""

    def claim(
        self, occasion_id: OccasionId, *, token: RunToken, limit: int, lease_s: float
    ) -> list[ClaimedInboxMessage]:
        """As `Deliveries.claim`, for recipients whose forms are all ended and one is sent.

        With the aim `NOTIFY` those count too who have forms that are only planned.
        """

    def record(self, outcomes: Sequence[Outcome]) -> int: ...

    def expire_leases(self) -> int:
        """Messages whose sender has died become `MANUAL`: nobody can know whether they arrived."""

    def all_to_manual(self) -> None:
        """After a restored backup: what looks unsent may have been sent, and cannot be asked."""

    def give_up(self, occasion_id: OccasionId) -> None:
        """Cancel the messages to those who got no form and will get none."""

    def awaited(self, occasion_id: OccasionId) -> int:
        """After a stop: how many may still be left, when the forms of some have been settled."""

    def recipients_awaited(self, occasion_id: OccasionId) -> set[RecipientId]:
        """To whom those may be left."""

    def unnotified(self, occasion_id: OccasionId) -> Unnotified: ...

    def counts(self, occasion_id: OccasionId) -> Mapping[DeliveryState, int]: ...
