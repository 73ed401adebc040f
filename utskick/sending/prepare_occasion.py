"""Before the moment: check unit, templates and recipients, plan, and render the message."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from utskick.domain.calendar import default_purge_after
from utskick.domain.deliveries import OPEN_STATES, DeliveryState, Refusal
from utskick.domain.dispatches import (
    Dispatch,
    DispatchStatus,
    Recipient,
    RecipientState,
    StandingId,
)
from utskick.domain.errors import NotFound, StartBlocked
from utskick.domain.forms import require_sendable
from utskick.domain.languages import whole_message
from utskick.domain.occasions import Aim, Occasion, OccasionId, OccasionState, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import SYSTEM, Activity, Actor, HsaId
from utskick.failpoints import Step
from utskick.ports import Clock, InboxUser, Persons, Texts
from utskick.records import LogEntry, Store, Transaction
from utskick.sending.accounts import Accounts
from utskick.sending.check_again import CHECKED_AGAIN_S
from utskick.sending.check_forms import TemplateLists, check_forms, require_known_forms
from utskick.sending.check_recipients import Checked, check_recipients
from utskick.sending.close_occasion import halt_occasions, halt_standing
from utskick.sending.message_text import message_parts
from utskick.sending.message_values import values_for
from utskick.sending.report_errors import report_occasion


async def check_templates(
    occasion_id: OccasionId,
    *,
    token: RunToken,
    store: Store,
    forms: TemplateLists | None,
    now: datetime,
) -> StartBlocked | None:
    """If a form was archived or unsubscribed, or the unit withdrawn: nothing is sent.

    The dispatch becomes Avbruten and the error addresses are notified. Without `forms` our own
    register is enough; else raises `TemporaryFailure` if the form service is silent.
    """
    dispatch, occasion = await asyncio.to_thread(_read, occasion_id, store)
    if dispatch.status is not DispatchStatus.ONGOING:
        # Stopped meanwhile: nothing is sent, and so nothing need keep it from being restarted.
        return None
    try:
        await asyncio.to_thread(_require_unit, dispatch, store)
        await _require_forms(dispatch, store=store, forms=forms, now=now)
    except StartBlocked as blocked:
        await asyncio.to_thread(_abort, dispatch, occasion, blocked, token, store, now)
        if dispatch.standing_id is not None:
            await asyncio.to_thread(
                _abort_standing, dispatch.unit_id, dispatch.standing_id, store, now
            )
        return blocked
    return None


async def validate_recipients(
    occasion_id: OccasionId,
    *,
    store: Store,
    persons: Persons,
    accounts: Accounts,
    clock: Clock,
    rules: Rules,
    known: dict[Personnummer, InboxUser],
    now: datetime,
) -> Checked:
    """Check everyone again, and plan one delivery for each form to each who can be reached.

    Whoever the inbox has not answered about by the moment gets forms on time, too: it says itself
    who has no account when their message is left.
    Safe to repeat, then with the same `known`. Raises `TemporaryFailure`.
    """
    dispatch, occasion = await asyncio.to_thread(_read, occasion_id, store)
    recipients = await asyncio.to_thread(_recipients, dispatch, store)
    active = [r for r in recipients if r.state is RecipientState.ACTIVE]
    checked = await check_recipients(
        [recipient.personnummer for recipient in active],
        needs_account=dispatch.creates_inbox_message,
        store=store,
        persons=persons,
        accounts=accounts,
        clock=clock,
        rules=rules,
        known=known,
        until=_accounts_until(occasion, now),
    )
    await asyncio.to_thread(_plan, dispatch, occasion, recipients, checked, store, now)
    return checked


def _accounts_until(occasion: Occasion, now: datetime) -> datetime | None:
    """Until it is checked again. What staff send now, or what is late already, waits for all."""
    if occasion.by_hand_at is not None:
        return None
    again_at = occasion.sends_at - timedelta(seconds=max(CHECKED_AGAIN_S))
    return next((moment for moment in (again_at, occasion.sends_at) if now < moment), None)


def render_message(occasion_id: OccasionId, *, store: Store, texts: Texts, now: datetime) -> None:
    """Fill in the inbox message: the same for all recipients of the occasion."""
    with store.transaction() as records:
        dispatch, occasion = records.dispatches.of_occasion(occasion_id)
        unit = records.units.get(dispatch.unit_id)
        values = values_for(dispatch, occasion, unit, now=now)
        parts = message_parts(dispatch.inbox_message, dispatch.inbox_messages, values, texts=texts)
        message = dispatch.heading, whole_message(parts)
        if records.occasions.message(occasion_id) != message:
            records.occasions.set_message(occasion_id, heading=message[0], text=message[1])


def _require_unit(dispatch: Dispatch, store: Store) -> None:
    with store.transaction() as records:
        if records.units.get(dispatch.unit_id).withdrawn_at is not None:
            raise StartBlocked(unit_withdrawn=True)


async def _require_forms(
    dispatch: Dispatch, *, store: Store, forms: TemplateLists | None, now: datetime
) -> None:
    unit_id, template_ids = dispatch.unit_id, [form.template_id for form in dispatch.forms]
    if forms is None:
        await asyncio.to_thread(require_known_forms, unit_id, template_ids, store=store)
    else:
        require_sendable(
            await check_forms(unit_id, template_ids, store=store, forms=forms, now=now)
        )


def _read(occasion_id: OccasionId, store: Store) -> tuple[Dispatch, Occasion]:
    with store.transaction() as records:
        return records.dispatches.of_occasion(occasion_id)


def _recipients(dispatch: Dispatch, store: Store) -> list[Recipient]:
    with store.transaction() as records:
        return records.dispatches.recipients(dispatch.id)


def _abort(
    dispatch: Dispatch,
    occasion: Occasion,
    blocked: StartBlocked,
    token: RunToken,
    store: Store,
    now: datetime,
) -> None:
    with store.transaction() as records:
        current = records.dispatches.lock_for(dispatch.unit_id, dispatch.id)
        if not records.occasions.may_close(occasion.id, token=token):
            return
        begun = _begun(records, dispatch, occasion)
        if begun and not blocked.unit_withdrawn:
            # Some have got forms: they are notified, and staff say what becomes of the rest.
            records.occasions.plan_by_hand(occasion.id, Aim.STOP, now=now)
        else:
            ended = OccasionState.STOPPED if begun else OccasionState.BLOCKED
            records.occasions.close(occasion.id, ended, token=token, now=now)
        if current.status is DispatchStatus.ONGOING:
            records.dispatches.set_status(dispatch.id, DispatchStatus.ABORTED, ended_at=now)
            halt_occasions(records, current, now=now)
        report_occasion(
            records,
            dispatch,
            occasion,
            cause="aborted",
            text="aborted.txt",
            values={
                "archived": list(blocked.archived),
                "unsubscribed": list(blocked.unsubscribed),
                "unit_withdrawn": blocked.unit_withdrawn,
                "begun": begun,
            },
            now=now,
        )


def _abort_standing(unit_id: HsaId, standing_id: StandingId, store: Store, now: datetime) -> None:
    """What blocks one moment of it blocks all: each would be reported by itself."""
    with store.transaction() as records:
        records.visits.hold(unit_id)
        with suppress(NotFound):
            standing = records.visits.standing(unit_id, standing_id)
            if standing.ongoing:
                halt_standing(records, standing, DispatchStatus.ABORTED, now=now)


def _begun(records: Transaction, dispatch: Dispatch, occasion: Occasion) -> bool:
    """Whether anybody has got a form of it, or may have: an earlier run died, or was stopped."""
    forms = records.progress.summary(dispatch.id, occasion_id=occasion.id)
    return any({DeliveryState.SENT, *OPEN_STATES} & form.by_state.keys() for form in forms)


def _plan(
    dispatch: Dispatch,
    occasion: Occasion,
    recipients: list[Recipient],
    checked: Checked,
    store: Store,
    now: datetime,
) -> None:
    sent_on = max(now, occasion.sends_at).astimezone(occasion.zone).date()
    left_out = {
        r.id: Refusal(r.left_out_because)
        for r in recipients
        if r.state is RecipientState.LEFT_OUT and r.left_out_because
    }
    active = [r for r in recipients if r.state is RecipientState.ACTIVE]
    refused = {
        r.id: checked.refused[r.personnummer] for r in active if r.personnummer in checked.refused
    }
    reachable = {r.id: r.personnummer for r in active if r.id not in refused}
    with store.transaction(Step.PLAN) as records:
        # A recipient removed since the check has left the list by now; the lock keeps it so.
        records.dispatches.lock_for(dispatch.unit_id, dispatch.id)
        still_there = {
            r.id
            for r in records.dispatches.recipients(dispatch.id)
            if r.state is RecipientState.ACTIVE
        }
        answer_by = dispatch.last_day(occasion, sent_on=sent_on).day
        new = records.deliveries.plan(
            occasion.id,
            recipients=set(reachable) & still_there,
            refused=left_out | refused,
            answer_by=answer_by,
            purge_after=dispatch.purge_after or default_purge_after(sent_on),
        )
        if sent_on > occasion.local_date:
            records.deliveries.prolong(occasion.id, sent_on=sent_on, answer_by=answer_by)
        _log(records, dispatch, occasion, [reachable[r] for r in reachable if r in new], now)


def _log(
    records: Transaction,
    dispatch: Dispatch,
    occasion: Occasion,
    numbers: list[Personnummer],
    now: datetime,
) -> None:
    actor = Actor(SYSTEM, dispatch.unit_id)
    records.access_log.write(
        [
            LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act=f"skickar formulär, tillfälle {occasion.number}",
                personnummer=number,
                dispatch_id=dispatch.id,
            )
            for number in numbers
        ],
        now=now,
    )
