"""A recipient who is removed while an occasion is sent."""

import asyncio

from tests.clinic import GAD, OWN, PHQ, SHARED, a_clinic
from tests.people import ANNA, BO
from tests.use_cases.afternoons import holding, ready_to_send
from tests.use_cases.clinic_days import states
from tests.waiting import poll
from utskick.domain.deliveries import DeliveryState
from utskick.store import SqlStore

FORMS = (PHQ, GAD, OWN, SHARED)


async def test_what_is_claimed_ahead_of_a_removal_does_not_leave(store: SqlStore) -> None:
    """Two of Anna's forms are being called, the next two are claimed and wait for their turn."""
    clinic = a_clinic(store, forms_concurrency=2, stop_heard_within_s=0.2)
    clinic, forms = holding(clinic, until=lambda: under_way_to_anna() == 2)

    def under_way_to_anna() -> int:
        with store.transaction() as records:
            anna = records.dispatches.recipients(dispatch.id)[0].id
            return records.progress.on_their_way(dispatch.id, recipient_id=anna)

    dispatch, run = await ready_to_send(clinic, forms=[form.key for form in FORMS])
    sending = asyncio.create_task(run.send_forms())
    await asyncio.to_thread(poll, lambda: under_way_to_anna() == 4)

    on_their_way = await asyncio.to_thread(clinic.remove, dispatch, ANNA)
    forms.answered.set()
    await sending

    assert on_their_way == 2
    assert (len(clinic.sent_to(ANNA)), len(clinic.sent_to(BO))) == (2, 4)
    assert states(clinic, dispatch) == {DeliveryState.SENT: 6, DeliveryState.CANCELLED: 2}
