"""End an occasion: done, missed, stopped or planned again; and the dispatch with its last one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from utskick.domain.brakes import Brake
from utskick.domain.deliveries import OPEN_STATES, REFUSAL_LABELS, DeliveryState, Refusal
from utskick.domain.dispatches import Dispatch, DispatchStatus, RecipientState
from utskick.domain.occasions import (
    HAS_A_REST,
    NOT_ENDED,
    Aim,
    Occasion,
    OccasionId,
    OccasionState,
    RunToken,
)
from utskick.domain.visits import StandingDispatch
from utskick.failpoints import Step
from utskick.records import FormSummary, Store, Transaction
from utskick.sending.report_errors import kept_report, report_occasion

_AT_CLOSE, _AT_LAST = "manual", "manual-at-last"
"""Causes of a report: what was uncertain when the occasion was closed, and later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """How an occasion ended. `messages` counts its inbox messages."""

    dispatch: Dispatch
    occasion: Occasion
    forms: Sequence[FormSummary]
    messages: Mapping[DeliveryState, int]
    left_out: int = 0

    @property
    def complete(self) -> bool:
        """Whether all was sent but to those who were left out knowingly."""
        return all(
            form.sent + self.left_out + form.knowingly == form.planned for form in self.forms
        )

    @property
    def went_wrong(self) -> bool:
        """Whether somebody is to be notified of it by mail."""
        missed = self.occasion.state is OccasionState.MISSED
        uncertain = self.messages.get(DeliveryState.MANUAL, 0)
        return missed or not self.complete or uncertain > 0

    @property
    def planned(self) -> int:
        return sum(form.planned for form in self.forms)

    @property
    def sent(self) -> int:
        return sum(form.sent for form in self.forms)


def close_occasion(
    occasion_id: OccasionId, *, token: RunToken, store: Store, now: datetime
) -> Closed:
    """Let go of an occasion that the run `token` has; one that another run has is left as it is.

    If nothing is left it is done. If something is left that a brake holds, see `hold_occasion`.
    Else the occasion is
    - stopped, when it was stopped in the middle,
    - planned again, when its moment is still to come, or the stop came while the run prepared,
    - missed, in all other cases.
    """
    with store.transaction(Step.CLOSE) as records:
        dispatch, occasion = records.dispatches.lock_of_occasion(occasion_id)
        if records.occasions.may_close(occasion_id, token=token):
            _close(records, dispatch, occasion, token=token, now=now)
            conclude_dispatch(records, dispatch, now=now)
        dispatch, occasion = records.dispatches.of_occasion(occasion_id)
        return Closed(
            dispatch=dispatch,
            occasion=occasion,
            forms=records.progress.summary(dispatch.id, occasion_id=occasion_id),
            messages=records.inbox_messages.counts(occasion_id),
            left_out=records.dispatches.count_recipients(dispatch.id, RecipientState.LEFT_OUT),
        )


def miss_occasion(
    records: Transaction,
    dispatch: Dispatch,
    occasion: Occasion,
    *,
    token: RunToken | None = None,
    now: datetime,
) -> bool:
    """Mark an occasion that was not sent in time, and report it: it is never silently lost."""
    current = records.dispatches.lock_for(dispatch.unit_id, dispatch.id)
    # What was read before the lock may have been stopped, sent or planned again since.
    unchanged = any(
        (o.id, o.state, o.version) == (occasion.id, occasion.state, occasion.version)
        for o in current.occasions
    )
    if token is None and not unchanged:
        return False
    if occasion.aim is not Aim.SEND:
        release_occasion(records, dispatch, occasion, token=token, now=now)
        conclude_dispatch(records, dispatch, now=now)
        return False
    if current.status is not DispatchStatus.ONGOING:
        return False
    if not records.occasions.close(occasion.id, OccasionState.MISSED, token=token, now=now):
        return False
    _report_uncertain(records, dispatch, occasion, now=now)
    _report_counts(records, dispatch, occasion, cause="missed", text="missed.txt", now=now)
    conclude_dispatch(records, dispatch, now=now)
    return True


