"""Lägg till, flytta och avboka besök."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from tests.access_log import Log
from tests.clinic import MONDAY_NOON, OTHER_STAFF, PHQ, STAFF, Clinic
from tests.people import ANNA, BO, CILLA, PROTECTED
from tests.use_cases.visit_days import (
    AT_ONCE,
    MARCH_1,
    ONE_OFFSET,
    VISITS,
    booked,
    cancelled,
    change,
    dispatches,
    moments,
    pass_days,
    seen,
    standing,
)
from utskick.domain.dispatches import Dispatch
from utskick.domain.visit_messages import Change, VisitStamp
from utskick.domain.visit_offsets import LateVisits
from utskick.records import DeliveryClaim
from utskick.sending.close_occasion import Closed
from utskick.sending.run_occasion import OccasionRun


async def prepared(clinic: Clinic, dispatch: Dispatch, *, begun: int = 0) -> OccasionRun:
    """A run has it, and has committed the intents of so many forms."""
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.validate_recipients()
    with clinic.store.transaction() as records:
        records.deliveries.claim(
            [DeliveryClaim(occasion_id=run.occasion_id, token=run.token, limit=begun)], lease_s=60
        )
    return run


async def test_a_visit_is_sent_before_as_the_package_says(clinic: Clinic) -> None:
    await standing(clinic, VISITS)

    (result,) = await change(clinic, booked())

    assert result.change is Change.NEW
    assert moments(clinic) == [("2027-02-15 09:00", 1), ("2027-02-26 09:00", 1)]
    assert sorted(f"{plan.local:%m-%d %H:%M}" for plan in clinic.scheduler.plans) == [
        "02-15 09:00",
        "02-26 09:00",
    ]
    assert seen(result) == ["Planerat", "Planerat"]


async def test_visits_of_one_minute_share_one_occasion_and_one_deployment(
    clinic: Clinic,
) -> None:
    await standing(clinic, VISITS)

    await change(
        clinic,
        booked("b1", ANNA),
        booked("b2", BO, at=time(14)),
        booked("b3", CILLA, day=MARCH_1 - timedelta(days=11)),
    )

    assert moments(clinic) == [
        ("2027-02-04 09:00", 1),
        ("2027-02-15 09:00", 3),
        ("2027-02-26 09:00", 2),
    ]
    assert len(clinic.scheduler.plans) == 3


async def test_each_whose_visit_it_is_gets_the_forms_once(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA), booked("b2", BO), booked("b3", BO, at=time(14)))

    (dispatch,) = dispatches(clinic)
    closed = await clinic.run(dispatch.occasions[0])

    assert isinstance(closed, Closed)
    assert closed.complete
    assert [f.name for f in clinic.sent_to(ANNA)] == [f.name for f in clinic.sent_to(BO)]
    assert len(clinic.sent_to(BO)) == 2


async def test_a_moved_visit_moves_what_has_not_been_sent(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA), booked("b2", BO))

    (result,) = await change(clinic, booked("b1", ANNA, day=MARCH_1 + timedelta(days=7)))

    assert result.change is Change.MOVED
    assert moments(clinic) == [("2027-02-26 09:00", 1), ("2027-03-05 09:00", 1)]


async def test_an_occasion_that_nobody_is_left_of_leaves_the_scheduler(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked())

    await change(clinic, cancelled())

    assert (moments(clinic), clinic.scheduler.plans) == ([], [])


async def test_a_visit_moved_away_and_back_is_sent_once(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked(), booked("b2", BO))

    await change(clinic, booked(day=MARCH_1 + timedelta(days=1)))
    await change(clinic, booked())

    assert moments(clinic) == [("2027-02-26 09:00", 2)]


async def test_nothing_is_sent_to_whoever_is_moved_while_a_run_prepares(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA), booked("b2", BO))
    (first,) = dispatches(clinic)
    run = await prepared(clinic, first)

    (moved,) = await change(clinic, booked("b1", ANNA, day=MARCH_1 + timedelta(days=7)))
    clinic.clock.moment = first.occasions[0].sends_at
    await run.send_forms()
    await run.send_inbox_messages()
    closed = run.close()

    assert moved.change is Change.MOVED
    assert (closed.occasion.state, clinic.sent_to(ANNA)) == ("done", [])
    await clinic.run(dispatches(clinic)[1].occasions[0])
    assert len(clinic.sent_to(ANNA)) == len(clinic.sent_to(BO)) == 2


async def test_who_comes_while_a_run_prepares_gets_an_occasion_of_their_own(
    clinic: Clinic,
) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA))
    (first,) = dispatches(clinic)
    await prepared(clinic, first)

    await change(clinic, booked("b2", BO))

    assert moments(clinic) == [("2027-02-26 09:00", 1), ("2027-02-26 09:00", 1)]


async def test_what_has_been_begun_stays_when_the_visit_moves(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked())
    (first,) = dispatches(clinic)
    clinic.clock.moment = first.occasions[0].sends_at
    await prepared(clinic, first, begun=1)

    (moved,) = await change(clinic, booked(day=MARCH_1 + timedelta(days=7)))

    assert seen(moved) == ["Skickas"]
    assert moments(clinic) == [("2027-02-26 09:00", 1)]


async def test_a_form_that_was_sent_is_not_sent_again_for_the_visit_s_new_date(
    clinic: Clinic,
) -> None:
    await standing(clinic)
    await change(clinic, booked())
    (first,) = dispatches(clinic)
    await clinic.run(first.occasions[0])

    (moved,) = await change(clinic, booked(day=MARCH_1 + timedelta(days=30)))
    (gone,) = await change(clinic, cancelled())

    assert (seen(moved), seen(gone)) == (["Skickat"], ["Skickat"])
    assert (moved.change, gone.change) == (Change.MOVED, Change.CANCELLED)
    assert len(dispatches(clinic)) == 1


async def test_also_when_its_dispatch_has_been_deleted(clinic: Clinic) -> None:
    await standing(clinic, VISITS)
    await change(clinic, booked())
    first, _ = dispatches(clinic)
    await clinic.run(first.occasions[0])
    pass_days(clinic, 8)
    clinic.cleaned_up()

    (moved,) = await change(clinic, booked(day=MARCH_1 + timedelta(days=30)))

    assert seen(moved) == ["Skickat", "Planerat"]
    assert moments(clinic) == [("2027-03-28 09:00", 1)]


async def test_whoever_was_refused_then_is_tried_again_for_the_new_date(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked())
    (first,) = dispatches(clinic)
    clinic.persons.records[ANNA] = replace(clinic.persons.records[ANNA], protected=True)
    await clinic.run(first.occasions[0])

    (moved,) = await change(clinic, booked(day=MARCH_1 + timedelta(days=30)))

    assert clinic.sent_to(ANNA) == []
    assert seen(moved) == ["Planerat"]


async def test_a_moment_that_has_passed_is_too_late(clinic: Clinic) -> None:
    await standing(clinic, VISITS)

    (result,) = await change(clinic, booked(day=date(2027, 2, 10)))

    assert seen(result) == ["För sent", "Planerat"]


async def test_or_sent_at_once_if_the_package_says_so(clinic: Clinic) -> None:
    await standing(clinic, AT_ONCE)

    await change(clinic, booked("b1", ANNA, day=date(2027, 2, 2)))
    await change(clinic, booked("b2", BO, day=date(2027, 2, 3)))

    assert moments(clinic) == [("2027-02-01 12:01", 2)]


async def test_two_moments_that_are_one_send_leave_it_together(clinic: Clinic) -> None:
    await standing(clinic, replace(VISITS, late_visits=LateVisits.NOW))
    await change(clinic, booked(day=date(2027, 2, 2)))
    together = moments(clinic)

    await change(clinic, booked(day=MARCH_1))
    moved = moments(clinic)
    await change(clinic, booked(day=date(2027, 2, 2)))
    await change(clinic, cancelled())

    assert together == [("2027-02-01 12:01", 1)]
    assert moved == [("2027-02-15 09:00", 1), ("2027-02-26 09:00", 1)]
    assert moments(clinic) == []


async def test_at_once_is_never_at_night(clinic: Clinic) -> None:
    await standing(clinic, AT_ONCE)
    clinic.clock.moment = datetime(2027, 2, 1, 22, tzinfo=MONDAY_NOON.tzinfo)

    (ahead, before) = await change(
        clinic,
        booked("b1", ANNA, day=date(2027, 2, 2)),
        booked("b2", BO, day=date(2027, 2, 2), at=time(6)),
    )

    assert moments(clinic) == [("2027-02-02 07:00", 1)]
    assert (seen(ahead), seen(before)) == (["Planerat"], ["För sent"])


async def test_a_visit_that_has_been_is_not_kept(clinic: Clinic) -> None:
    await standing(clinic, AT_ONCE)

    (result,) = await change(clinic, booked(day=date(2027, 1, 31)))

    assert (result.change, result.listed) == (Change.PASSED, None)


async def test_the_same_message_again_changes_nothing(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked(sequence=1))

    (again,) = await change(clinic, booked(sequence=1))

    assert again.change is Change.UNCHANGED
    assert moments(clinic) == [("2027-02-26 09:00", 1)]


async def test_an_older_message_never_overwrites_a_newer(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked(sequence=1), booked(sequence=3, day=MARCH_1 + timedelta(days=7)))

    (older,) = await change(clinic, booked(sequence=2, day=MARCH_1 + timedelta(days=3)))

    assert older.change is Change.OUTDATED
    assert moments(clinic) == [("2027-03-05 09:00", 1)]


async def test_a_booking_that_comes_after_its_own_cancellation_is_not_sent(
    clinic: Clinic,
) -> None:
    await standing(clinic)
    (unknown,) = await change(clinic, cancelled(sequence=2))

    (late,) = await change(clinic, booked(sequence=1))

    assert (unknown.change, late.change) == (Change.UNKNOWN, Change.OUTDATED)
    assert moments(clinic) == []


async def test_by_the_time_when_they_were_changed_too(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked(last_updated=MONDAY_NOON))

    (older,) = await change(
        clinic, booked(day=date(2027, 3, 2), last_updated=MONDAY_NOON - timedelta(seconds=1))
    )
    (staffs_own,) = await change(clinic, booked(day=date(2027, 3, 3)))

    assert (older.change, staffs_own.change) == (Change.OUTDATED, Change.MOVED)


async def test_a_clock_that_is_far_ahead_keeps_no_cancellation_out(clinic: Clinic) -> None:
    await standing(clinic)
    ahead = clinic.clock.now() + timedelta(days=2)

    (refused,) = await change(clinic, booked(last_updated=ahead))
    await change(clinic, booked(last_updated=clinic.clock.now()))
    (last,) = await change(clinic, replace(cancelled(), stamp=VisitStamp(last_updated=ahead)))
    (gone,) = await change(clinic, cancelled())

    assert refused.reason == last.reason == "Bokningens ändringstid ligger i framtiden."
    assert gone.change is Change.CANCELLED
    assert moments(clinic) == []


async def test_another_person_with_the_same_reference_is_refused(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA))

    (result,) = await change(clinic, booked("b1", BO))

    assert result.change is Change.REFUSED
    assert "en annan person" in result.reason
    assert len(dispatches(clinic)) == 1


async def test_one_bad_row_refuses_itself_alone(clinic: Clinic) -> None:
    await standing(clinic)

    protected, good, nameless = await change(
        clinic, booked("b1", PROTECTED), booked("b2", BO), booked("", ANNA)
    )

    assert (protected.reason, good.change) == ("Skyddad identitet.", Change.NEW)
    assert nameless.reason == "Besökets referens saknas."
    assert moments(clinic) == [("2027-02-26 09:00", 1)]


async def test_a_reference_is_never_a_personnummer(clinic: Clinic) -> None:
    await standing(clinic)

    (result,) = await change(clinic, booked(ANNA.formatted, ANNA))

    assert result.refused


async def test_the_same_reference_at_another_unit_is_another_visit(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA))

    (result,) = await clinic.change_visits(
        [cancelled("b1")], actor=OTHER_STAFF, now=clinic.clock.now()
    )

    assert result.change is Change.UNKNOWN
    assert len(dispatches(clinic)) == 1


async def test_whose_visits_change_is_logged(clinic: Clinic, log: Log) -> None:
    await standing(clinic)

    await change(clinic, booked("b1", ANNA), booked("b1", ANNA, day=date(2027, 3, 2)))
    await change(clinic, cancelled("b1"))

    assert [entry for entry in log() if "besök " in entry] == [
        "Skriva: lagt till besök (person)",
        "Skriva: flyttat besök (person)",
        "Skriva: avbokat besök (person)",
    ]


async def test_what_would_happen_is_said_before_and_nothing_changes(clinic: Clinic) -> None:
    await standing(clinic, VISITS)
    await change(clinic, booked("b1", ANNA), booked("b2", BO))
    before = moments(clinic)

    foreseen = await clinic.change_visits.foresee(
        [
            booked("b1", ANNA),
            booked("b2", BO, day=date(2027, 3, 2)),
            booked("b3", CILLA, day=date(2027, 2, 10)),
        ],
        actor=STAFF,
        now=clinic.clock.now(),
    )

    assert [each.change for each in foreseen] == [Change.UNCHANGED, Change.MOVED, Change.NEW]
    assert [moment and f"{moment:%m-%d}" for moment in foreseen[2].foreseen] == [None, "02-07"]
    assert moments(clinic) == before


async def test_a_person_removed_from_the_occasion_by_staff_stays_removed(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked("b1", ANNA), booked("b2", BO))
    (dispatch,) = dispatches(clinic)
    clinic.remove(dispatch, ANNA)

    (moved,) = await change(clinic, booked("b1", ANNA, day=date(2027, 3, 2)))

    assert seen(moved) == ["Borttaget"]
    assert moments(clinic) == [("2027-02-26 09:00", 1)]


async def test_an_occasion_with_as_many_as_may_be_makes_room_by_another(clinic: Clinic) -> None:
    clinic.rules = replace(clinic.rules, max_recipients=2)
    await standing(clinic)

    await change(clinic, booked("b1", ANNA), booked("b2", BO), booked("b3", CILLA))

    assert sorted(moments(clinic)) == [("2027-02-26 09:00", 1), ("2027-02-26 09:00", 2)]


async def test_an_occasion_whose_visits_have_all_been_cancelled_ends_quietly(
    clinic: Clinic,
) -> None:
    await standing(clinic)
    await change(clinic, booked())
    (dispatch,) = dispatches(clinic)
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()

    await change(clinic, cancelled())
    await run.validate_recipients()
    clinic.clock.moment = dispatch.occasions[0].sends_at
    closed = run.close()

    assert closed.occasion.state == "done"
    assert clinic.mailer.sent == []
    assert [form.name for form in clinic.sent_to(ANNA)] == []


async def test_a_standing_dispatch_stays_though_nothing_is_planned(clinic: Clinic) -> None:
    started = await standing(clinic, ONE_OFFSET)
    await change(clinic, booked())
    (dispatch,) = dispatches(clinic)
    await clinic.run(dispatch.occasions[0])
    pass_days(clinic, 60)
    clinic.cleaned_up()

    (later,) = await change(clinic, booked("b9", BO, day=date(2027, 6, 1)))

    assert later.change is Change.NEW
    with clinic.store.transaction() as records:
        assert records.visits.standing(STAFF.unit_id, started.id).ongoing
        assert records.visits.find(STAFF.unit_id, "b1") is None
        assert [form.name for form in dispatch.forms][:1] == [PHQ.name]
