"""Which of the forms that are there our call may have made, and what follows from that (I7)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from utskick.domain.deliveries import DeliveryState, FormId, OpenDelivery, Outcome
from utskick.domain.rules import Rules
from utskick.ports import FoundForm

_WHOLE_SECOND = timedelta(seconds=1)
"""The contract gives the time when a form was made in whole seconds, cut off."""


def may_be_ours(
    delivery: OpenDelivery, found: Collection[FoundForm], *, rules: Rules
) -> list[FoundForm]:
    """All but those of other templates, and from before our first intent, whatever their dates.

    The engine may have given ours other dates; and of what cannot be read nobody knows.
    """
    earliest = delivery.first_intent_at - timedelta(seconds=rules.clock_skew_s) - _WHOLE_SECOND
    return [
        form
        for form in found
        if form.template_id in (None, delivery.template_id) and _is_since(form, earliest)
    ]


def read_back(delivery: OpenDelivery, unowned: Sequence[FoundForm], *, rules: Rules) -> Outcome:
    """What became of it, by those that may be ours and that no other delivery has.

    To send again doubles it unless there are none. One with our two dates is ours; if several are
    alike, or only others are there, staff must look. So they must if none is there after call
    upon call without a clear answer: the next would fare alike.
    """
    readable = [form for form in unowned if form.id and form.template_id and form.created_at]
    ours = [form for form in readable if _has_our_dates(form, delivery)]
    if not ours and rules.adopts_changed_dates and len(unowned) == 1:
        ours = readable
    match ours:
        case [FoundForm(id=form_id)]:
            return _outcome(delivery, DeliveryState.SENT, form_id)
        case [] if not unowned and delivery.unclear_calls < rules.most_unclear_calls:
            return _once_more(delivery, rules=rules)
        case _:
            return _outcome(delivery, DeliveryState.MANUAL)


def _once_more(delivery: OpenDelivery, *, rules: Rules) -> Outcome:
    """At once if only its caller died; else the later, the more calls have been in vain."""
    planned = _outcome(delivery, DeliveryState.PLANNED)
    if not delivery.unclear_calls:
        return planned
    return replace(planned, retry_after_s=rules.retry_delay_s(delivery.unclear_calls - 1))


def _is_since(form: FoundForm, earliest: datetime) -> bool:
    return form.created_at_latest is None or form.created_at_latest >= earliest


def _has_our_dates(form: FoundForm, delivery: OpenDelivery) -> bool:
    return (form.answer_by, form.purge_after) == (delivery.answer_by, delivery.purge_after)


def _outcome(
    delivery: OpenDelivery, state: DeliveryState, form_id: FormId | None = None
) -> Outcome:
    return Outcome(
        id=delivery.id,
        attempt=delivery.attempt,
        state=state,
        form_id=form_id,
        found_again=form_id is not None,
    )
