"""Pågående Paketutskick: one dispatch opened, and one of its occasions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from utskick.domain.approvals import Approval
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
    require_another_recipient,
)
from utskick.domain.errors import LastRecipient, StartBlocked, WrongStatus
from utskick.domain.forms import require_sendable
from utskick.domain.languages import whole_message
from utskick.domain.long_lists import ListPart, ListView, look_at
from utskick.domain.occasions import NOT_ENDED, Aim, Occasion, OccasionId, OccasionState
from utskick.domain.units import Activity, Actor
from utskick.ports import Texts
from utskick.records import (
    DoneWith,
    FormSummary,
    LogEntry,
    OccasionCell,
    Store,
    Transaction,
)
from utskick.sending.message_text import message_parts
from utskick.sending.message_values import values_for
from utskick.sending.report_errors import kept_report
from utskick.use_cases.recipient_kinds import kinds_of_dispatch, kinds_of_occasion, who
from utskick.use_cases.restore_recipient import may_restore
from utskick.use_cases.ways_on import WaysOn, ways_on

ByState = Mapping[DeliveryState, int]
_FROM_THE_START = ListView()
_CALLED_OFF = (DispatchStatus.DECLINED, DispatchStatus.WITHDRAWN, DispatchStatus.EXPIRED)
_SOON = _CHECKED_WITHIN = timedelta(minutes=10)
"""Not longer: a page that looks again keeps its session alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A dispatch with its recipients, and how each form has fared."""

    dispatch: Dispatch
    forms: Sequence[FormSummary]
    recipients: Sequence[Recipient]
    ways: Sequence[WaysOn]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchProgress:
    """How far a dispatch has come, in numbers. Nothing of it is about anybody.

    About the `unchecked` the inbox has not answered yet.
    """

    dispatch: Dispatch
    by_occasion: Mapping[OccasionId, ByState]
    messages: Mapping[OccasionId, ByState]
    recipients: int
    unchecked: int

    def moving(self, *, now: datetime) -> bool:
        """Whether it is worth looking again in a moment: something is sent, or soon will be."""
        states = {occasion.state for occasion in self.dispatch.occasions}
        planned = (o for o in self.dispatch.occasions if o.state is OccasionState.PLANNED)
        notifies = any(o.aim is not Aim.SEND for o in planned)
        checking = self.unchecked > 0 and now - self.dispatch.created_at < _CHECKED_WITHIN
        return OccasionState.RUNNING in states or notifies or checking or self._awaited(now)

    def messages_delivered(self, occasion: Occasion) -> tuple[int, int] | None:
        """How many inbox messages have been left, of how many; `None` when none is to come."""
        by_state = self.messages.get(occasion.id, {})
        if occasion.state not in NOT_ENDED or not by_state:
            return None
        return by_state.get(DeliveryState.SENT, 0), sum(by_state.values())

    def _awaited(self, now: datetime) -> bool:
        upcoming = self.dispatch.next_to_send
        if upcoming is None or self.dispatch.status is not DispatchStatus.ONGOING:
            return False
        return upcoming.sends_at - now < _SOON


@dataclass(frozen=True, slots=True)
class MessageAt:
    """The inbox message at an occasion: as it has been written, or as it will be."""

    number: int
    text: str
    written: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A dispatch with its recipients, what each of them has got so far, and what has been done.

    `listed` are the recipients that are looked at. `blocked`: the forms that ended it, when it
    was aborted; `will_be_blocked`: those that will at its next occasion. `refusing`: the addresses
    that do not take our mails. `approval`: what a colleague had to say yes to, with the `names` of
    both. `series`: those that replace or add to each other. `restorable`: whose removal can be
    undone.
    """

    progress: DispatchProgress
    recipients: Sequence[Recipient]
    listed: ListPart[Recipient]
    cells: Mapping[tuple[RecipientId, OccasionId], ByState]
    started_by: str
    done: Sequence[DoneWith]
    blocked: StartBlocked | None
    will_be_blocked: StartBlocked | None
    message: MessageAt | None
    refusing: AbstractSet[str]
    ways: Sequence[WaysOn]
    approval: Approval | None
    names: Mapping[str, str]
    series: Sequence[Dispatch]
    restorable: AbstractSet[RecipientId]

    @property
    def dispatch(self) -> Dispatch:
        return self.progress.dispatch

    @property
    def replaced_by(self) -> Dispatch | None:
        """What took its place, unless that was called off, or this one goes on again."""
        if self.dispatch.status is not DispatchStatus.STOPPED:
            return None
        theirs = (each for each in self.series if each.replaces == self.dispatch.id)
        return next((each for each in theirs if each.status not in _CALLED_OFF), None)

    @property
    def may_remove(self) -> bool:
        """Whether somebody can be taken off the list; off one that was replaced it is no use."""
        if self.replaced_by:
            return False
        try:
            self.dispatch.require_more_to_send(action="remove a recipient")
            require_another_recipient(self.recipients, ongoing=True)
        except (WrongStatus, LastRecipient):
            return False
        return True

    @property
    def active(self) -> Sequence[Recipient]:
        return [each for each in self.recipients if each.state is RecipientState.ACTIVE]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedOccasion:
    """Who got which form at one occasion."""

    dispatch: Dispatch
    occasion: Occasion
    listed: ListPart[Recipient]
    forms: Mapping[RecipientId, Sequence[OccasionCell]]
    messages: Mapping[RecipientId, DeliveryState]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispatch:
    store: Store
    texts: Texts

    def follow_progress(self, dispatch_id: DispatchId, *, actor: Actor) -> DispatchProgress:
        """To be asked again and again while it is sent. Raises `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            return _progress(dispatch, records.overview.by_occasion(dispatch.id), records)

    def show_dispatch(self, dispatch_id: DispatchId, *, actor: Actor, now: datetime) -> Shown:
        """Reading a recipient list is logged for each person on it. Raises `NotFound`."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            recipients = records.dispatches.recipients(dispatch.id)
            _log_reading(recipients, dispatch, actor, records, now)
            return Shown(
                dispatch=dispatch,
                forms=records.progress.summary(dispatch.id),
                recipients=recipients,
                ways=ways_on(records, dispatch),
            )

    def __call__(
        self,
        dispatch_id: DispatchId,
        *,
        actor: Actor,
        now: datetime,
        view: ListView = _FROM_THE_START,
    ) -> Opened:
        """As `show_dispatch`, recipient by recipient; those whom nobody sees are not logged."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            recipients = records.dispatches.recipients(dispatch.id)
            cells = records.overview.cells(dispatch.id)
            by_occasion: dict[OccasionId, Counter[DeliveryState]] = {}
            for (_recipient_id, occasion_id), by_state in cells.items():
                shared = by_occasion.setdefault(occasion_id, Counter())
                for state, number in by_state.items():
                    shared[state] += number
            listed = look_at(recipients, view, who=who, kinds=kinds_of_dispatch(cells))
            _log_reading(listed.rows, dispatch, actor, records, now)
            approval = records.approvals.find(dispatch.id)
            people = {dispatch.created_by, approval.decided_by if approval else ""}
            names = records.sessions.names(people)
            return Opened(
                progress=_progress(dispatch, by_occasion, records),
                recipients=recipients,
                listed=listed,
                cells=cells,
                started_by=names.get(dispatch.created_by, dispatch.created_by),
                done=records.access_log.done_with(dispatch),
                blocked=_blocked(dispatch, records),
                will_be_blocked=_will_be_blocked(dispatch, records),
                message=_message(dispatch, records, self.texts, now),
                refusing=records.error_reports.refusing(),
                ways=[each for each in ways_on(records, dispatch) if each.any],
                approval=approval,
                names=names,
                series=_series(dispatch, records),
                restorable={
                    each.id
                    for each in recipients
                    if each.state is RecipientState.REMOVED
                    and may_restore(records, dispatch, each, now=now)
                },
            )

    def open_occasion(
        self,
        dispatch_id: DispatchId,
        occasion_id: OccasionId,
        *,
        actor: Actor,
        now: datetime,
        view: ListView = _FROM_THE_START,
    ) -> OpenedOccasion:
        """As `open_dispatch`, of one occasion and form by form."""
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
            occasion = dispatch.occasion(occasion_id)
            recipients = records.dispatches.recipients(dispatch.id)
            forms: dict[RecipientId, list[OccasionCell]] = {}
            for cell in records.overview.of_occasion(occasion.id):
                forms.setdefault(cell.recipient_id, []).append(cell)
            messages = records.overview.messages(occasion.id)
            theirs = [each for each in recipients if each.id in forms]
            listed = look_at(theirs, view, who=who, kinds=kinds_of_occasion(forms, messages))
            _log_reading(listed.rows, dispatch, actor, records, now)
            return OpenedOccasion(
                dispatch=dispatch,
                occasion=occasion,
                listed=listed,
                forms=forms,
                messages=messages,
            )


def _message(
    dispatch: Dispatch, records: Transaction, texts: Texts, now: datetime
) -> MessageAt | None:
    """The latest that has been written for an occasion, else what the first would be."""
    if not dispatch.creates_inbox_message:
        return None
    for occasion in reversed(dispatch.occasions):
        if occasion.state is OccasionState.PLANNED:
            continue
        _, text = records.occasions.message(occasion.id)
        if text:
            return MessageAt(occasion.number, text, written=True)
    first, unit = dispatch.occasions[0], records.units.get(dispatch.unit_id)
    values = values_for(dispatch, first, unit, now=now)
    parts = message_parts(dispatch.inbox_message, dispatch.inbox_messages, values, texts=texts)
    return MessageAt(first.number, whole_message(parts), written=False)


def _progress(
    dispatch: Dispatch, by_occasion: Mapping[OccasionId, ByState], records: Transaction
) -> DispatchProgress:
    return DispatchProgress(
        dispatch=dispatch,
        by_occasion=by_occasion,
        messages=records.overview.messages_by_occasion(dispatch.id),
        recipients=records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE),
        unchecked=records.dispatches.count_unchecked(dispatch.id),
    )


def _will_be_blocked(dispatch: Dispatch, records: Transaction) -> StartBlocked | None:
    """By our own register: its runs ask the form service too."""
    if dispatch.status is not DispatchStatus.ONGOING or not dispatch.ahead:
        return None
    try:
        template_ids = [form.template_id for form in dispatch.forms]
        require_sendable(records.forms.access(dispatch.unit_id, template_ids))
    except StartBlocked as blocked:
        return blocked
    return None


def _series(dispatch: Dispatch, records: Transaction) -> Sequence[Dispatch]:
    """Those that it replaces, is replaced by or adds to, with itself; none for most."""
    if dispatch.series_id is None:
        return ()
    return records.dispatches.series(dispatch.unit_id, dispatch.series_id)


def _blocked(dispatch: Dispatch, records: Transaction) -> StartBlocked | None:
    """As it was mailed to the error addresses: the forms may have been mended since."""
    if dispatch.status is not DispatchStatus.ABORTED:
        return None
    versions = (
        replace(occasion, version=version)
        for occasion in dispatch.occasions
        for version in range(occasion.version, 0, -1)
    )
    for occasion in versions:
        if kept := kept_report(records, dispatch, occasion, cause="aborted"):
            return StartBlocked(
                archived=kept["archived"],
                unsubscribed=kept["unsubscribed"],
                unit_withdrawn=kept.get("unit_withdrawn", False),
            )
    return None


def _log_reading(
    recipients: Sequence[Recipient],
    dispatch: Dispatch,
    actor: Actor,
    records: Transaction,
    now: datetime,
) -> None:
    records.access_log.write(
        [
            LogEntry(
                actor=actor,
                activity=Activity.READ,
                act="visat mottagarlista",
                personnummer=recipient.personnummer,
                dispatch_id=dispatch.id,
            )
            for recipient in recipients
        ],
        now=now,
    )
