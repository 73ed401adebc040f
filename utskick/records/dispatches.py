"""Dispatches, their occasions, and how far they have come."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from utskick.domain.brakes import BrakeId
from utskick.domain.deliveries import (
    DeliveryState,
    Refusal,
)
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
)
from utskick.domain.drafts import DraftId
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import Aim, Occasion, OccasionId, OccasionState, RunToken
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSummary:
    """How one form of a dispatch, or of one occasion, has fared."""

    form_name: str
    planned: int
    by_state: Mapping[DeliveryState, int]
    refused_because: Mapping[Refusal, int]

    @property
    def sent(self) -> int:
        return self.by_state.get(DeliveryState.SENT, 0)

    @property
    def refused(self) -> int:
        return sum(self.refused_because.values())

    @property
    def knowingly(self) -> int:
        """Not sent as the package says: they have it unanswered."""
        return self.refused_because.get(Refusal.ALREADY_HAS, 0)


class Dispatches(Protocol):
    def add(
        self,
        dispatch: Dispatch,
        recipients: Sequence[Recipient],
        *,
        submission_key: str,
        content_seal: str | None = None,
        draft_id: DraftId | None = None,
    ) -> bool:
        """Store all of a dispatch; `False`, and nothing stored, if the unit's key is taken.

        `draft_id` is the draft that it has been until now.
        """

    def submitted(
        self, unit_id: HsaId, submission_key: str, *, content_seal: str | None = None
    ) -> DispatchId | None:
        """The dispatch that this very submission became before.

        Raises `KeyReused` if both seals are known and differ.
        """

    def of_draft(self, unit_id: HsaId, draft_id: DraftId) -> DispatchId | None:
        """The dispatch that this draft became, if it did."""

    def series(self, unit_id: HsaId, series_id: DispatchId) -> list[Dispatch]:
        """The unit's that replace or add to each other, as they were started."""

    def join_series(self, dispatch_id: DispatchId, series_id: DispatchId) -> None:
        """Make it one of the series; whoever calls this holds it."""

    def get(self, dispatch_id: DispatchId) -> Dispatch:
        """Raises `NotFound`."""

    def get_for(self, unit_id: HsaId, dispatch_id: DispatchId) -> Dispatch:
        """Raises `NotFound` for another unit's, too."""

    def lock_for(self, unit_id: HsaId, dispatch_id: DispatchId) -> Dispatch:
        """As `get_for`, holding the row until the transaction ends: no intent meanwhile (I8)."""

    def of_occasion(self, occasion_id: OccasionId) -> tuple[Dispatch, Occasion]:
        """Raises `NotFound`."""

    def lock_of_occasion(self, occasion_id: OccasionId) -> tuple[Dispatch, Occasion]:
        """As `of_occasion`, holding the dispatch's row as `lock_for` does.

        Whoever goes on to change the occasion holds its dispatch first: in the other order two
        would wait for each other.
        """

    def set_status(
        self, dispatch_id: DispatchId, status: DispatchStatus, *, ended_at: datetime | None
    ) -> None: ...

    def list_for(self, unit_id: HsaId) -> list[Dispatch]:
        """The unit's dispatches, ended ones too until they are deleted; newest first."""

    def ongoing(self) -> list[Dispatch]: ...

    def ongoing_with(self, template_ids: Collection[FormTemplateId]) -> list[Dispatch]:
        """Those that hold any of these forms, and have something ahead; the next to come first."""

    def ongoing_for(self, unit_id: HsaId) -> list[Dispatch]:
        """The unit's that have something ahead; the next to come first."""

    def ongoing_without_occasions(self) -> list[Dispatch]:
        """Those that are ongoing although every occasion has ended."""

    def recipients(self, dispatch_id: DispatchId) -> list[Recipient]: ...

    def count_recipients(self, dispatch_id: DispatchId, state: RecipientState) -> int: ...

    def has_recipients(self, dispatch_id: DispatchId) -> bool:
        """Whether anybody is to get it, or was left out knowingly."""

    def count_unchecked(self, dispatch_id: DispatchId) -> int:
        """How many recipients there are about whom the inbox has not answered yet."""

    def remove_recipient(
        self, dispatch_id: DispatchId, recipient_id: RecipientId, *, by: str, now: datetime
    ) -> None:
        """Mark the recipient removed, and cancel what of theirs has not been begun."""

    def restore_recipient(self, dispatch_id: DispatchId, recipient_id: RecipientId) -> None:
        """Undo a removal that has cancelled nothing; whoever calls this holds the dispatch."""

    def has_cancelled(self, recipient_id: RecipientId) -> bool:
        """Whether anything of theirs will never be sent, as they were removed."""

    def ended_before(self, moment: datetime) -> list[Dispatch]: ...

    def delete(self, dispatch_id: DispatchId) -> None:
        """Delete the dispatch and what was never sent; sent forms stay for Uppföljning."""


@dataclass(frozen=True, slots=True)
class PlannedOccasion:
    """As little of an occasion as the reconciler needs: there may be tens of thousands."""

    id: OccasionId
    version: int
    sends_at: datetime


