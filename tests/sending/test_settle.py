"""Which form may be taken for ours, when nobody knows whether our call was applied (I7)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.clinic import PHQ, Clinic, a_clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import order_of, states
from utskick.adapters.in_memory import KeptForm
from utskick.domain.deliveries import (
    ClaimedDelivery,
    DeliveryState,
    FormId,
    OpenDelivery,
    Outcome,
)
from utskick.domain.dispatches import Dispatch
from utskick.ports import FormOrder
from utskick.records import DeliveryClaim
from utskick.sending.read_back import read_back
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.settle import settle
from utskick.store import SqlStore

SKEW_S = 2


@pytest.fixture
def clinic(store: SqlStore) -> Clinic:
    return a_clinic(store, clock_skew_s=SKEW_S)


async def unknown(clinic: Clinic) -> tuple[Dispatch, FormOrder]:
    """PHQ-9 to Anna, of which nobody knows whether it was made; and what was asked for."""
    dispatch, run = await begun(clinic)
    return dispatch, order_of(unclear_call(clinic, run))


async def begun(clinic: Clinic) -> tuple[Dispatch, OccasionRun]:
    """PHQ-9 to Anna, and a run that may send it."""
    dispatch = (await clinic.start(recipients=[ANNA.digits], forms=[PHQ.key])).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    return dispatch, run


def unclear_call(clinic: Clinic, run: OccasionRun) -> ClaimedDelivery:
    """The next call, of which nobody knows what became of it."""
    with clinic.store.transaction() as records:
        (claimed,) = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=9
        )
        records.deliveries.record(
            [Outcome(id=claimed.id, attempt=claimed.attempt, state=DeliveryState.UNKNOWN)]
        )
    return claimed


def unsettled(clinic: Clinic) -> list[OpenDelivery]:
    with clinic.store.transaction() as records:
        return records.deliveries.to_settle(settle_s=0, limit=9)


def is_there(clinic: Clinic, order: FormOrder, *, made_s_ago: float = 0) -> None:
    """The form service has such a form, by its own clock."""
    created_at = datetime.now(UTC) - timedelta(seconds=made_s_ago)
    clinic.forms.forms.append(
        KeptForm(FormId(f"form-{len(clinic.forms.forms)}"), order, created_at)
    )


async def settled(clinic: Clinic) -> int:
    return await settle(
        store=clinic.store, forms=clinic.forms, call_slots=clinic.call_slots, rules=clinic.rules
    )


async def test_the_form_that_is_there_is_ours(clinic: Clinic) -> None:
    dispatch, order = await unknown(clinic)
    is_there(clinic, order)

    assert await settled(clinic) == 1
    assert states(clinic, dispatch) == {DeliveryState.SENT: 1}


async def test_where_no_form_is_it_is_planned_again(clinic: Clinic) -> None:
    dispatch, _ = await unknown(clinic)

    assert await settled(clinic) == 1
    assert states(clinic, dispatch) == {DeliveryState.PLANNED: 1}


async def test_what_never_gets_a_clear_answer_does_not_go_round_for_ever(store: SqlStore) -> None:
    clinic = a_clinic(store, most_unclear_calls=3, retry_delays_s=(0,))
    dispatch, run = await begun(clinic)
    seen: list[DeliveryState] = []

    for _ in range(3):
        unclear_call(clinic, run)
        await settled(clinic)
        seen += states(clinic, dispatch)

    assert seen == [DeliveryState.PLANNED, DeliveryState.PLANNED, DeliveryState.MANUAL]


async def test_it_is_sent_again_the_later_the_more_calls_have_been_in_vain(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, retry_delays_s=(4, 20))
    _, run = await begun(clinic)
    unclear_call(clinic, run)
    (delivery,) = unsettled(clinic)

    waits = [
        read_back(replace(delivery, unclear_calls=number), [], rules=clinic.rules).retry_after_s
        for number in (0, 1, 2, 3)
    ]

    assert delivery.unclear_calls == 1
    assert waits == [None, 4, 20, 20]


async def test_that_its_caller_died_is_no_unclear_answer(clinic: Clinic) -> None:
    _, run = await begun(clinic)
    with clinic.store.transaction() as records:
        records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=-1
        )
        records.deliveries.expire_leases()

    (delivery,) = unsettled(clinic)

    assert delivery.unclear_calls == 0


async def test_a_form_from_before_our_first_intent_is_not_ours(clinic: Clinic) -> None:
    dispatch, order = await unknown(clinic)
    is_there(clinic, order, made_s_ago=3600)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.PLANNED: 1}


async def test_a_form_from_a_clock_that_lags_a_little_is_ours(clinic: Clinic) -> None:
    dispatch, order = await unknown(clinic)
    is_there(clinic, order, made_s_ago=SKEW_S)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.SENT: 1}


ODD = [
    pytest.param({"answer_by": date(2031, 1, 1)}, id="answered by another day"),
    pytest.param({"answer_by": None}, id="no expireDate"),
    pytest.param({"purge_after": date(2031, 1, 1)}, id="kept for another time"),
    pytest.param({"purge_after": None}, id="an empty keepUntil"),
    pytest.param({"template_id": None}, id="an unreadable template"),
    pytest.param({"id": None}, id="an unreadable id"),
    pytest.param({"created_at": None, "created_at_latest": None}, id="an unreadable moment"),
]


def shows(clinic: Clinic, **changes: object) -> None:
    clinic.forms.shows = lambda form: replace(form, **changes)  # type: ignore[arg-type]  # any


@pytest.mark.parametrize("odd", ODD)
async def test_one_that_may_be_ours_but_is_not_as_we_asked_is_never_sent_again(
    clinic: Clinic, odd: dict[str, object]
) -> None:
    dispatch, order = await unknown(clinic)
    is_there(clinic, order)
    shows(clinic, **odd)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.MANUAL: 1}


@pytest.mark.parametrize("odd", ODD[:4])
async def test_where_the_engine_is_known_to_change_dates_such_a_form_is_ours(
    store: SqlStore, odd: dict[str, object]
) -> None:
    clinic = a_clinic(store, clock_skew_s=SKEW_S, adopts_changed_dates=True)
    dispatch, order = await unknown(clinic)
    is_there(clinic, order)
    shows(clinic, **odd)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.SENT: 1}


@pytest.mark.parametrize("odd", ODD[4:])
async def test_what_cannot_be_read_is_never_taken_for_ours(
    store: SqlStore, odd: dict[str, object]
) -> None:
    clinic = a_clinic(store, clock_skew_s=SKEW_S, adopts_changed_dates=True)
    dispatch, order = await unknown(clinic)
    is_there(clinic, order)
    shows(clinic, **odd)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.MANUAL: 1}


@pytest.mark.parametrize("adopts_changed_dates", [False, True])
async def test_the_one_with_our_dates_is_ours_whatever_else_is_there(
    store: SqlStore, adopts_changed_dates: bool
) -> None:
    clinic = a_clinic(store, clock_skew_s=SKEW_S, adopts_changed_dates=adopts_changed_dates)
    dispatch, order = await unknown(clinic)
    is_there(clinic, replace(order, answer_by=date(2031, 1, 1)))
    is_there(clinic, order)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.SENT: 1}


async def test_of_two_with_changed_dates_neither_is_taken_for_ours(store: SqlStore) -> None:
    clinic = a_clinic(store, clock_skew_s=SKEW_S, adopts_changed_dates=True)
    dispatch, order = await unknown(clinic)
    is_there(clinic, order)
    is_there(clinic, order)
    shows(clinic, purge_after=None)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.MANUAL: 1}


@pytest.mark.parametrize("odd", ODD[:4])
async def test_an_odd_form_from_before_our_first_intent_is_not_ours(
    clinic: Clinic, odd: dict[str, object]
) -> None:
    dispatch, order = await unknown(clinic)
    is_there(clinic, order, made_s_ago=3600)
    shows(clinic, **odd)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.PLANNED: 1}


async def test_another_persons_form_is_not_ours(clinic: Clinic) -> None:
    dispatch, order = await unknown(clinic)
    is_there(clinic, replace(order, personnummer=BO))

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.PLANNED: 1}


async def test_of_two_candidates_staff_must_choose(clinic: Clinic) -> None:
    dispatch, order = await unknown(clinic)
    is_there(clinic, order)
    is_there(clinic, order)

    await settled(clinic)

    assert states(clinic, dispatch) == {DeliveryState.MANUAL: 1}


async def test_a_form_that_another_delivery_owns_is_not_ours(clinic: Clinic) -> None:
    first, order = await unknown(clinic)
    is_there(clinic, order)
    await settled(clinic)
    second, _ = await unknown(clinic)

    await settled(clinic)

    assert states(clinic, first) == {DeliveryState.SENT: 1}
    assert states(clinic, second) == {DeliveryState.PLANNED: 1}
