"""Nödbroms: nothing leaves while it is pulled; nothing is lost or sent twice when it goes on."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.access_log import is_whole
from tests.clinic import GAD, OTHER_UNIT, OWN, PHQ, STAFF, UNIT, Clinic, a_clinic
from tests.people import ANNA
from tests.use_cases.afternoons import ALL, EVERYONE, FORMS, ready_to_send
from tests.use_cases.clinic_days import Meanwhile, mails, pass_hours, reconciled, states
from utskick.domain.brakes import AlreadyReleased, Braked, BrakeScope
from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import NotFound, SpecRefused
from utskick.domain.occasions import Occasion, OccasionState
from utskick.domain.units import Actor, HsaId
from utskick.ports import PersonRecord
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.store import SqlStore
from utskick.use_cases.end_occasion import EndOccasion
from utskick.use_cases.notify_recipients import NotifyRecipients
from utskick.use_cases.pull_brake import Pulled, Released
from utskick.use_cases.send_missed_occasion import SendMissedOccasion

ADMINISTRATOR = Actor("SE2321000131-P000000000003", HsaId("SE2321000131-S000000000001"))
EVERYTHING = BrakeScope()
CAUSE = "Fel fråga i formuläret"


def pull(clinic: Clinic, scope: BrakeScope = EVERYTHING) -> Pulled:
    return clinic.pull_brake.pull(scope, CAUSE, actor=ADMINISTRATOR, now=clinic.clock.now())


def release(clinic: Clinic, pulled: Pulled) -> Released:
    return clinic.pull_brake.release(pulled.brake.id, actor=ADMINISTRATOR, now=clinic.clock.now())


def now_of(clinic: Clinic, dispatch: Dispatch) -> Occasion:
    return clinic.dispatch(dispatch).occasions[0]


async def braked_in_the_middle(store: SqlStore, sent: int) -> tuple[Clinic, Dispatch, Pulled]:
    """One call at a time; the brake is pulled in the middle of the last that is made."""
    clinic = a_clinic(store, forms_concurrency=1, lease_s=86_400, stop_heard_within_s=600)
    dispatch, run = await ready_to_send(
        clinic,
        recipients=[number.digits for number in EVERYONE],
        forms=[form.key for form in FORMS],
    )
    answers: list[Pulled] = []
    left: list[int] = []

    def pull_in_the_last() -> None:
        if len(clinic.forms.forms) + 1 == sent:
            left.append(len(clinic.inbox.messages))
            answers.append(pull(clinic))

    usual, clinic.forms.fails_before = clinic.forms.fails_before, Meanwhile(pull_in_the_last)
    async with run.held():
        await asyncio.gather(run.send_forms(), run.send_inbox_messages())
        run.close()
    clinic.forms.fails_before = usual
    assert left == [len(clinic.inbox.messages)], "left under a brake"
    return clinic, dispatch, answers[0]


async def test_nothing_is_sent_whose_moment_comes_under_a_brake(store: SqlStore) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start()).dispatch
    pull(clinic)

    claimed = await clinic.run(dispatch.occasions[0])
    pass_hours(clinic, 0.5)
    await reconciled(clinic)

    assert claimed is ClaimResult.BRAKED
    assert clinic.forms.forms == []
    assert now_of(clinic, dispatch).state is OccasionState.MISSED
    (mail,) = mails(clinic)
    assert mail.subject.startswith("Nödbromsen är dragen")
    assert "Inget formulär skickades" in mail.body
    assert CAUSE not in mail.body


async def test_what_has_passed_waits_for_staff_and_is_sent_once_when_they_say_so(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start()).dispatch
    pulled = pull(clinic)
    pass_hours(clinic, 1.5)

    released = release(clinic, pulled)
    await reconciled(clinic)

    assert released.passed == 1
    occasion = now_of(clinic, dispatch)
    assert occasion.state is OccasionState.MISSED
    assert occasion.brake_id == pulled.brake.id
    assert clinic.forms.forms == []
    clinic.by_hand(SendMissedOccasion, occasion)
    await clinic.run(now_of(clinic, dispatch))
    assert states(clinic, dispatch) == {DeliveryState.SENT: 8}
    assert len(clinic.forms.forms) == 8


async def test_what_is_still_to_come_is_sent_on_time_after_the_release(store: SqlStore) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start()).dispatch
    pulled = pull(clinic)
    assert await clinic.run(dispatch.occasions[0]) is ClaimResult.BRAKED

    released = release(clinic, pulled)
    clinic.clock.advance(15)
    clinic.scheduler.pass_time(now=clinic.clock.now())
    mended = await reconciled(clinic)
    closed = await clinic.run(dispatch.occasions[0])

    assert (released.passed, released.hit.total) == (0, 1)
    assert mended.started == 1
    assert isinstance(closed, Closed)
    assert closed.complete
    assert not closed.occasion.late


@pytest.mark.parametrize("sent", [1, ALL // 2, ALL - 1])
async def test_a_send_ends_in_the_middle_and_staff_say_what_becomes_of_the_rest(
    store: SqlStore, sent: int
) -> None:
    clinic, dispatch, pulled = await braked_in_the_middle(store, sent)

    occasion = now_of(clinic, dispatch)
    assert occasion.state is OccasionState.STOPPED
    assert states(clinic, dispatch)[DeliveryState.SENT] == sent

    release(clinic, pulled)
    await reconciled(clinic)
    assert len(clinic.forms.forms) == sent, "sent by itself after the release"
    clinic.by_hand(SendMissedOccasion, now_of(clinic, dispatch))
    await clinic.run(now_of(clinic, dispatch))
    assert states(clinic, dispatch) == {DeliveryState.SENT: ALL}
    assert len(clinic.forms.forms) == ALL
    assert len(clinic.inbox.messages) == len(EVERYONE)


async def test_those_who_have_got_all_can_be_notified_when_it_is_released(store: SqlStore) -> None:
    clinic, dispatch, pulled = await braked_in_the_middle(store, 3)
    with pytest.raises(Braked):
        clinic.by_hand(NotifyRecipients, now_of(clinic, dispatch))

    release(clinic, pulled)
    clinic.by_hand(NotifyRecipients, now_of(clinic, dispatch))
    await clinic.run(now_of(clinic, dispatch))

    assert len(clinic.inbox.messages) == 2


async def test_messages_that_an_end_has_promised_are_held_and_left_after_the_release(
    store: SqlStore,
) -> None:
    clinic, dispatch, pulled = await braked_in_the_middle(store, 3)
    left = len(clinic.inbox.messages)
    clinic.by_hand(EndOccasion, now_of(clinic, dispatch))
    assert await clinic.run(now_of(clinic, dispatch)) is ClaimResult.BRAKED
    pass_hours(clinic, 30)
    await reconciled(clinic)
    assert len(clinic.inbox.messages) == left

    released = release(clinic, pulled)
    await clinic.run(now_of(clinic, dispatch))

    assert released.hit.goes_on == 1
    assert len(clinic.inbox.messages) == 2
    assert now_of(clinic, dispatch).state is OccasionState.ENDED
    assert len(clinic.forms.forms) == 3


async def test_a_run_that_died_under_a_brake_leaves_nothing_to_go_on_by_itself(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch, dead = await ready_to_send(clinic)
    pulled = pull(clinic)
    with store.transaction() as records:
        records.occasions.renew({dead.token: dead.occasion_id}, lease_s=-1)

    await reconciled(clinic)
    release(clinic, pulled)
    mended = await reconciled(clinic)

    assert now_of(clinic, dispatch).state is OccasionState.MISSED
    assert (mended.resumed, mended.started) == (0, 0)
    assert clinic.forms.forms == []


async def test_whoever_becomes_protected_while_a_run_waits_under_a_brake_gets_nothing(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start()).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    await run.check_templates()
    await run.validate_recipients()
    run.render_message()
    pulled = pull(clinic)
    await run.check_again()
    clinic.persons.records[ANNA] = PersonRecord(protected=True)

    release(clinic, pulled)
    await run.wait_until_due()
    await run.send_forms()

    assert states(clinic, dispatch) == {DeliveryState.SENT: 4, DeliveryState.REFUSED: 4}
    assert clinic.sent_to(ANNA) == []


async def test_what_two_brakes_hold_goes_on_when_both_are_released(store: SqlStore) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    one = pull(clinic, BrakeScope(unit_id=UNIT.id))
    other = pull(clinic, BrakeScope(template_id=PHQ.id))

    release(clinic, one)
    assert await clinic.run(dispatch.occasions[0]) is ClaimResult.BRAKED
    release(clinic, other)

    assert isinstance(await clinic.run(dispatch.occasions[0]), Closed)


@pytest.mark.parametrize(
    "scope", [BrakeScope(unit_id=OTHER_UNIT.id), BrakeScope(template_id=OWN.id)]
)
async def test_a_brake_on_something_else_holds_nothing(store: SqlStore, scope: BrakeScope) -> None:
    clinic = a_clinic(store)
    pull(clinic, scope)

    dispatch = (await clinic.start(forms=[PHQ.key, GAD.key])).dispatch
    closed = await clinic.run(dispatch.occasions[0])

    assert isinstance(closed, Closed)
    assert closed.complete


@pytest.mark.parametrize(
    "scope", [EVERYTHING, BrakeScope(unit_id=UNIT.id), BrakeScope(template_id=PHQ.id)]
)
async def test_whatever_staff_want_to_send_is_refused_in_words(
    store: SqlStore, scope: BrakeScope
) -> None:
    clinic = a_clinic(store)
    sent = (await clinic.send()).dispatch
    await clinic.run(sent.occasions[0])
    stopped = (await clinic.start(forms=[PHQ.key])).dispatch
    clinic.stop(stopped)
    (form, _other) = await clinic.followed_up()
    link = clinic.form_link(PHQ.key, unit_id=UNIT.id)
    left = len(clinic.inbox.messages)

    pull(clinic, scope)

    with pytest.raises(Braked, match="holds it"):
        await clinic.start(forms=[PHQ.key])
    with pytest.raises(Braked):
        await clinic.send()
    with pytest.raises(Braked):
        clinic.restart(stopped)
    with pytest.raises(Braked):
        await clinic.send_reminder(form.delivery_id, actor=STAFF)
    with pytest.raises(Braked):
        clinic.send_sms(
            "0701740635", f"Hej! {link}", sms_id=uuid4(), actor=STAFF, now=clinic.clock.now()
        )
    assert len(clinic.inbox.messages) == left
    assert clinic.sms.sent == []


async def test_what_is_hit_is_listed_before_it_is_pulled(store: SqlStore) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start(package="veckovis", start={"date": "2027-02-08"})).dispatch
    await clinic.start(forms=[GAD.key])

    hit = clinic.pull_brake.would_hit(BrakeScope(template_id=PHQ.id))

    assert hit.target == "formuläret PHQ-9"
    (only,) = hit.dispatches
    assert only.dispatch.id == dispatch.id
    assert (only.recipients, only.sent, hit.total, hit.more) == (2, 0, 1, 0)
    assert only.next_one is not None
    assert only.next_one.id == dispatch.occasions[0].id


def test_a_brake_is_on_something_that_is_there_and_has_a_cause(store: SqlStore) -> None:
    clinic = a_clinic(store)
    nowhere = BrakeScope(unit_id=HsaId("SE2321000131-E000000009999"))

    with pytest.raises(NotFound):
        pull(clinic, nowhere)
    with pytest.raises(SpecRefused):
        clinic.pull_brake.pull(EVERYTHING, "  ", actor=ADMINISTRATOR, now=clinic.clock.now())

    assert clinic.pull_brake.list_brakes().pulled == []


def test_pulling_and_releasing_stand_in_the_list_of_changes(store: SqlStore) -> None:
    clinic = a_clinic(store)
    pulled = pull(clinic, BrakeScope(unit_id=UNIT.id))
    release(clinic, pulled)

    released, was_pulled = clinic.list_changes(actor=ADMINISTRATOR)

    assert was_pulled.act == f"dragit nödbromsen för enheten {UNIT.name}: {CAUSE}"
    assert released.act == f"släppt nödbromsen för enheten {UNIT.name}"
    assert {released.actor, was_pulled.actor} == {ADMINISTRATOR.name}
    assert is_whole(store, ADMINISTRATOR.unit_id)


def test_a_brake_is_released_once(store: SqlStore) -> None:
    clinic = a_clinic(store)
    pulled = pull(clinic)
    release(clinic, pulled)

    with pytest.raises(AlreadyReleased):
        release(clinic, pulled)

    register = clinic.pull_brake.list_brakes()
    assert register.pulled == []
    ((brake, target),) = register.released
    assert (brake.released_by, target) == (ADMINISTRATOR.name, "alla utskick")


async def test_what_a_brake_has_kept_stays_listed_until_staff_have_had_their_seven_days(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store)
    dispatch = (await clinic.start()).dispatch
    pulled = pull(clinic)
    pass_hours(clinic, 1.5)
    await reconciled(clinic)
    assert clinic.dispatch(dispatch).status is DispatchStatus.COMPLETED

    clinic.clock.moment += timedelta(days=10)
    assert clinic.cleaned_up() == 0
    release(clinic, pulled)
    clinic.clock.moment += timedelta(days=6)
    assert clinic.cleaned_up() == 0
    clinic.clock.moment += timedelta(days=1)

    assert clinic.cleaned_up() == 1
