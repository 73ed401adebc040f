"""Settle what is unknown: wait until no late call can land, then ask the form service (I7)."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from utskick.domain.deliveries import DeliveryState, FormId, OpenDelivery, Outcome
from utskick.domain.occasions import OccasionId
from utskick.domain.rules import Rules
from utskick.failpoints import Exchange, Step, reached
from utskick.ports import FormService, FoundForm, PermanentFailure, TemporaryFailure
from utskick.records import Store
from utskick.sending.call_slots import CallSlots
from utskick.sending.retry import each

_BATCH = 200
_ASK_AGAIN_AFTER = 1 / 3
"""A reading that failed is tried again after this part of the time that settling takes."""
_WHOLE_SECOND = timedelta(seconds=1)
"""The contract gives the time when a form was made in whole seconds, cut off."""


async def settle(
    occasion_id: OccasionId | None = None,
    *,
    store: Store,
    forms: FormService,
    call_slots: CallSlots,
    rules: Rules,
) -> int:
    """Adopt the form that is there, or plan to send again if there is none; returns how many.

    Several forms, or a form service that has not answered for hours, leave it to staff (`MANUAL`).
    """
    unsettled = await asyncio.to_thread(_due, occasion_id, store, rules)
    if not unsettled:
        return 0
    ask = partial(_found, forms=forms, call_slots=call_slots)
    answers = await each(unsettled, ask, at_once=rules.forms_concurrency)
    return await asyncio.to_thread(
        _write, list(zip(unsettled, answers, strict=True)), store, rules
    )


def _due(occasion_id: OccasionId | None, store: Store, rules: Rules) -> list[OpenDelivery]:
    with store.transaction() as records:
        return records.deliveries.to_settle(
            settle_s=rules.settle_s, limit=_BATCH, occasion_id=occasion_id
        )


async def _found(
    delivery: OpenDelivery, *, forms: FormService, call_slots: CallSlots
) -> Sequence[FoundForm] | None:
    try:
        async with call_slots.slot():
            reached(Exchange.READING_BACK)
            return await forms.find_forms(
                unit_id=delivery.unit_id,
                personnummer=delivery.personnummer,
                template_ids=[delivery.template_id],
            )
    except (TemporaryFailure, PermanentFailure):
        return None


def _write(
    answers: Sequence[tuple[OpenDelivery, Sequence[FoundForm] | None]], store: Store, rules: Rules
) -> int:
    earliest = timedelta(seconds=rules.clock_skew_s) + _WHOLE_SECOND
    with store.transaction(Step.SETTLE) as records:
        candidates = {
            delivery.id: _candidates(delivery, found, delivery.first_intent_at - earliest)
            for delivery, found in answers
            if found is not None
        }
        owned = records.deliveries.owned([f for ids in candidates.values() for f in ids])
        silent = [delivery for delivery, found in answers if found is None]
        records.deliveries.postpone_settling(
            [d.id for d in silent], seconds=rules.settle_s * _ASK_AGAIN_AFTER
        )
        return records.deliveries.settle(
            [
                *(
                    _settled(delivery, [f for f in candidates[delivery.id] if f not in owned])
                    for delivery, found in answers
                    if found is not None
                ),
                *(
                    Outcome(id=d.id, attempt=d.attempt, state=DeliveryState.MANUAL)
                    for d in silent
                    if d.unknown_for_s >= rules.manual_after_s
                ),
            ]
        )


def _candidates(
    delivery: OpenDelivery, found: Collection[FoundForm], earliest: datetime
) -> list[FormId]:
    """Forms that our call may have made: with our dates, and not from before our first intent."""
    return [
        form.id
        for form in found
        if form.template_id == delivery.template_id
        and form.created_at_latest >= earliest
        and (form.answer_by, form.purge_after) == (delivery.answer_by, delivery.purge_after)
    ]


def _settled(delivery: OpenDelivery, candidates: Sequence[FormId]) -> Outcome:
    outcome = partial(Outcome, id=delivery.id, attempt=delivery.attempt)
    match candidates:
        case []:
            return outcome(state=DeliveryState.PLANNED)
        case [form_id]:
            return outcome(state=DeliveryState.SENT, form_id=form_id, found_again=True)
        case _:
            return outcome(state=DeliveryState.MANUAL)
