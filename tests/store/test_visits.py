"""Where visits' moments are planned, and what a change of a visit is conditional on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest

from tests.clinic import OTHER_UNIT, PHQ, STAFF, UNIT
from tests.people import ANNA, BO, CILLA
from tests.store.ledger import LEASE_S, NOW, a_dispatch, an_occasion
from utskick.domain.deliveries import DeliveryState, FormId, Outcome
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchKind,
    DispatchStatus,
    Recipient,
    RecipientId,
    StandingId,
)
from utskick.domain.errors import NotFound
from utskick.domain.occasions import RunToken
from utskick.domain.personnummer import Personnummer
from utskick.domain.visit_messages import VisitStamp
from utskick.domain.visit_offsets import LateVisits, VisitOffset
from utskick.domain.visits import SendState, StandingDispatch, Visit, VisitId, VisitSend
from utskick.records import DeliveryClaim, VisitQuery
from utskick.store import SqlStore

OFFSET = VisitOffset(3, time(9))
SENDS_AT = NOW + timedelta(days=1)
STANDING = StandingDispatch(
    id=StandingId(uuid4()),
    unit_id=UNIT.id,
    name="Före besök",
    title="Inför ditt besök",
    forms=(DispatchedForm(PHQ.id, PHQ.name, PHQ.resident_name),),
    offsets=(VisitOffset(14, time(9)), OFFSET),
    late=LateVisits.NOW,
    error_addresses=("formularhantering@vgregion.se",),
    creates_inbox_message=True,
    inbox_message="Hej!",
    form_banner="",
    package_key="fore-besok",
    package_version=1,
    created_by=STAFF.name,
    created_at=NOW,
)


def a_visit(number: Personnummer = ANNA, reference: str = "b1") -> Visit:
    return Visit(
        id=VisitId(uuid4()),
        standing_id=STANDING.id,
        unit_id=UNIT.id,
        reference=reference,
        personnummer=number,
        day=date(2027, 2, 5),
        at=time(10),
        starts_at=NOW + timedelta(days=4),
        place="Rum 3",
        name="Anna Andersson",
    )


def a_recipient(number: Personnummer = ANNA) -> Recipient:
    return Recipient(id=RecipientId(uuid4()), personnummer=number, notified_by=None)


@dataclass(frozen=True, slots=True)
class Place:
    """A visit planned in the dispatch of a moment, with the run that may have its occasion."""

    store: SqlStore
    visit: Visit
    send: VisitSend
    dispatch: Dispatch
    token: RunToken

    def withdrawn(self) -> bool:
        with self.store.transaction() as records:
            records.visit_places.lock([self.dispatch.id])
            return records.visit_places.withdraw(self.visit.id, self.send, by="staff", now=NOW)

    def joined(self, recipient: Recipient, *, at_most: int = 250) -> bool:
        with self.store.transaction() as records:
            held = records.visit_places.lock([self.dispatch.id])[self.dispatch.id]
            return records.visit_places.join(held, recipient, at_most=at_most)

    def dropped(self) -> bool:
        with self.store.transaction() as records:
            held = records.visit_places.lock([self.dispatch.id])[self.dispatch.id]
            return records.visit_places.drop_if_empty(held)

    def take(self) -> None:
        with self.store.transaction() as records:
            assert records.occasions.claim(
                self.dispatch.occasions[0].id, token=self.token, lease_s=LEASE_S
            )

    def plan(self) -> None:
        recipient_id = self.send.recipient_id
        assert recipient_id is not None
        with self.store.transaction() as records:
            records.deliveries.plan(
                self.dispatch.occasions[0].id,
                recipients={recipient_id},
                refused={},
                answer_by=date(2028, 2, 1),
                purge_after=date(2028, 3, 1),
            )

    def claim(self) -> Sequence[Outcome]:
        claim = DeliveryClaim(
            occasion_id=self.dispatch.occasions[0].id, token=self.token, limit=10
        )
        with self.store.transaction() as records:
            claimed = records.deliveries.claim([claim], lease_s=LEASE_S)
        return [
            Outcome(id=each.id, attempt=each.attempt, state=DeliveryState.PLANNED)
            for each in claimed
        ]

    def record(self, outcomes: Sequence[Outcome], state: DeliveryState) -> None:
        form_id = FormId("a form") if state is DeliveryState.SENT else None
        with self.store.transaction() as records:
            records.deliveries.record(
                [replace(each, state=state, form_id=form_id) for each in outcomes]
            )

    def appearance(self) -> str:
        with self.store.transaction() as records:
            (shown,) = records.visits.shown(self.visit).sends
        return shown.appearance.value


@pytest.fixture
def place(store: SqlStore) -> Place:
    visit, recipient = a_visit(), a_recipient()
    dispatch = a_dispatch(
        kind=DispatchKind.VISIT,
        standing_id=STANDING.id,
        occasions=(an_occasion(sends_at=SENDS_AT),),
    )
    send = VisitSend(
        offset=OFFSET,
        state=SendState.PLANNED,
        sends_at=SENDS_AT,
        dispatch_id=dispatch.id,
        occasion_id=dispatch.occasions[0].id,
        recipient_id=recipient.id,
    )
    with store.transaction() as records:
        records.visits.add_standing(STANDING)
        records.visits.save(visit)
        records.dispatches.add(dispatch, [recipient], submission_key=str(dispatch.id))
        records.visits.save_send(visit.id, send)
    return Place(store, visit, send, dispatch, RunToken(uuid4()))


def test_what_is_kept_comes_back_equal(place: Place) -> None:
    with place.store.transaction() as records:
        assert records.visits.standing(UNIT.id, STANDING.id) == STANDING
        assert records.visits.find(UNIT.id, "b1") == place.visit
        assert records.visits.get_for(UNIT.id, place.visit.id) == place.visit
        assert records.visits.sends(place.visit.id) == [place.send]
        assert records.dispatches.get(place.dispatch.id).standing_id == STANDING.id


def test_another_unit_sees_none_of_it(place: Place) -> None:
    with place.store.transaction() as records:
        assert records.visits.find(OTHER_UNIT.id, "b1") is None
        assert records.visits.standings(OTHER_UNIT.id) == []
        with pytest.raises(NotFound):
            records.visits.standing(OTHER_UNIT.id, STANDING.id)
        with pytest.raises(NotFound):
            records.visits.get_for(OTHER_UNIT.id, place.visit.id)


def test_a_stamp_is_kept_of_a_visit_that_nobody_knows(store: SqlStore) -> None:
    stamp = VisitStamp(sequence=2**40, last_updated=NOW)

    with store.transaction() as records:
        records.visits.note_stamp(UNIT.id, "b9", stamp, now=NOW)

    with store.transaction() as records:
        assert records.visits.stamp(UNIT.id, "b9") == stamp
        assert records.visits.stamp(OTHER_UNIT.id, "b9") == VisitStamp()


def test_what_nothing_is_planned_of_leaves_no_trace(place: Place) -> None:
    assert place.withdrawn()

    with place.store.transaction() as records:
        assert records.dispatches.recipients(place.dispatch.id) == []
    assert place.dropped()


def test_what_is_planned_is_taken_back_for_good(place: Place) -> None:
    place.take()
    place.plan()

    assert place.withdrawn()

    assert place.claim() == []
    assert not place.dropped()


@pytest.mark.parametrize(
    "state", [DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.MANUAL]
)
def test_what_has_been_begun_is_not_taken_back(place: Place, state: DeliveryState) -> None:
    place.take()
    place.plan()
    begun = place.claim()
    assert (place.withdrawn(), place.appearance()) == (False, "Skickas")

    place.record(begun, state)

    assert not place.withdrawn()


@pytest.mark.parametrize("state", [DeliveryState.REFUSED, DeliveryState.PLANNED])
def test_what_was_not_sent_after_all_is_taken_back(place: Place, state: DeliveryState) -> None:
    place.take()
    place.plan()
    place.record(place.claim(), state)

    assert place.withdrawn()


def test_nobody_joins_what_a_run_has_taken(place: Place) -> None:
    assert place.joined(a_recipient(BO))
    place.take()

    assert not place.joined(a_recipient(CILLA))


def test_nobody_joins_what_was_stopped(place: Place) -> None:
    with place.store.transaction() as records:
        records.dispatches.set_status(place.dispatch.id, DispatchStatus.STOPPED, ended_at=NOW)

    assert not place.joined(a_recipient(BO))


def test_no_more_join_than_may(place: Place) -> None:
    assert not place.joined(a_recipient(BO), at_most=1)


def test_whoever_joins_makes_the_run_start_earlier_and_be_registered_anew(place: Place) -> None:
    occasion_id = place.dispatch.occasions[0].id
    with place.store.transaction() as records:
        before = records.dispatches.get(place.dispatch.id).occasions[0].questions_due
        records.occasions.note_registered(occasion_id, version=1)

    place.joined(a_recipient(BO))

    with place.store.transaction() as records:
        after = records.dispatches.get(place.dispatch.id).occasions[0].questions_due
        unregistered = records.occasions.unregistered(before=SENDS_AT, limit=10)
    assert (after, [each.id for each in unregistered]) == (before + 1, [occasion_id])


def test_somebody_s_other_visit_keeps_them_on_the_list(place: Place) -> None:
    other = a_visit(reference="b2")
    with place.store.transaction() as records:
        records.visits.save(other)
        records.visits.save_send(other.id, place.send)

    assert place.withdrawn()

    with place.store.transaction() as records:
        assert len(records.dispatches.recipients(place.dispatch.id)) == 1


def test_an_occasion_that_a_run_has_is_not_dropped(place: Place) -> None:
    place.take()
    place.withdrawn()

    assert not place.dropped()


def test_visits_are_found_by_day_person_and_words(place: Place) -> None:
    def found(**query: object) -> list[str]:
        with place.store.transaction() as records:
            listed, total = records.visits.page(UNIT.id, VisitQuery(**query))  # type: ignore[arg-type]  # each test names its own
        assert total == len(listed)
        return [each.visit.reference for each in listed]

    assert found() == found(number=ANNA) == found(text="RUM 3") == found(text="B1") == ["b1"]
    assert found(from_day=date(2027, 2, 5), to_day=date(2027, 2, 5)) == ["b1"]
    assert found(from_day=date(2027, 2, 6)) == found(to_day=date(2027, 2, 4)) == []
    assert found(number=BO) == []


def test_visits_are_deleted_when_they_have_been_and_stamps_much_later(place: Place) -> None:
    with place.store.transaction() as records:
        records.visits.note_stamp(UNIT.id, "b1", VisitStamp(sequence=1), now=NOW)

        assert records.visits.delete_before(place.visit.starts_at) == 1

        assert records.visits.find(UNIT.id, "b1") is None
        assert records.visits.stamp(UNIT.id, "b1").sequence == 1
        records.visits.delete_before(datetime(2029, 1, 1, tzinfo=NOW.tzinfo))
        assert records.visits.stamp(UNIT.id, "b1").sequence is None


def test_the_name_of_whoever_has_a_visit_is_kept(place: Place) -> None:
    place.withdrawn()

    with place.store.transaction() as records:
        records.expired.delete_persons(after=None, limit=100)
        found = records.visits.find(UNIT.id, "b1")

    assert found is not None
    assert found.name == "Anna Andersson"
