"""Take an occasion: only one run at a time has it (I11). `heartbeat` keeps it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.occasions import (
    NOT_ENDED,
    Aim,
    Occasion,
    OccasionId,
    OccasionState,
    RunToken,
)
from utskick.domain.rules import Rules
from utskick.failpoints import Step
from utskick.records import Store
from utskick.sending.close_occasion import miss_occasion


class ClaimResult(StrEnum):
    """Whether the run may go on, and if not, why there is nothing for it to do.

    `TO_NOTIFY`: the run has the occasion, to leave inbox messages but send no form.
    """

    CLAIMED = "claimed"
    TO_NOTIFY = "claimed to notify"
    NOT_ONGOING = "not ongoing"
    ALREADY_SENT = "already sent"
    TAKEN = "taken"
    OUTDATED = "outdated"
    TOO_EARLY = "too early"
    TOO_LATE = "too late"
    BRAKED = "held by a brake"


_TOLERANCE = timedelta(seconds=30)
"""The scheduler's clock may be so far ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The answer to a run that wants an occasion; `until` is when it must give up."""

    result: ClaimResult
    dispatch: Dispatch
    occasion: Occasion
    until: datetime


def claim_occasion(
    occasion_id: OccasionId,
    *,
    token: RunToken,
    version: int,
    store: Store,
    rules: Rules,
    now: datetime,
) -> Claim:
    """Claim the occasion for the run `token`, or mark it as missed if it is too late for it.

    A run that an operator starts before its scheduled time gets `TOO_EARLY`: what it learnt could
    be outdated at the moment, and the scheduled run will do it all. A run that was planned for
    another version of the occasion gets `OUTDATED`. Raises `NotFound`.
    """
    with store.transaction(Step.CLAIM) as records:
        dispatch, occasion = records.dispatches.lock_of_occasion(occasion_id)
        too_early = _is_too_early(dispatch, occasion, rules, now)
        claimed = (
            not too_early
            and occasion.version == version
            and records.occasions.claim(occasion_id, token=token, lease_s=rules.lease_s)
        )
        until = rules.send_until(occasion)
        if too_early:
            result = ClaimResult.TOO_EARLY
        elif not claimed:
            braked = records.brakes.over(dispatch) is not None
            result = _why_not(dispatch, occasion, version, braked=braked)
        elif now >= until:
            result = ClaimResult.TOO_LATE
            miss_occasion(records, dispatch, occasion, token=token, now=now)
        elif occasion.aim is Aim.SEND:
            result = ClaimResult.CLAIMED
        else:
            result = ClaimResult.TO_NOTIFY
    return Claim(result=result, dispatch=dispatch, occasion=occasion, until=until)


def _is_too_early(dispatch: Dispatch, occasion: Occasion, rules: Rules, now: datetime) -> bool:
    """An occasion that staff send by hand never is, nor one that another run has begun."""
    waits = (
        dispatch.status is DispatchStatus.ONGOING
        and occasion.state is OccasionState.PLANNED
        and occasion.by_hand_at is None
    )
    return waits and now < rules.starts_at(occasion) - _TOLERANCE


def _why_not(dispatch: Dispatch, occasion: Occasion, version: int, *, braked: bool) -> ClaimResult:
    if occasion.version != version:
        return ClaimResult.OUTDATED
    if occasion.state is OccasionState.RUNNING:
        return ClaimResult.TAKEN
    if occasion.state not in NOT_ENDED:
        return ClaimResult.ALREADY_SENT
    if braked and dispatch.awaits_run(occasion):
        return ClaimResult.BRAKED
    if dispatch.status is DispatchStatus.ONGOING:
        return ClaimResult.TAKEN
    return ClaimResult.NOT_ONGOING