class Occasions(Protocol):
    def planned(
        self, *, before: datetime | None = None, limit: int | None = None
    ) -> Sequence[PlannedOccasion]:
        """What runs have still to do, the first moment first.

        For ongoing dispatches, and to notify after a stop. What is due `before` a moment is asked
        for in order to see to it: what a brake holds is not among that.
        """

    def unregistered(self, *, before: datetime, limit: int) -> Sequence[PlannedOccasion]:
        """What is not registered with the scheduler, of dispatches that were started `before`."""

    def note_registered(self, occasion_id: OccasionId, *, version: int) -> None:
        """This version is registered with the scheduler."""

    def claim(self, occasion_id: OccasionId, *, token: RunToken, lease_s: float) -> bool:
        """Let this run have the occasion if no other has it (I11).

        It must be planned, or running with its lease run out, and its dispatch ongoing or its aim
        not to send; and no brake may hold it.
        """

    def renew(self, held: Mapping[RunToken, OccasionId], *, lease_s: float) -> int:
        """Prolong the leases of the runs that still have their occasions; how many have."""

    def set_message(self, occasion_id: OccasionId, *, heading: str, text: str) -> None:
        """Keep the rendered inbox message: the same for all recipients of the occasion."""

    def message(self, occasion_id: OccasionId) -> tuple[str, str]: ...

    def close(
        self,
        occasion_id: OccasionId,
        state: OccasionState,
        *,
        token: RunToken | None = None,
        now: datetime,
    ) -> bool:
        """End the run. With a token only if that run has the occasion, else only if none has."""

    def may_close(self, occasion_id: OccasionId, *, token: RunToken) -> bool:
        """Whether this run still has the occasion, whatever became of the dispatch."""

    def may_send(self, occasion_id: OccasionId, *, token: RunToken) -> bool:
        """Whether this run still has the occasion, and the dispatch has not been stopped."""

    def sendable(self, runs: Mapping[RunToken, OccasionId]) -> Collection[RunToken]:
        """As `may_send`, of many runs, when it was asked."""

    def begin_sending(self, occasion_id: OccasionId, *, token: RunToken, late: bool) -> bool:
        """Note whether the occasion is sent late; `False` if another run has it."""

    def note_unchecked(self, occasion_id: OccasionId, *, persons: int, accounts: int) -> None:
        """Note for how many a register did not answer in time; the highest number is kept."""

    def may_notify(self, occasion_id: OccasionId, *, token: RunToken) -> bool:
        """Whether this run still has the occasion, and may leave inbox messages for it."""

    def halt(self, dispatch_id: DispatchId, *, now: datetime) -> None:
        """Stop what is being sent: its runs only notify those who have got all their forms."""

    def move_to_now(self, occasion_id: OccasionId, *, local: datetime, now: datetime) -> None:
        """What waited to be approved is sent as if it had been started now."""

    def plan_by_hand(self, occasion_id: OccasionId, aim: Aim, *, now: datetime) -> None:
        """Plan it for now, as a new version; a run that has it loses it.

        Whoever calls this holds the dispatch.
        """

    def note_brake(self, occasion_id: OccasionId, brake_id: BrakeId) -> None:
        """It was not sent as this brake held it. Planned by hand, it is forgotten."""

    def abandoned(self) -> list[tuple[OccasionId, RunToken]]:
        """Running occasions whose lease has run out, and the run that died."""

    def alive(self, tokens: Collection[RunToken]) -> set[RunToken]:
        """Those of the runs that hold an occasion, and whose lease has not run out."""

    def without_trace(self, *, before: datetime) -> list[OccasionId]:
        """Occasions with no delivery yet that were begun, missed or stopped, or due by then.

        Those of stopped dispatches, too, which staff may let go on; not of aborted ones.
        """

    def with_a_rest_but_nothing_left(self) -> list[OccasionId]:
        """Missed and stopped occasions of which, since, everything has been settled."""

    def ended_and_uncertain(self) -> list[OccasionId]:
        """Occasions that staff have ended, with forms of which nobody can know, and none open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What of an occasion is not ended. `retry_in_s`: until the next planned one may be tried."""

    planned: int = 0
    open: int = 0
    messages: int = 0
    retry_in_s: float = 0.0

    @property
    def nothing(self) -> bool:
        return not (self.planned or self.open or self.messages)


class Progress(Protocol):
    """How far an occasion, or a whole dispatch, has come."""

    def remaining(self, occasion_id: OccasionId) -> Remaining: ...

    def summary(
        self, dispatch_id: DispatchId, *, occasion_id: OccasionId | None = None
    ) -> list[FormSummary]: ...

    def summaries(self, ids: Sequence[DispatchId]) -> Mapping[DispatchId, list[FormSummary]]:
        """As `summary`, of many dispatches."""

    def on_their_way(
        self, dispatch_id: DispatchId, *, recipient_id: RecipientId | None = None
    ) -> int:
        """How many forms have been begun and not ended."""
