"""Stoppa, återstarta, ta bort mottagare."""

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_STAFF, PHQ, STAFF, WEEKLY, Clinic
from tests.people import ANNA, BO, CILLA
from tests.use_cases.clinic_days import AWAY, audited, pass_hours, reconciled, run_to_its_end
from utskick.domain.dispatches import Dispatch, RecipientState
from utskick.domain.errors import LastRecipient, NotFound, OccasionPassed, WrongStatus
from utskick.records import DeliveryClaim
from utskick.use_cases.remove_recipient import AlreadyRemoved
from utskick.use_cases.send_missed_occasion import SendMissedOccasion


async def begin_annas_first(clinic: Clinic, dispatch: Dispatch) -> None:
    """One form is on its way."""
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    with clinic.store.transaction() as records:
        records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=1)], lease_s=60
        )


async def test_a_stopped_dispatch_leaves_the_scheduler(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch

    stopped = clinic.stop(dispatch)

    after = clinic.dispatch(dispatch)
    assert stopped.on_their_way == 0
    assert (after.label, after.ended_at) == ("Stoppad", clinic.clock.now())
    assert clinic.scheduler.plans == []


async def test_a_stop_says_how_many_forms_were_on_their_way(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await begin_annas_first(clinic, dispatch)

    assert clinic.stop(dispatch).on_their_way == 1


async def test_a_stop_holds_when_the_scheduler_is_away(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.scheduler.fails_with.append(AWAY)

    clinic.stop(dispatch)

    assert clinic.dispatch(dispatch).label == "Stoppad"
    assert len(clinic.scheduler.plans) == 1
    audited(clinic)
    assert clinic.scheduler.plans == []


async def test_what_has_ended_cannot_be_stopped(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)

    with pytest.raises(WrongStatus) as caught:
        clinic.stop(dispatch)

    assert "statusen Stoppad" in caught.value.staff_message


async def test_a_stop_between_two_occasions_and_a_restart_sends_the_second(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])
    clinic.stop(dispatch)

    restarted = clinic.restart(dispatch)

    assert restarted.dispatch.label == "Pågående"
    assert [(form.form_name, form.sent) for form in restarted.so_far] == [("PHQ-9", 2)]
    assert [occasion.number for occasion in restarted.remaining] == [2, 3]
    assert restarted.registered
    assert sorted(plan.number for plan in clinic.scheduler.plans) == [2, 3]
    assert (await run_to_its_end(clinic, dispatch.occasions[1])).sent == 2


async def test_a_restart_later_on_the_same_day_sends_at_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)
    pass_hours(clinic, 6)

    restarted = clinic.restart(dispatch)

    (occasion,) = clinic.dispatch(dispatch).occasions
    assert [each.number for each in restarted.remaining] == [1]
    assert (occasion.version, occasion.by_hand_at) == (2, clinic.clock.now())
    closed = await run_to_its_end(clinic, occasion)
    assert (closed.sent, closed.occasion.late) == (8, True)


async def test_a_restart_is_too_late_when_the_next_date_has_passed(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)
    pass_hours(clinic, 12)

    with pytest.raises(OccasionPassed) as caught:
        clinic.restart(dispatch)

    assert "var 2027-02-01 kl. 13:00 och har passerat" in caught.value.staff_message
    assert clinic.dispatch(dispatch).label == "Stoppad"


async def test_an_ongoing_dispatch_cannot_be_restarted(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    with pytest.raises(WrongStatus):
        clinic.restart(dispatch)


async def test_with_the_scheduler_away_a_restart_is_registered_later(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)
    clinic.scheduler.fails_with.append(AWAY)

    restarted = clinic.restart(dispatch)

    assert not restarted.registered
    clinic.clock.advance(15)
    assert (await reconciled(clinic)).registered == 1


async def test_a_removed_recipient_gets_no_more(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    on_their_way = clinic.remove(dispatch, ANNA)
    await run_to_its_end(clinic, dispatch.occasions[1])

    assert on_their_way == 0
    assert (clinic.sent_to(ANNA), clinic.sent_to(BO)) == ([PHQ], [PHQ, PHQ])


async def test_a_removal_says_how_many_of_the_persons_forms_were_on_their_way(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    await begin_annas_first(clinic, dispatch)

    assert clinic.remove(dispatch, ANNA) == 1


async def test_a_recipient_can_be_named_by_id(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    annas = clinic.show(dispatch).recipients[0]

    clinic.remove_recipient(dispatch.id, annas.id, actor=STAFF, now=clinic.clock.now())

    assert clinic.show(dispatch).recipients[0].state is RecipientState.REMOVED


async def test_the_last_recipient_cannot_be_removed(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.remove(dispatch, ANNA)

    with pytest.raises(LastRecipient) as caught:
        clinic.remove(dispatch, BO)

    assert "Stoppa paketutskicket i stället." in caught.value.staff_message


async def test_whoever_is_not_on_the_list_cannot_be_removed(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    with pytest.raises(NotFound):
        clinic.remove(dispatch, CILLA)


async def test_a_recipient_is_removed_once(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.remove(dispatch, ANNA)

    with pytest.raises(AlreadyRemoved) as caught:
        clinic.remove(dispatch, ANNA)

    assert "redan borttagen" in caught.value.staff_message


async def test_nobody_is_removed_from_what_has_been_sent(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    with pytest.raises(WrongStatus):
        clinic.remove(dispatch, ANNA)


async def test_whoever_is_removed_from_a_stopped_dispatch_gets_nothing_after_its_restart(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)

    clinic.remove(dispatch, ANNA)
    clinic.restart(dispatch)
    await run_to_its_end(clinic, dispatch.occasions[0])

    assert (clinic.sent_to(ANNA), len(clinic.sent_to(BO))) == ([], 4)


async def test_whoever_is_removed_after_a_missed_occasion_gets_nothing_when_it_is_sent(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    pass_hours(clinic, 4)
    await reconciled(clinic)

    clinic.remove(dispatch, ANNA)
    clinic.by_hand(SendMissedOccasion, dispatch.occasions[0])
    await run_to_its_end(clinic, clinic.dispatch(dispatch).occasions[0])

    assert clinic.dispatch(dispatch).label == "Klar"
    assert (clinic.sent_to(ANNA), len(clinic.sent_to(BO))) == ([], 4)


async def test_the_last_recipient_of_a_stopped_dispatch_is_not_asked_to_be_stopped(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)
    clinic.remove(dispatch, ANNA)

    with pytest.raises(LastRecipient) as caught:
        clinic.remove(dispatch, BO)

    assert "Stoppa" not in caught.value.staff_message


async def test_another_unit_can_do_nothing(clinic: Clinic) -> None:
    dispatch = clinic.dispatch((await clinic.start()).dispatch)
    now = clinic.clock.now()

    with pytest.raises(NotFound):
        clinic.stop_dispatch(dispatch.id, actor=OTHER_STAFF, now=now)
    with pytest.raises(NotFound):
        clinic.restart_dispatch(dispatch.id, actor=OTHER_STAFF, now=now)
    with pytest.raises(NotFound):
        clinic.remove_recipient(dispatch.id, ANNA, actor=OTHER_STAFF, now=now)
    assert clinic.dispatch(dispatch) == dispatch
    assert len(clinic.scheduler.plans) == 1


async def test_each_act_is_logged(clinic: Clinic, log: Log) -> None:
    dispatch = (await clinic.start()).dispatch

    clinic.remove(dispatch, ANNA)
    clinic.stop(dispatch)
    clinic.restart(dispatch)

    assert log()[4:] == [
        "Radera: tagit bort mottagare (person)",
        "Skriva: stoppat utskick",
        "Skriva: återstartat utskick",
    ]
