"""An occasion run twice, stopped in the middle, or left by a dead run: each form still once."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.clinic import PHQ, WEEKLY, Clinic, a_clinic
from tests.people import ANNA, BO, CILLA, DAVID
from tests.use_cases.afternoons import ready_to_send
from tests.use_cases.clinic_days import (
    Meanwhile,
    let_leases_run_out,
    mails,
    order_of,
    reconciled,
    run_to_its_end,
    states,
)
from utskick.domain.deliveries import DeliveryState
from utskick.domain.occasions import Aim, Occasion, OccasionState
from utskick.ports import UnknownOutcome
from utskick.records import DeliveryClaim
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.store import SqlStore

PHQ_ONLY: dict[str, Any] = {"forms": [PHQ.key]}

ANNA_ONLY: dict[str, Any] = {"recipients": [ANNA.digits]}


async def test_running_an_occasion_twice_sends_each_form_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    again = await clinic.run(dispatch.occasions[0])

    assert again is ClaimResult.ALREADY_SENT
    assert len(clinic.forms.forms) == 8


async def test_two_runs_at_once_send_each_form_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    occasion = dispatch.occasions[0]

    results = await asyncio.gather(*(clinic.run(occasion) for _ in range(3)))

    (closed,) = [result for result in results if isinstance(result, Closed)]
    others = {result for result in results if isinstance(result, ClaimResult)}
    assert closed.sent == 8
    assert others <= {ClaimResult.TAKEN, ClaimResult.ALREADY_SENT}
    assert len(clinic.forms.forms) == 8


async def test_a_run_of_an_outdated_version_does_nothing(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    with clinic.store.transaction() as records:
        records.occasions.close(run.occasion_id, OccasionState.MISSED, now=clinic.clock.now())
        records.occasions.plan_by_hand(run.occasion_id, Aim.SEND, now=clinic.clock.now())

    result = await run.run()

    assert result is ClaimResult.OUTDATED
    assert clinic.forms.forms == []


async def test_a_stop_in_the_middle_begins_nothing_more(store: SqlStore) -> None:
    clinic = a_clinic(store, forms_concurrency=1)
    everyone = [number.digits for number in (ANNA, BO, CILLA, DAVID)]
    dispatch = (await clinic.start(recipients=everyone)).dispatch
    begun = []

    def staff_stop_it() -> None:
        if not clinic.forms.forms:
            begun.append(clinic.stop(dispatch).on_their_way)

    clinic.forms.fails_before = Meanwhile(staff_stop_it)
    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    (begun_before_the_stop,) = begun
    assert begun_before_the_stop < 4 * len(dispatch.forms)
    assert 1 <= len(clinic.forms.forms) <= begun_before_the_stop
    assert closed.sent == len(clinic.forms.forms)
    assert closed.dispatch.label == "Stoppad"
    assert mails(clinic) == []


async def test_a_dispatch_stopped_between_two_occasions_does_not_send_the_second(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    clinic.stop(dispatch)
    result = await clinic.run(dispatch.occasions[1])

    assert result is ClaimResult.NOT_ONGOING
    assert len(clinic.forms.forms) == 2


async def test_a_stop_before_the_moment_leaves_the_occasion_to_a_restart(clinic: Clinic) -> None:
    dispatch = (await clinic.start(**PHQ_ONLY)).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()

    clinic.stop(dispatch)
    closed = run.close()
    clinic.restart(dispatch)
    again = await run_to_its_end(clinic, clinic.dispatch(dispatch).occasions[0])

    assert closed.occasion.state is OccasionState.PLANNED
    assert (again.sent, len(clinic.forms.forms)) == (2, 2)


async def test_a_recipient_removed_in_the_middle_gets_no_more(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()

    clinic.remove(dispatch, ANNA)
    await run.wait_until_due()
    await asyncio.gather(run.send_forms(), run.send_inbox_messages())
    closed = run.close()

    assert (clinic.sent_to(ANNA), closed.sent) == ([], 4)
    assert closed.occasion.state is OccasionState.DONE
    assert mails(clinic) == []


async def test_what_a_run_killed_before_its_call_had_claimed_is_sent_by_another(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    await _killed_after_claiming(clinic, dispatch.occasions[0], calls_made=False)

    closed = await _finished_by_another(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)
    assert len(clinic.inbox.messages) == 2


async def test_what_a_run_killed_after_its_call_had_sent_is_not_sent_twice(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    await _killed_after_claiming(clinic, dispatch.occasions[0], calls_made=True)

    closed = await _finished_by_another(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)
    assert len(clinic.inbox.messages) == 2


async def test_a_cancelled_run_is_finished_by_another(clinic: Clinic, tmp_path: Path) -> None:
    dispatch = (await clinic.start()).dispatch
    running = asyncio.create_task(run_to_its_end(clinic, dispatch.occasions[0]))

    def cancel_at_the_third() -> None:
        if len(clinic.forms.forms) == 3:
            running.cancel()

    clinic.forms.fails_before = Meanwhile(cancel_at_the_third)
    with pytest.raises(asyncio.CancelledError):
        await running
    let_leases_run_out(tmp_path, "occasion", "delivery")

    closed = await _finished_by_another(clinic, dispatch.occasions[0])

    assert (closed.sent, len(clinic.forms.forms)) == (8, 8)


async def test_a_run_that_is_interrupted_in_its_checks_is_repeated_from_the_start(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    await run.validate_recipients()
    run.render_message()
    run.render_message()
    await run.wait_until_due()

    await asyncio.gather(run.send_forms(), run.send_inbox_messages())
    await asyncio.gather(run.send_forms(), run.send_inbox_messages())
    closed, again = run.close(), run.close()

    assert (closed.sent, again.sent) == (8, 8)
    assert len(clinic.forms.forms) == 8
    assert len(clinic.inbox.messages) == 2


async def test_the_same_form_from_two_dispatches_at_once_is_sent_once_for_each(
    clinic: Clinic,
) -> None:
    first = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    second = (await clinic.start(**ANNA_ONLY, **PHQ_ONLY)).dispatch
    clinic.forms.fails_after.append(UnknownOutcome("timed out"))

    await asyncio.gather(*(clinic.run(d.occasions[0]) for d in (first, second)))

    assert clinic.sent_to(ANNA) == [PHQ, PHQ]
    assert states(clinic, first) == states(clinic, second) == {DeliveryState.SENT: 1}


async def _killed_after_claiming(clinic: Clinic, occasion: Occasion, *, calls_made: bool) -> None:
    """A run that dies with three intents committed and no outcome, its leases run out."""
    run = clinic.run_of(occasion)
    run.claim()
    await run.validate_recipients()
    run.render_message()
    await run.wait_until_due()
    with clinic.store.transaction() as records:
        claimed = records.deliveries.claim(
            [DeliveryClaim(occasion_id=occasion.id, token=run.token, limit=3)], lease_s=-1
        )
        records.occasions.renew({run.token: occasion.id}, lease_s=-1)
    for delivery in claimed if calls_made else ():
        await clinic.forms.create_form(order_of(delivery))


async def _finished_by_another(clinic: Clinic, occasion: Occasion) -> Closed:
    """As the reconciler would have it: it finds the dead run, and starts another."""
    assert (await reconciled(clinic)).resumed == 1
    return await run_to_its_end(clinic, occasion)


async def test_a_run_that_goes_on_after_a_death_notifies_though_a_form_was_archived(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch, dead = await ready_to_send(clinic, **PHQ_ONLY)
    await dead.send_forms()
    with store.transaction() as records:
        records.occasions.renew({dead.token: dead.occasion_id}, lease_s=-1)
        records.forms.save([replace(PHQ, archived_at=clinic.clock.now())])

    await clinic.run(dispatch.occasions[0])
    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert len(clinic.inbox.messages) == 2
