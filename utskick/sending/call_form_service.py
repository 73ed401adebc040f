"""One call to the form service, and what its outcome means (I5)."""

import logging
from collections.abc import Callable
from functools import partial

from utskick.domain.deliveries import ClaimedDelivery, DeliveryState, Outcome
from utskick.domain.rules import Rules
from utskick.ports import (
    Clock,
    FormOrder,
    FormService,
    PermanentFailure,
    PlatformRefusal,
    RefusedFurtherOn,
    TemporaryFailure,
    UnknownOutcome,
    Withheld,
)
from utskick.sending.circuit_breaker import CircuitBreaker
from utskick.sending.retry import next_delay_s

log = logging.getLogger(__name__)


async def call_form_service(
    delivery: ClaimedDelivery,
    *,
    forms: FormService,
    circuit_breaker: CircuitBreaker,
    clock: Clock,
    rules: Rules,
    may_leave: Callable[[], bool],
) -> Outcome:
    """Make the call unless it may not leave (I4), or the breaker is open.

    Whether it may leave is asked again when the connection is open. Raises nothing: whatever goes
    wrong, the call may have reached the form service, and its outcome says so.
    """
    outcome = partial(Outcome, id=delivery.id, attempt=delivery.attempt)
    if not may_leave() or circuit_breaker.wait_s(at=clock.monotonic()):
        return outcome(state=DeliveryState.PLANNED)
    try:
        form_id = await forms.create_form(_order(delivery), may_leave=may_leave)
    except Withheld:
        return outcome(state=DeliveryState.PLANNED)
    except TemporaryFailure as failure:
        circuit_breaker.note(
            failed=True,
            at=clock.monotonic(),
            asked_for_s=failure.retry_after_s,
            for_all=isinstance(failure, PlatformRefusal),
        )
        delay = next_delay_s(delivery.retries, failure, rules=rules)
        return outcome(state=DeliveryState.PLANNED, retry_after_s=delay)
    except PermanentFailure as failure:
        return outcome(state=DeliveryState.REFUSED, refusal=failure.reason)
    except Exception as error:  # noqa: BLE001  # whatever it is, the call may have landed
        if not isinstance(error, UnknownOutcome):
            log.warning("A call failed in an unforeseen way: %s", type(error).__name__)
        refused = isinstance(error, RefusedFurtherOn)
        circuit_breaker.note(failed=True, at=clock.monotonic(), for_all=refused)
        return outcome(state=DeliveryState.UNKNOWN)
    circuit_breaker.note(failed=False, at=clock.monotonic())
    return outcome(state=DeliveryState.SENT, form_id=form_id)


def _order(delivery: ClaimedDelivery) -> FormOrder:
    return FormOrder(
        unit_id=delivery.unit_id,
        personnummer=delivery.personnummer,
        template_id=delivery.template_id,
        answer_by=delivery.answer_by,
        purge_after=delivery.purge_after,
        banner=delivery.banner,
        reference=f"{delivery.id}/{delivery.attempt}",
    )
