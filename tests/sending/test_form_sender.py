"""Runs of one process send together: fairly, within bounds, and none for another's trouble."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.clinic import GAD, OWN, PHQ, SHARED, Clinic, a_clinic
from tests.people import ANNA, BO, CILLA, DAVID, TOLVAN
from tests.use_cases.afternoons import ready_to_send
from tests.use_cases.clinic_days import run_to_its_end, states
from utskick.adapters.in_memory import InMemoryFormService
from utskick.domain.deliveries import ClaimedDelivery, DeliveryState, FormId
from utskick.domain.dispatches import Dispatch
from utskick.failpoints import Step
from utskick.ports import FormOrder, TemporaryFailure
from utskick.records import DeliveryClaim
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.sending.run_occasion import OccasionRun
from utskick.store import SqlStore
from utskick.store.deliveries import SqlDeliveries

EVERYONE = [number.digits for number in (ANNA, BO, CILLA, DAVID, TOLVAN)]
_CALL_S = 0.005
_SHORT_LEASE_S = 0.5
_TRIES = 400


class SlowForms(InMemoryFormService):
    """Each call takes its time. `most` is how many were under way at once."""

    def __init__(self, clinic: Clinic, *, call_s: float) -> None:
        super().__init__(clock=clinic.clock, templates=clinic.forms.templates)
        self._call_s = call_s
        self.most = self.under_way = 0
        self.called = asyncio.Event()

    async def create_form(
        self, order: FormOrder, *, may_leave: Callable[[], bool] = lambda: True
    ) -> FormId:
        self.called.set()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self._call_s)
            return await super().create_form(order, may_leave=may_leave)
        finally:
            self.under_way -= 1


def slow(clinic: Clinic, *, call_s: float = _CALL_S) -> Clinic:
    return replace(clinic, forms=SlowForms(clinic, call_s=call_s))


async def due(clinic: Clinic, **spec: Any) -> OccasionRun:
    """A run that has prepared all, at the moment."""
    _, run = await ready_to_send(clinic, **spec)
    return run


def dispatch_of(run: OccasionRun) -> Dispatch:
    with run.store.transaction() as records:
        return records.dispatches.of_occasion(run.occasion_id)[0]


@pytest.mark.parametrize("at_once", [1, 3])
async def test_all_runs_together_make_no_more_calls_at_once_than_allowed(
    store: SqlStore, at_once: int
) -> None:
    clinic = slow(a_clinic(store, forms_concurrency=at_once))
    first = await due(clinic, recipients=EVERYONE, forms=[PHQ.key, GAD.key])
    second = await due(clinic, recipients=EVERYONE, forms=[OWN.key, SHARED.key])

    await asyncio.gather(first.send_forms(), second.send_forms())

    assert isinstance(clinic.forms, SlowForms)
    assert clinic.forms.most == at_once
    assert len(clinic.forms.forms) == 20


async def test_a_small_dispatch_does_not_wait_for_a_large_one(store: SqlStore) -> None:
    clinic = slow(a_clinic(store, forms_concurrency=1), call_s=0.05)
    large = await due(clinic, recipients=EVERYONE, forms=[PHQ.key, GAD.key, OWN.key])
    small = await due(clinic, recipients=[ANNA.digits], forms=[SHARED.key])

    await asyncio.gather(large.send_forms(), small.send_forms())

    sent = [kept.order.template_id for kept in clinic.forms.forms]
    assert len(sent) == 16
    assert sent.index(SHARED.id) < 12


async def test_two_runs_for_the_same_person_and_form_ask_one_after_the_other(
    store: SqlStore,
) -> None:
    clinic = slow(a_clinic(store))
    runs = [await due(clinic, recipients=EVERYONE, forms=[PHQ.key]) for _ in range(2)]

    await asyncio.gather(*(run.send_forms() for run in runs))

    assert clinic.sent_to(ANNA) == [PHQ, PHQ]
    assert [states(clinic, dispatch_of(run)) for run in runs] == [{DeliveryState.SENT: 5}] * 2


async def test_what_ends_is_shown_as_it_is_written(clinic: Clinic) -> None:
    run = await due(clinic, recipients=EVERYONE, forms=[PHQ.key])
    counts: list[int] = []

    await run.send_forms(counts.append)

    assert sum(counts) == 5


async def test_a_run_that_is_given_up_leaves_the_others_alone_and_its_calls_are_written(
    store: SqlStore,
) -> None:
    clinic = slow(a_clinic(store, forms_concurrency=1))
    given_up = await due(clinic, recipients=EVERYONE, forms=[PHQ.key])
    other = await due(clinic, recipients=EVERYONE, forms=[GAD.key])
    sending = asyncio.create_task(given_up.send_forms())
    goes_on = asyncio.create_task(other.send_forms())
    assert isinstance(clinic.forms, SlowForms)
    await clinic.forms.called.wait()

    sending.cancel()
    await asyncio.wait([sending])
    await goes_on

    left = states(clinic, dispatch_of(given_up))
    made = sum(kept.order.template_id == PHQ.id for kept in clinic.forms.forms)
    assert states(clinic, dispatch_of(other)) == {DeliveryState.SENT: 5}
    assert left.get(DeliveryState.SENT, 0) == made
    assert DeliveryState.SENDING not in left


@contextmanager
def claims_failing(
    monkeypatch: pytest.MonkeyPatch, fails: Callable[[Sequence[DeliveryClaim]], bool]
) -> Iterator[None]:
    """As when the database gives one transaction up for another's sake."""
    claim = SqlDeliveries.claim

    def failing(
        self: SqlDeliveries, claims: Sequence[DeliveryClaim], **how: Any
    ) -> list[ClaimedDelivery]:
        if fails(claims):
            raise RuntimeError("deadlock detected")
        return claim(self, claims, **how)

    with monkeypatch.context() as patched:
        patched.setattr(SqlDeliveries, "claim", failing)
        yield