def hold_occasion(
    records: Transaction,
    dispatch: Dispatch,
    occasion: Occasion,
    brake: Brake,
    *,
    token: RunToken | None = None,
    now: datetime,
) -> bool:
    """Let go of an occasion under a brake; whether it has passed, and staff are to decide.

    Before its moment it is planned as it was. After it, it is never sent late by itself, whenever
    the brake is released: it is stopped if some of it may have been sent or staff sent it by hand,
    and else missed. Messages that are left wait for the release.
    """
    state = _under_brake(records, dispatch, occasion, now)
    closed = records.occasions.close(occasion.id, state, token=token, now=now)
    if not closed or state is OccasionState.PLANNED:
        return False
    _report_uncertain(records, dispatch, occasion, now=now)
    waits = state in HAS_A_REST
    if waits:
        records.occasions.note_brake(occasion.id, brake.id)
        values = {"since": brake.since}
        _report_counts(
            records, dispatch, occasion, cause="braked", text="braked.txt", more=values, now=now
        )
    conclude_dispatch(records, dispatch, now=now)
    return waits


def _under_brake(
    records: Transaction, dispatch: Dispatch, occasion: Occasion, now: datetime
) -> OccasionState:
    if not _has_something_left(records, dispatch, occasion):
        return OccasionState.ENDED if occasion.aim is Aim.END else OccasionState.DONE
    if occasion.aim is not Aim.SEND or now < occasion.due_at:
        return OccasionState.PLANNED
    forms = records.progress.summary(dispatch.id, occasion_id=occasion.id)
    may_have_got = {DeliveryState.SENT, DeliveryState.MANUAL, *OPEN_STATES}
    begun = any(may_have_got & form.by_state.keys() for form in forms)
    if begun or occasion.by_hand_at is not None:
        return OccasionState.STOPPED
    return OccasionState.MISSED


def halt_occasions(records: Transaction, dispatch: Dispatch, *, now: datetime) -> None:
    """Stop in the middle what is being sent of the dispatch, or will be by hand.

    Those who have got all their forms are still notified.
    """
    records.occasions.halt(dispatch.id, now=now)
    for occasion in dispatch.occasions:
        by_hand = occasion.by_hand_at is not None and occasion.aim is Aim.SEND
        if occasion.state is OccasionState.PLANNED and by_hand:
            records.occasions.close(occasion.id, OccasionState.STOPPED, now=now)


def halt_standing(
    records: Transaction,
    standing: StandingDispatch,
    status: DispatchStatus,
    *,
    now: datetime,
) -> list[Dispatch]:
    """End a standing dispatch whose unit's visits are held, and stop all of its moments."""
    records.visits.set_status(standing.id, status, ended_at=now)
    held = records.visit_places.lock(records.visit_places.unended(standing.id))
    ongoing = [each for each in held.values() if each.status is DispatchStatus.ONGOING]
    for dispatch in ongoing:
        records.dispatches.set_status(dispatch.id, DispatchStatus.STOPPED, ended_at=now)
        halt_occasions(records, dispatch, now=now)
    return ongoing


def settled_occasion(records: Transaction, occasion_id: OccasionId, *, now: datetime) -> None:
    """Nothing of a missed or stopped occasion is left: it is done. Reports what is uncertain."""
    records.occasions.close(occasion_id, OccasionState.DONE, now=now)
    report_uncertain_at_last(records, occasion_id, now=now)


def report_uncertain_at_last(
    records: Transaction, occasion_id: OccasionId, *, now: datetime
) -> None:
    """Report what has become uncertain since the occasion was closed, once all is settled."""
    dispatch, occasion = records.dispatches.of_occasion(occasion_id)
    _report_uncertain(records, dispatch, occasion, cause=_AT_LAST, now=now)


def report_late(
    records: Transaction, dispatch: Dispatch, occasion: Occasion, *, until: datetime, now: datetime
) -> None:
    """Report, once, that its moment has passed and nobody sends it, before it is too late."""
    values = {"until": f"{until.astimezone(occasion.zone):%Y-%m-%d %H:%M}"}
    report_occasion(
        records, dispatch, occasion, cause="late", text="late.txt", values=values, now=now
    )


def release_occasion(
    records: Transaction,
    dispatch: Dispatch,
    occasion: Occasion,
    *,
    token: RunToken | None = None,
    now: datetime,
) -> None:
    """End the occasion of a run that sends no forms (any more), even if the run has died."""
    left = _has_something_left(records, dispatch, occasion)
    records.occasions.close(
        occasion.id, _without_sending(occasion, left=left), token=token, now=now
    )


def _has_something_left(records: Transaction, dispatch: Dispatch, occasion: Occasion) -> bool:
    """Without any delivery its run ended before it could plan: then everything is left.

    Unless nobody is: those whose visits it was before have been moved, or cancelled.
    """
    if not records.progress.summary(dispatch.id, occasion_id=occasion.id):
        return records.dispatches.has_recipients(dispatch.id)
    return not records.progress.remaining(occasion.id).nothing


