"""Settle what is unknown: wait until no late call can land, then ask the form service (I7)."""

import asyncio
from collections.abc import Sequence
from functools import partial

from utskick.domain.deliveries import DeliveryState, OpenDelivery, Outcome
from utskick.domain.occasions import OccasionId
from utskick.domain.rules import Rules
from utskick.failpoints import Exchange, Step, reached
from utskick.ports import FormService, FoundForm, PermanentFailure, TemporaryFailure
from utskick.records import Store
from utskick.sending.call_slots import CallSlots
from utskick.sending.read_back import may_be_ours, read_back
from utskick.sending.retry import each

_BATCH = 200
_ASK_AGAIN_AFTER = 1 / 3
"""A reading that failed is tried again after this part of the time that settling takes."""


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
    with store.transaction(Step.SETTLE) as records:
        maybe_ours = [
            (delivery, may_be_ours(delivery, found, rules=rules))
            for delivery, found in answers
            if found is not None
        ]
        owned = records.deliveries.owned([f.id for _, forms in maybe_ours for f in forms if f.id])
        silent = [delivery for delivery, found in answers if found is None]
        records.deliveries.postpone_settling(
            [d.id for d in silent], seconds=rules.settle_s * _ASK_AGAIN_AFTER
        )
        return records.deliveries.settle(
            [
                *(
                    read_back(delivery, [f for f in forms if f.id not in owned], rules=rules)
                    for delivery, forms in maybe_ours
                ),
                *(
                    Outcome(id=d.id, attempt=d.attempt, state=DeliveryState.MANUAL)
                    for d in silent
                    if d.unknown_for_s >= rules.manual_after_s
                ),
            ]
        )
