"""The store's port: what is remembered, and the statements that keep each form sent once.

One `transaction()` is one database transaction; nothing outside is called within it. Times that
decide who may act (leases, settling) are the database's own clock (I13).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from utskick.domain.deliveries import (
    ClaimedDelivery,
    ClaimedInboxMessage,
    DeliveryId,
    DeliveryState,
    FormId,
    FormStatus,
    OpenDelivery,
    Outcome,
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
from utskick.domain.forms import FormAccess, FormTemplate, FormTemplateId
from utskick.domain.occasions import Occasion, OccasionId, OccasionState, RunToken
from utskick.domain.packages import PackageTemplate
from utskick.domain.personnummer import Personnummer
from utskick.domain.specs import UploadId
from utskick.domain.units import Activity, Actor, HsaId, Unit


class Units(Protocol):
    def get(self, unit_id: HsaId) -> Unit:
        """Raises `NotFound`."""

    def all(self) -> Sequence[Unit]: ...

    def save(self, units: Iterable[Unit]) -> None: ...


class Forms(Protocol):
    """Form templates, as the unit that asks may use them."""

    def access(self, unit_id: HsaId, form_ids: Sequence[FormTemplateId]) -> list[FormAccess]:
        """In the order asked for. Raises `NotFound` if one does not exist."""

    def list_for(self, unit_id: HsaId) -> list[FormAccess]:
        """Every template that the unit may send or could if it subscribed, by name."""

    def find(self, key_or_name: str) -> FormTemplate | None: ...

    def all(self) -> list[FormTemplate]: ...

    def save(self, forms: Iterable[FormTemplate]) -> None:
        """Insert or renew; a mark of being archived follows the given template."""

    def archive(self, form_id: FormTemplateId, *, archived_at: datetime | None) -> None: ...

    def set_subscriptions(self, subscriptions: Collection[tuple[HsaId, FormTemplateId]]) -> None:
        """Make these, and no others, the subscriptions."""

    def subscribe(self, unit_id: HsaId, form_id: FormTemplateId, *, subscribed: bool) -> None: ...


class Packages(Protocol):
    def find(self, unit_id: HsaId, key_or_name: str) -> PackageTemplate | None:
        """The newest version, if the package is for the unit."""

    def list_for(self, unit_id: HsaId) -> list[PackageTemplate]: ...

    def save(self, package: PackageTemplate) -> bool:
        """Keep it as a new version if it differs from the newest; tell whether it did."""


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


class Dispatches(Protocol):
    def add(
        self, dispatch: Dispatch, recipients: Sequence[Recipient], *, submission_key: str
    ) -> bool:
        """Store all of a dispatch; `False`, and nothing stored, if the unit's key is taken."""

    def submitted(self, unit_id: HsaId, submission_key: str) -> DispatchId | None:
        """The dispatch that this very submission became before."""

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

    def recipients(self, dispatch_id: DispatchId) -> list[Recipient]: ...

    def count_recipients(self, dispatch_id: DispatchId, state: RecipientState) -> int: ...

    def remove_recipient(
        self, dispatch_id: DispatchId, recipient_id: RecipientId, *, by: str, now: datetime
    ) -> None:
        """Mark the recipient removed, and cancel what of theirs has not been begun."""

    def ended_before(self, moment: datetime) -> list[Dispatch]: ...

    def delete(self, dispatch_id: DispatchId) -> None:
        """Delete the dispatch and what was never sent; sent forms stay for Uppföljning."""


class Occasions(Protocol):
    def claim(self, occasion_id: OccasionId, *, token: RunToken, lease_s: float) -> bool:
        """Let this run have the occasion if no other has it (I11).

        It must be planned, or running with its lease run out, and its dispatch ongoing.
        """

    def renew(self, occasion_id: OccasionId, *, token: RunToken, lease_s: float) -> bool:
        """Prolong the lease; `False` means that another run has the occasion."""

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

    def begin_sending(self, occasion_id: OccasionId, *, token: RunToken, late: bool) -> bool:
        """Note whether the occasion is sent late; `False` if another run has it."""

    def send_by_hand(self, occasion_id: OccasionId, *, now: datetime) -> bool:
        """Plan a missed occasion again, as a new version; `False` if it is not missed."""

    def abandoned(self) -> list[tuple[OccasionId, RunToken]]:
        """Running occasions whose lease has run out, and the run that died."""

    def missed_with_nothing_left(self) -> list[OccasionId]:
        """Missed occasions of which, since, everything has been settled."""


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

        What was planned before for one who is now `refused` is refused. Tells who is new.
        """

    def claim(
        self, occasion_id: OccasionId, *, token: RunToken, limit: int, lease_s: float
    ) -> list[ClaimedDelivery]:
        """Commit the intent to send (I2), for at most `limit` deliveries.

        Only while the dispatch may send, the run has the occasion, and no other call for the same
        unit, person and form is open (I6).
        """

    def record(self, outcomes: Sequence[Outcome]) -> int:
        """Write outcomes where the attempt is still the one that is open (I3); tell how many."""

    def expire_leases(self) -> int:
        """Deliveries whose sender has died become unknown (I12)."""

    def to_settle(
        self, *, settle_s: float, limit: int, occasion_id: OccasionId | None = None
    ) -> list[OpenDelivery]:
        """Unknown ones for which a late call can no longer land."""

    def postpone_settling(self, delivery_ids: Collection[DeliveryId], *, seconds: float) -> None:
        """Read these back again later: the form service did not answer."""

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        """As `record`, for unknown ones. A form owned by another delivery leaves it unknown."""

    def owned(self, form_ids: Collection[FormId]) -> set[FormId]:
        """Which of these forms some delivery has already."""

    def all_to_unknown(self) -> int:
        """After a restored backup: nothing that looks unsent may be trusted to be so."""


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

    def on_their_way(
        self, dispatch_id: DispatchId, *, recipient_id: RecipientId | None = None
    ) -> int:
        """How many forms have been begun and not ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpQuery:
    """What to look for in Uppföljning. Empty fields match everything; names match in part."""

    form_name: str = ""
    package_name: str = ""
    personnummer: Personnummer | None = None
    sent_from: date | None = None
    sent_to: date | None = None
    form_status: FormStatus | None = None
    purge_after_to: date | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedUp:
    """One form in Uppföljning."""

    delivery_id: DeliveryId
    form_id: FormId | None
    template_id: FormTemplateId
    form_name: str
    package_name: str
    occasion_number: int
    personnummer: Personnummer
    state: DeliveryState
    form_status: FormStatus | None
    sent_at: datetime | None
    answer_by: date
    purge_after: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the ledger holds of one person's forms at one unit."""

    unit_id: HsaId
    personnummer: Personnummer
    template_ids: frozenset[FormTemplateId]
    form_ids: frozenset[FormId]
    unsettled: int


