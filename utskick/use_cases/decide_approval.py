"""Väntar på godkännande: a colleague says yes or no, or whoever asked takes it back.

Each locks the dispatch first and asks for one that waits, so of two at once the second finds that
it has been decided.
"""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.approvals import Approval, approved, declined, withdrawn
from utskick.domain.dispatches import Dispatch, DispatchId, DispatchKind, DispatchStatus
from utskick.domain.errors import Problem, SpecRefused
from utskick.domain.rules import Rules
from utskick.domain.specs import texts_with_personnummer
from utskick.domain.units import Actor
from utskick.failpoints import Step
from utskick.ports import Scheduler
from utskick.records import Store, Transaction
from utskick.sending.await_approval import log_decision
from utskick.sending.occasion_plans import register_occasions
from utskick.sending.require_no_brake import require_no_brake

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideApproval:
    """Only for persons of the unit who have the right to send, and never for a system."""

    store: Store
    scheduler: Scheduler
    rules: Rules

    def count_waiting(self, *, actor: Actor) -> int:
        """How many dispatches of the unit wait."""
        with self.store.transaction() as records:
            return records.approvals.count_waiting(actor.unit_id)

    def approve_dispatch(self, dispatch_id: DispatchId, *, actor: Actor, now: datetime) -> bool:
        """It is started; `False` while the scheduler is away: the reconciler registers it later.

        A single form is sent now. Raises `NotFound`, `WrongStatus`, `OwnDispatch`,
        `ApprovalLapsed` or `Braked`.
        """
        with self.store.transaction(Step.APPROVE) as records:
            dispatch, approval = _held(records, dispatch_id, actor)
            started = approved(dispatch, approval, by=actor.name, now=now)
            require_no_brake(records, dispatch)
            records.dispatches.set_status(dispatch.id, started.status, ended_at=None)
            if dispatch.kind is DispatchKind.FORM:
                local = now.astimezone(self.rules.zone)
                for occasion in dispatch.occasions:
                    records.occasions.move_to_now(occasion.id, local=local, now=now)
            records.approvals.save(approval.decided(by=actor.name, now=now))
            log_decision("godkänt utskick", dispatch, actor, records, now)
        return register_occasions(
            dispatch_id, store=self.store, scheduler=self.scheduler, rules=self.rules, now=now
        )

    def decline_dispatch(
        self, dispatch_id: DispatchId, reason: str, *, actor: Actor, now: datetime
    ) -> None:
        """It is never sent. Raises `NotFound`, `WrongStatus`, or `SpecRefused` for the reason."""
        require_reason(reason)
        with self.store.transaction() as records:
            dispatch, approval = _held(records, dispatch_id, actor)
            _end(records, declined(dispatch, now=now), now=now)
            records.approvals.save(approval.decided(by=actor.name, reason=reason.strip(), now=now))
            log_decision("nekat utskick", dispatch, actor, records, now)

    def withdraw_dispatch(
        self, dispatch_id: DispatchId, *, actor: Actor, now: datetime
    ) -> Dispatch:
        """Whoever started it takes it back. Raises `NotFound`, `WrongStatus`, `NotOwnDispatch`."""
        with self.store.transaction() as records:
            dispatch, approval = _held(records, dispatch_id, actor)
            taken_back = withdrawn(dispatch, by=actor.name, now=now)
            _end(records, taken_back, now=now)
            records.approvals.save(approval.decided(by=actor.name, now=now))
            log_decision("återtagit utskick", dispatch, actor, records, now)
        return taken_back


def require_reason(reason: str) -> None:
    """Whoever started it must know what to change. Raises `SpecRefused`."""
    problems = texts_with_personnummer({"skal": reason})
    if not reason.strip():
        problems.append(Problem("skal", "skälet är tomt.", "Skriv vad som behöver ändras."))
    if len(reason) > LONGEST_REASON:
        problems.append(
            Problem("skal", f"texten är längre än {LONGEST_REASON} tecken.", "Korta den.")
        )
    if problems:
        raise SpecRefused(problems)


def _held(
    records: Transaction, dispatch_id: DispatchId, actor: Actor
) -> tuple[Dispatch, Approval]:
    dispatch = records.dispatches.lock_for(actor.unit_id, dispatch_id)
    approval = records.approvals.find(dispatch_id)
    dispatch.require(DispatchStatus.AWAITING, action="decide about")
    assert approval is not None
    return dispatch, approval


def _end(records: Transaction, dispatch: Dispatch, *, now: datetime) -> None:
    records.dispatches.set_status(dispatch.id, dispatch.status, ended_at=now)