async def test_one_runs_trouble_is_not_every_runs(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(store, grace=timedelta(hours=8))
    troubled = await due(clinic, recipients=EVERYONE, forms=[PHQ.key])
    others = [await due(clinic, recipients=EVERYONE, forms=[form.key]) for form in (GAD, OWN)]

    def concerns_it(claims: Sequence[DeliveryClaim]) -> bool:
        return troubled.occasion_id in {claim.occasion_id for claim in claims}

    with claims_failing(monkeypatch, concerns_it):
        ended = await asyncio.gather(
            *(run.send_forms() for run in (troubled, *others)), return_exceptions=True
        )

    assert [type(each) for each in ended] == [RuntimeError, type(None), type(None)]
    assert len(clinic.forms.forms) == 10


async def test_a_claim_that_fails_once_is_made_again_at_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [await due(clinic, recipients=EVERYONE, forms=[form.key]) for form in (PHQ, GAD)]
    failures = [True]

    with claims_failing(monkeypatch, lambda _claims: bool(failures and failures.pop())):
        await asyncio.gather(*(run.send_forms() for run in runs))

    assert len(clinic.forms.forms) == 10


async def test_with_the_database_away_every_run_fails(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(store, grace=timedelta(hours=8))
    runs = [await due(clinic, recipients=EVERYONE, forms=[f.key]) for f in (PHQ, GAD, OWN, SHARED)]

    with claims_failing(monkeypatch, lambda _claims: True):
        ended = await asyncio.gather(*(run.send_forms() for run in runs), return_exceptions=True)

    assert [type(each) for each in ended] == [RuntimeError] * 4
    assert clinic.forms.forms == []


async def test_outcomes_that_could_not_be_written_are_settled_and_nothing_is_sent_twice(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(store, lease_s=_SHORT_LEASE_S)
    dispatch = (await clinic.start(recipients=EVERYONE, forms=[PHQ.key])).dispatch
    transaction = SqlStore.transaction
    failures = [True]

    def failing(self: SqlStore, step: Step | None = None) -> Any:
        if step is Step.OUTCOME and failures:
            failures.pop()
            raise RuntimeError("the connection was lost")
        return transaction(self, step)

    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(SqlStore, "transaction", failing)
        await run_to_its_end(clinic, dispatch.occasions[0])
    closed = await once_free(clinic, dispatch)

    assert isinstance(closed, Closed)
    assert (closed.sent, len(clinic.forms.forms)) == (5, 5)


async def once_free(clinic: Clinic, dispatch: Dispatch) -> object:
    """Run the occasion when the lease of the run that died has run out."""
    for _ in range(_TRIES):
        ended = await clinic.run(dispatch.occasions[0])
        if ended is not ClaimResult.TAKEN:
            return ended
        await asyncio.sleep(_SHORT_LEASE_S / 2)
    pytest.fail("it is still taken")


async def test_a_neighbour_that_asks_for_a_pause_gets_it_from_all_runs(clinic: Clinic) -> None:
    runs = [await due(clinic, recipients=EVERYONE, forms=[form.key]) for form in (PHQ, GAD)]
    began = clinic.clock.now()
    clinic.forms.fails_before.append(TemporaryFailure("busy", retry_after_s=0.5))

    await asyncio.gather(*(run.send_forms() for run in runs))

    assert len(clinic.forms.forms) == 10
    assert (clinic.clock.now() - began).total_seconds() >= 0.5


async def test_what_has_been_sent_gives_way_to_what_is_being_sent(store: SqlStore) -> None:
    clinic = slow(a_clinic(store, forms_concurrency=1))
    ended = await due(clinic, recipients=[ANNA.digits], forms=[PHQ.key])
    other = await due(clinic, recipients=EVERYONE, forms=[GAD.key])
    sending = asyncio.create_task(other.send_forms())
    await ended.send_forms()

    await ended.give_way()

    assert len(clinic.forms.forms) == 6
    await sending
