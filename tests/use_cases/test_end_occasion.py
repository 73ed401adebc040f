"""Avsluta: the rest is never sent, also when it comes back from being unknown."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.clinic import GAD, PHQ, a_clinic
from tests.people import TOLVAN
from tests.use_cases.afternoons import ALL, ready_to_send, stopped_after
from tests.use_cases.clinic_days import AWAY, mails, pass_hours, reconciled, states
from utskick.domain.deliveries import DeliveryState, FormId, Outcome
from utskick.domain.errors import NothingLeft
from utskick.domain.occasions import OccasionState
from utskick.records import DeliveryClaim
from utskick.store import SqlStore
from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.send_missed_occasion import SendMissedOccasion


@pytest.mark.parametrize("sent", [0, 1, ALL // 2, ALL - 1])
async def test_an_ended_occasion_sends_no_more_and_all_with_any_form_are_notified(
    store: SqlStore, sent: int
) -> None:
    afternoon = await stopped_after(store, sent)

    await afternoon.goes_on(EndOccasion)

    assert afternoon.occasion.state is OccasionState.ENDED
    assert (len(afternoon.clinic.forms.forms), afternoon.notified) == (sent, (sent + 1) // 2)
    assert afternoon.ways is None
    with pytest.raises(NothingLeft):
        afternoon.clinic.by_hand(SendMissedOccasion, afternoon.occasion)
    pass_hours(afternoon.clinic, 7 * 24)
    assert afternoon.clinic.cleaned_up() == 1


@pytest.mark.parametrize("forms", [1, 2])
async def test_what_nobody_can_know_after_the_end_is_mailed_once(
    store: SqlStore, forms: int
) -> None:
    clinic = a_clinic(store, forms_concurrency=1, manual_after_s=0)
    dispatch, run = await ready_to_send(
        clinic,
        recipients=[TOLVAN.digits],
        forms=[PHQ.key, GAD.key],
        creates_inbox_message=False,
    )
    with clinic.store.transaction() as records:
        ours = DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=forms)
        claimed = records.deliveries.claim([ours], lease_s=60)
        records.deliveries.record(
            [Outcome(id=d.id, attempt=d.attempt, state=DeliveryState.UNKNOWN) for d in claimed]
        )
    clinic.stop(dispatch)
    run.close()
    clinic.by_hand(EndOccasion, clinic.dispatch(dispatch).occasions[0])
    before = list(mails(clinic))

    clinic.forms.fails_reading.extend([AWAY] * 9)
    for _ in range(3):
        await reconciled(clinic)

    ended = clinic.dispatch(dispatch).occasions[0]
    assert (before, ended.state) == ([], OccasionState.ENDED)
    assert states(clinic, dispatch)[DeliveryState.MANUAL] == forms
    [mail] = mails(clinic)
    assert f"Formulär: {forms}" in mail.body


async def test_what_comes_back_from_being_unknown_after_the_end_is_never_sent(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, forms_concurrency=1)
    dispatch, run = await ready_to_send(
        clinic, recipients=[TOLVAN.digits], forms=[PHQ.key, GAD.key]
    )
    with clinic.store.transaction() as records:
        (first,) = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=60
        )
        unknown = Outcome(id=first.id, attempt=first.attempt, state=DeliveryState.UNKNOWN)
        records.deliveries.record([unknown])
    clinic.stop(dispatch)
    run.close()

    clinic.by_hand(EndOccasion, clinic.dispatch(dispatch).occasions[0])
    clinic.clock.moment = run.until - timedelta(minutes=1)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])
    await reconciled(clinic)
    come_back = states(clinic, dispatch)
    await reconciled(clinic)

    assert come_back == {DeliveryState.PLANNED: 1, DeliveryState.CANCELLED: 1}
    assert states(clinic, dispatch) == {DeliveryState.CANCELLED: 2}


async def test_a_form_that_comes_back_after_the_end_keeps_no_message_back(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, forms_concurrency=1)
    dispatch, run = await ready_to_send(
        clinic, recipients=[TOLVAN.digits], forms=[PHQ.key, GAD.key]
    )
    with clinic.store.transaction() as records:
        arrived, unknown = records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=2)], lease_s=60
        )
        records.deliveries.record(
            [
                Outcome(
                    id=arrived.id,
                    attempt=arrived.attempt,
                    state=DeliveryState.SENT,
                    form_id=FormId(str(uuid4())),
                ),
                Outcome(id=unknown.id, attempt=unknown.attempt, state=DeliveryState.UNKNOWN),
            ]
        )
    clinic.stop(dispatch)
    run.close()
    clinic.by_hand(EndOccasion, clinic.dispatch(dispatch).occasions[0])

    await reconciled(clinic)
    come_back = states(clinic, dispatch)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert come_back == {DeliveryState.SENT: 1, DeliveryState.PLANNED: 1}
    assert len(clinic.inbox.messages) == 1