def _without_sending(occasion: Occasion, *, left: bool) -> OccasionState:
    """The state of an occasion whose sending was stopped, before it began or in the middle."""
    match occasion.aim:
        case Aim.END:
            return OccasionState.ENDED
        case Aim.SEND:
            return OccasionState.PLANNED
        case _:
            return OccasionState.STOPPED if left else OccasionState.DONE


def conclude_dispatch(records: Transaction, dispatch: Dispatch, *, now: datetime) -> None:
    """A dispatch is Klar when its last occasion has ended."""
    current = records.dispatches.lock_for(dispatch.unit_id, dispatch.id)
    if current.status is DispatchStatus.ONGOING and not any(
        occasion.state in NOT_ENDED for occasion in current.occasions
    ):
        records.dispatches.set_status(dispatch.id, DispatchStatus.COMPLETED, ended_at=now)


def _close(
    records: Transaction, dispatch: Dispatch, occasion: Occasion, *, token: RunToken, now: datetime
) -> None:
    records.inbox_messages.give_up(occasion.id)
    left = _has_something_left(records, dispatch, occasion)
    if left and dispatch.awaits_run(occasion) and (brake := records.brakes.over(dispatch)):
        hold_occasion(records, dispatch, occasion, brake, token=token, now=now)
        return
    _report_uncertain(records, dispatch, occasion, now=now)
    sends = dispatch.status is DispatchStatus.ONGOING and occasion.aim is Aim.SEND
    if (left and not sends) or occasion.aim is Aim.END:
        state = _without_sending(occasion, left=left)
        records.occasions.close(occasion.id, state, token=token, now=now)
        return
    if left and now < occasion.sends_at:
        records.occasions.close(occasion.id, OccasionState.PLANNED, token=token, now=now)
        return
    if left:
        records.occasions.close(occasion.id, OccasionState.MISSED, token=token, now=now)
        _report_counts(records, dispatch, occasion, cause="missed", text="missed.txt", now=now)
        return
    records.occasions.close(occasion.id, OccasionState.DONE, token=token, now=now)
    # Staff know of those who were left out from the start.
    left_out = records.dispatches.count_recipients(dispatch.id, RecipientState.LEFT_OUT)
    forms = records.progress.summary(dispatch.id, occasion_id=occasion.id)
    if any(form.refused - form.knowingly > left_out for form in forms):
        _report_counts(records, dispatch, occasion, cause="not-sent", text="not_sent.txt", now=now)


def _report_uncertain(
    records: Transaction,
    dispatch: Dispatch,
    occasion: Occasion,
    *,
    cause: str = _AT_CLOSE,
    now: datetime,
) -> None:
    """If nobody can know whether it arrived, it is never sent again by itself: staff must look."""
    forms = records.progress.summary(dispatch.id, occasion_id=occasion.id)
    uncertain = {
        "Formulär": sum(form.by_state.get(DeliveryState.MANUAL, 0) for form in forms),
        "Inkorgsmeddelanden": records.inbox_messages.counts(occasion.id).get(
            DeliveryState.MANUAL, 0
        ),
    }
    counts = [[what, number] for what, number in uncertain.items() if number]
    known = kept_report(records, dispatch, occasion, cause=_AT_CLOSE) or {}
    if counts and known.get("counts") != counts:
        report_occasion(
            records,
            dispatch,
            occasion,
            cause=cause,
            text="manual.txt",
            values={"counts": counts},
            now=now,
        )


def _report_counts(
    records: Transaction,
    dispatch: Dispatch,
    occasion: Occasion,
    *,
    cause: str,
    text: str,
    more: Mapping[str, object] | None = None,
    now: datetime,
) -> None:
    forms = records.progress.summary(dispatch.id, occasion_id=occasion.id)
    values = {
        "planned": sum(form.planned for form in forms),
        "sent": sum(form.sent for form in forms),
        "counts": [[REFUSAL_LABELS[why], number] for why, number in _refused(forms).items()],
    } | dict(more or {})
    report_occasion(records, dispatch, occasion, cause=cause, text=text, values=values, now=now)


def _refused(forms: Sequence[FormSummary]) -> dict[Refusal, int]:
    """Deliveries refused, by reason, over all forms."""
    reasons = dict.fromkeys(why for form in forms for why in form.refused_because)
    return {why: sum(form.refused_because.get(why, 0) for form in forms) for why in reasons}
