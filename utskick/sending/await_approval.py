"""A dispatch waits for a colleague's yes: the question, and its end if nobody answers.

While it waits no run may claim it and the scheduler knows nothing of it: everything that sends
asks for a dispatch that is ongoing.
"""

from datetime import datetime

from utskick.domain.approvals import ask, cause_of, lapsed
from utskick.domain.dispatches import Dispatch, DispatchStatus, RecipientState
from utskick.domain.errors import NotFound
from utskick.domain.rules import Rules
from utskick.domain.units import SYSTEM, Activity, Actor
from utskick.records import LogEntry, Store, Transaction
from utskick.sending.report_errors import report


def ask_colleague(
    records: Transaction, dispatch: Dispatch, *, actor: Actor, rules: Rules, now: datetime
) -> None:
    """Keep the question beside the dispatch, and mail the unit that something waits: ids only."""
    active = records.dispatches.count_recipients(dispatch.id, RecipientState.ACTIVE)
    many = cause_of(active, above=rules.approval_above, package_needs=False)
    cause = many or cause_of(active, above=0, package_needs=True)
    assert cause is not None
    approval = ask(dispatch, cause, within=rules.approval_within, now=now)
    records.approvals.save(approval)
    log_decision("bett om godkännande av utskick", dispatch, actor, records, now)
    unit = records.units.get(dispatch.unit_id)
    if unit.mail:
        report(
            records,
            subject=str(dispatch.id),
            cause="awaits-approval",
            text="awaits_approval.txt",
            values={
                "unit_id": unit.id,
                "dispatch_id": str(dispatch.id),
                "until": f"{approval.expires_at.astimezone(rules.zone):%Y-%m-%d %H:%M}",
            },
            addresses=(unit.mail,),
            now=now,
        )


def let_lapse(*, store: Store, now: datetime) -> int:
    """What nobody has answered in time is over, and nothing of it was sent; how many those are."""
    with store.transaction() as records:
        overdue = records.approvals.overdue(now=now)
    over = 0
    for unit_id, dispatch_id in overdue:
        with store.transaction() as records:
            try:
                dispatch = records.dispatches.lock_for(unit_id, dispatch_id)
            except NotFound:  # deleted meanwhile
                continue
            approval = records.approvals.find(dispatch_id)
            if dispatch.status is not DispatchStatus.AWAITING or approval is None:
                continue
            ended = lapsed(dispatch, now=now)
            records.dispatches.set_status(dispatch.id, ended.status, ended_at=now)
            records.approvals.save(approval.decided(by=SYSTEM, now=now))
            log_decision(
                "inte fått godkännande i tid", dispatch, Actor(SYSTEM, unit_id), records, now
            )
            over += 1
    return over


def log_decision(
    act: str, dispatch: Dispatch, actor: Actor, records: Transaction, now: datetime
) -> None:
    """In the access log, and so in the dispatch's history."""
    entry = LogEntry(actor=actor, activity=Activity.WRITE, act=act, dispatch_id=dispatch.id)
    records.access_log.write([entry], now=now)