class FollowUp(Protocol):
    """Uppföljning: single forms, found by what staff remember of them."""

    def search(self, unit_id: HsaId, query: FollowUpQuery) -> list[FollowedUp]:
        """Newest first, what is uncertain before all; at most `query.limit`."""

    def set_form_status(self, statuses: Mapping[FormId, FormStatus], *, now: datetime) -> None: ...

    def sent_since(self, moment: datetime) -> list[Ledger]:
        """What was sent, or may have been, since; for the nightly comparison."""


class InboxMessages(Protocol):
    """Messages are planned with the deliveries; one may go when its forms have arrived."""

    def ready(self, occasion_id: OccasionId) -> int:
        """How many could be claimed now."""

    def claim(
        self, occasion_id: OccasionId, *, token: RunToken, limit: int, lease_s: float
    ) -> list[ClaimedInboxMessage]:
        """As `Deliveries.claim`, for recipients whose forms are all ended and one is sent."""

    def record(self, outcomes: Sequence[Outcome]) -> int: ...

    def expire_leases(self) -> int:
        """Whose sender has died: nobody can tell whether they arrived, so they are `MANUAL`."""

    def give_up(self, occasion_id: OccasionId) -> None:
        """Cancel the messages to those who got no form and will get none."""

    def counts(self, occasion_id: OccasionId) -> Mapping[DeliveryState, int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """A mail to the error addresses, sent at least once, with the same Message-ID each time.

    One for each subject and cause. Holds no personal data.
    """

    id: UUID
    subject: str
    cause: str
    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()


class ErrorReports(Protocol):
    def add(self, report: ErrorReport, *, now: datetime) -> bool:
        """Keep it for sending; `False` if the same cause has been reported before."""

    def unsent(self, *, limit: int) -> list[ErrorReport]:
        """Those whose time has come."""

    def sent(self, report_id: UUID) -> None: ...

    def postpone(self, report_id: UUID, *, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Who did what with whose data (HSLF-FS 2016:40 4 kap. 9 §)."""

    actor: Actor
    activity: Activity
    act: str
    personnummer: Personnummer | None = None
    dispatch_id: DispatchId | None = None


class AccessLog(Protocol):
    """Append-only, one hash chain for each unit, never deleted with dispatches."""

    def write(self, entries: Sequence[LogEntry], *, now: datetime) -> None: ...

    def broken_link(self, unit_id: HsaId) -> int | None:
        """The number of the first entry that does not follow from the one before, if any."""


class Uploads(Protocol):
    """Specs kept encrypted until an operator's flow run refers to them by id."""

    def add(self, unit_id: HsaId, content: bytes, *, by: str, now: datetime) -> UploadId: ...

    def get(self, upload_id: UploadId) -> bytes:
        """Raises `NotFound`."""

    def delete_before(self, moment: datetime) -> int: ...


class Tokens(Protocol):
    """REST's keys, one or more for each unit; only their hashes are kept."""

    def add(self, unit_id: HsaId, name: str, *, now: datetime) -> str:
        """Make a new one, and tell it: it cannot be told again."""

    def unit_of(self, token: str) -> HsaId:
        """Raises `UnknownToken`."""

    def revoke(self, unit_id: HsaId, name: str, *, now: datetime) -> None:
        """Raises `NotFound`: a misspelt name must not look as if it were revoked."""


class Budgets(Protocol):
    """Each neighbour's allowed rate, shared by every process."""

    def reserve(self, neighbour: str, *, calls: int, per_s: float) -> float:
        """Take the next `calls` places in the queue; how many seconds until the first."""


class Transaction(Protocol):
    """Everything that one transaction can reach."""

    @property
    def units(self) -> Units: ...
    @property
    def forms(self) -> Forms: ...
    @property
    def packages(self) -> Packages: ...
    @property
    def dispatches(self) -> Dispatches: ...
    @property
    def occasions(self) -> Occasions: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def follow_up(self) -> FollowUp: ...
    @property
    def inbox_messages(self) -> InboxMessages: ...
    @property
    def error_reports(self) -> ErrorReports: ...
    @property
    def access_log(self) -> AccessLog: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def budgets(self) -> Budgets: ...


class Store(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commit at the end of the block, or roll back if it raises."""

    def seal(self, content: bytes) -> str:
        """A keyed hash: the same content, the same seal; says nothing of the content."""
