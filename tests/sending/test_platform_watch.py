"""The service platform refuses our calls: nobody is refused, and operators hear of it once."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from tests.clinic import PHQ, UNIT, Clinic, a_clinic
from tests.people import ANNA
from tests.use_cases.clinic_days import mails, run_to_its_end, states
from utskick.domain.deliveries import ClaimedDelivery, DeliveryId, DeliveryState
from utskick.domain.dispatches import PersonId
from utskick.domain.occasions import OccasionId, OccasionState
from utskick.domain.packages import FORMS_DESK
from utskick.domain.platform_refusals import SAME_OUTAGE
from utskick.ports import (
    FormService,
    InboxMessage,
    PermanentFailure,
    PlatformRefusal,
    RefusedFurtherOn,
    TemporaryFailure,
    UnknownOutcome,
)
from utskick.sending.call_form_service import call_form_service
from utskick.sending.circuit_breaker import CircuitBreaker
from utskick.sending.platform_watch import PlatformWatch
from utskick.sending.watched_neighbours import WatchedFormService, WatchedInbox, WatchedPersons
from utskick.store import SqlStore

NO_AGREEMENT = PlatformRefusal("VP007", contract="GetFormTemplates")
ILL = PlatformRefusal("VP008", contract="GetFormTemplates")


def watched(clinic: Clinic) -> FormService:
    """As one process has it."""
    watch = PlatformWatch(store=clinic.store, clock=clinic.clock, rules=clinic.rules)
    return WatchedFormService(clinic.forms, watch)


async def ask(clinic: Clinic, forms: FormService, *, refused: Exception | None = None) -> None:
    """One call, a minute after the one before."""
    clinic.clock.advance(60)
    if refused is None:
        await forms.form_templates(UNIT.id)
        return
    clinic.forms.fails_reading.append(refused)
    with pytest.raises(type(refused)):
        await forms.form_templates(UNIT.id)


async def find(forms: FormService) -> None:
    await forms.find_forms(unit_id=UNIT.id, personnummer=ANNA, template_ids=[PHQ.id])


def refused_now(clinic: Clinic) -> list[tuple[str, str]]:
    return [(outage.code, outage.contract) for outage in clinic.list_outages()]


async def test_operators_get_one_mail_with_whom_to_call(clinic: Clinic) -> None:
    forms, another_process = watched(clinic), watched(clinic)

    for _ in range(3):
        await ask(clinic, forms, refused=NO_AGREEMENT)
        await ask(clinic, another_process, refused=NO_AGREEMENT)

    (mail,) = mails(clinic)
    assert mail.to == (FORMS_DESK,)
    assert mail.subject == (
        "Tjänsteplattformen släpper inte fram GetFormTemplates till 1177 (VP007)"
    )
    assert "Utskick saknar behörighet (samverkan) till tjänsten." in mail.body
    assert "beställ samverkan för vårt HSA-id" in mail.body
    assert refused_now(clinic) == [("VP007", "GetFormTemplates")]


async def test_it_is_over_when_a_call_is_let_through_whichever_process_makes_it(
    clinic: Clinic,
) -> None:
    forms, another_process = watched(clinic), watched(clinic)
    await ask(clinic, forms, refused=NO_AGREEMENT)

    await ask(clinic, another_process)

    assert refused_now(clinic) == []


async def test_another_contracts_success_does_not_end_it(clinic: Clinic) -> None:
    forms = watched(clinic)
    await ask(clinic, forms, refused=NO_AGREEMENT)

    await find(forms)

    assert refused_now(clinic) == [("VP007", "GetFormTemplates")]


async def test_what_is_about_all_calls_is_one_outage_until_each_is_let_through(
    clinic: Clinic,
) -> None:
    forms = watched(clinic)
    clinic.forms.fails_reading.append(ILL)
    with pytest.raises(PlatformRefusal):
        await find(forms)
    await ask(clinic, forms, refused=ILL)
    during, mailed = refused_now(clinic), len(mails(clinic))

    await find(forms)
    still = refused_now(clinic)
    await ask(clinic, forms)

    assert (during, mailed) == ([("VP008", "")], 1)
    assert still == during
    assert refused_now(clinic) == []


async def test_one_that_comes_and_goes_is_mailed_once(clinic: Clinic) -> None:
    forms = watched(clinic)

    for _ in range(3):
        await ask(clinic, forms, refused=ILL)
        await ask(clinic, forms)

    assert len(mails(clinic)) == 1


async def test_a_new_one_much_later_is_mailed_anew(clinic: Clinic) -> None:
    forms = watched(clinic)
    await ask(clinic, forms, refused=ILL)
    await ask(clinic, forms)

    clinic.clock.advance((SAME_OUTAGE + timedelta(minutes=1)).total_seconds())
    await ask(clinic, forms, refused=ILL)

    assert len(mails(clinic)) == 2


@pytest.mark.parametrize("failure", [TemporaryFailure("away"), PermanentFailure("no such form")])
async def test_no_other_failure_is_the_platforms_refusal(
    clinic: Clinic, failure: Exception
) -> None:
    await ask(clinic, watched(clinic), refused=failure)

    assert refused_now(clinic) == []
    assert mails(clinic) == []


async def test_the_inbox_and_the_register_are_watched_alike(clinic: Clinic) -> None:
    watch = PlatformWatch(store=clinic.store, clock=clinic.clock, rules=clinic.rules)
    inbox, persons = WatchedInbox(clinic.inbox, watch), WatchedPersons(clinic.persons, watch)
    for failures in (
        clinic.inbox.fails_reading,
        clinic.inbox.fails_before,
        clinic.persons.fails_reading,
    ):
        failures.append(NO_AGREEMENT)
    message = InboxMessage(unit_id=UNIT.id, unit_name=UNIT.name, heading="Hej", text="Svara")

    with pytest.raises(PlatformRefusal):
        await inbox.user(ANNA)
    with pytest.raises(PlatformRefusal):
        await inbox.add_message(ANNA, message)
    with pytest.raises(PlatformRefusal):
        await persons.look_up([ANNA])

    assert {contract for _, contract in refused_now(clinic)} == {
        "IsActiveUser",
        "AddMessageToPatientPortalInbox",
        "GetPersonsForProfile",
    }


async def test_operators_hear_of_what_a_platform_further_on_refuses(clinic: Clinic) -> None:
    """The call may have been carried out; the agreement is missing all the same."""
    watch = PlatformWatch(store=clinic.store, clock=clinic.clock, rules=clinic.rules)
    inbox = WatchedInbox(clinic.inbox, watch)
    contract = "AddMessageToPatientPortalInbox"
    clinic.inbox.fails_before.append(RefusedFurtherOn("VP007", contract=contract))
    message = InboxMessage(unit_id=UNIT.id, unit_name=UNIT.name, heading="Hej", text="Svara")

    with pytest.raises(UnknownOutcome):
        await inbox.add_message(ANNA, message)

    assert refused_now(clinic) == [("VP007", contract)]
    (mail,) = mails(clinic)
    assert "Inkorgsmeddelanden som inte fått ett tydligt svar är därför osäkra" in mail.body
    assert f"osäkra efter {clinic.rules.most_unclear_calls} anrop" in mail.body
    assert "Blir något osäkert, eller hinner det inte skickas i tid, får ni" in mail.body


async def test_what_a_platform_further_on_refuses_keeps_the_other_calls_back(
    clinic: Clinic,
) -> None:
    """Each of them would be as unclear, and in the end staff's to look at."""
    circuit_breaker = CircuitBreaker(clinic.rules)
    clinic.forms.fails_before.append(RefusedFurtherOn("VP007", contract="CreateFormRequest"))
    delivery = ClaimedDelivery(
        id=DeliveryId(uuid4()),
        occasion_id=OccasionId(uuid4()),
        attempt=1,
        unit_id=UNIT.id,
        person_id=PersonId(uuid4()),
        personnummer=ANNA,
        template_id=PHQ.id,
        banner="",
        answer_by=date(2027, 3, 1),
        purge_after=date(2027, 4, 1),
    )

    outcome = await call_form_service(
        delivery,
        forms=clinic.forms,
        circuit_breaker=circuit_breaker,
        clock=clinic.clock,
        rules=clinic.rules,
        may_leave=lambda: True,
    )

    assert outcome.state is DeliveryState.UNKNOWN
    assert circuit_breaker.wait_s(at=clinic.clock.monotonic()) > 0


async def test_a_call_fares_no_worse_because_its_refusal_cannot_be_noted(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(SqlStore, "transaction", broken)

    await ask(clinic, watched(clinic), refused=NO_AGREEMENT)
    await ask(clinic, watched(clinic))


async def test_what_the_platform_refused_is_sent_when_it_is_let_through(clinic: Clinic) -> None:
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    clinic.forms.fails_before.extend([PlatformRefusal("VP007", contract="x")] * 4)

    closed = await run_to_its_end(clinic, dispatch.occasions[0])

    assert closed.complete
    assert states(clinic, dispatch) == {DeliveryState.SENT: 2}
    assert len(clinic.forms.forms) == 2


async def test_if_it_never_is_the_occasion_is_missed_and_no_person_is_refused(
    store: SqlStore,
) -> None:
    clinic = a_clinic(store, grace=timedelta(seconds=5))
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    refusals = clinic.forms.fails_before
    refusals.extend([PlatformRefusal("VP004", contract="x")] * 1000)
    run = clinic.run_of(dispatch.occasions[0])

    await run.run()

    (occasion,) = clinic.dispatch(dispatch).occasions
    assert occasion.state is OccasionState.MISSED
    assert states(clinic, dispatch) == {DeliveryState.PLANNED: 2}
