"""Starta paketutskick: everything is checked before anything is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clinic import (
    FOREIGN,
    GAD,
    OTHER_STAFF,
    OTHER_UNIT,
    PACKAGE,
    PHQ,
    SHARED,
    UNIT,
    UNSUBSCRIBED,
    WEEKLY,
    Clinic,
)
from tests.people import (
    ANNA,
    BO,
    CILLA,
    DECEASED,
    EMIGRATED,
    PROTECTED,
    STRANGER,
    UNNOTIFIED,
    WITHOUT_ACCOUNT,
)
from tests.use_cases.clinic_days import AWAY, mails, reconciled
from tests.use_cases.conftest import Log
from utskick.domain.dispatches import RecipientState
from utskick.domain.errors import SpecRefused, StartBlocked
from utskick.domain.packages import FORMS_DESK
from utskick.domain.personnummer import Personnummer
from utskick.use_cases.start_dispatch import Started


def nothing_has_happened(clinic: Clinic) -> bool:
    with clinic.store.transaction() as records:
        stored = records.dispatches.list_for(UNIT.id)
    neighbours = clinic.scheduler.plans, clinic.forms.forms, clinic.inbox.messages
    return not any((stored, *neighbours))


async def refused(clinic: Clinic, **changes: Any) -> list[str]:
    """What staff are told, sentence by sentence."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(**changes)
    assert nothing_has_happened(clinic)
    assert ANNA.digits not in str(caught.value)
    return [str(problem) for problem in caught.value.problems]


def recipients(started: Started, clinic: Clinic) -> dict[Personnummer, RecipientState]:
    with clinic.store.transaction() as records:
        return {
            r.personnummer: r.state for r in records.dispatches.recipients(started.dispatch.id)
        }


async def test_a_started_dispatch_is_saved_and_registered(clinic: Clinic) -> None:
    started = await clinic.start()

    (plan,) = clinic.scheduler.plans
    assert started.registered
    assert clinic.dispatch(started.dispatch) == started.dispatch
    assert plan.dispatch_id == started.dispatch.id
    assert plan.starts_at == clinic.clock.now() + timedelta(hours=1) - clinic.rules.lead
    assert clinic.forms.forms == []


async def test_what_staff_left_out_is_the_packages(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    assert (dispatch.name, dispatch.title) == (PACKAGE.name, PACKAGE.resident_title)
    assert [form.form_id for form in dispatch.forms] == list(PACKAGE.form_ids)
    assert dispatch.inbox_message == PACKAGE.inbox_message
    assert (dispatch.package_key, dispatch.package_version) == (PACKAGE.key, 1)


async def test_what_staff_wrote_comes_before_the_packages(clinic: Clinic) -> None:
    dispatch = (
        await clinic.start(
            title="Före provtagning",
            inbox_message="Hej från {{ enhet }}!",
            form_banner="Fråga gärna.",
            forms=[GAD.key, PHQ.name],
            answer_by="2028-01-01",
            purge_after="2028-02-01",
        )
    ).dispatch

    assert dispatch.title == "Före provtagning"
    assert dispatch.inbox_message == "Hej från {{ enhet }}!"
    assert dispatch.form_banner == "Fråga gärna."
    assert [form.name for form in dispatch.forms] == [GAD.name, PHQ.name]
    assert (str(dispatch.answer_by), str(dispatch.purge_after)) == ("2028-01-01", "2028-02-01")


async def test_the_forms_desk_is_always_told_of_errors(clinic: Clinic) -> None:
    dispatch = (await clinic.start(error_addresses=["chef@vgregion.se", FORMS_DESK])).dispatch

    assert dispatch.error_addresses == (FORMS_DESK, "chef@vgregion.se")


async def test_the_occasions_follow_the_packages_weekday_time_and_interval(
    clinic: Clinic,
) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch

    assert [f"{occasion.local:%Y-%m-%d %H:%M}" for occasion in dispatch.occasions] == [
        "2027-02-08 08:00",
        "2027-02-15 08:00",
        "2027-02-22 08:00",
    ]
    assert len(clinic.scheduler.plans) == 3


async def test_occasions_can_be_given_one_by_one_in_any_order(clinic: Clinic) -> None:
    later, sooner = ({"date": f"2027-03-{day}", "time": "09:00"} for day in (20, 10))

    dispatch = (await clinic.start(start=None, occasions=[later, sooner])).dispatch

    assert [(o.number, o.local_date.day) for o in dispatch.occasions] == [(1, 10), (2, 20)]


async def test_local_time_stays_when_summer_time_begins(clinic: Clinic) -> None:
    start = {"date": "2027-03-22", "time": "08:00"}

    dispatch = (await clinic.start(package=WEEKLY.key, start=start)).dispatch

    assert [f"{o.local:%H:%M}" for o in dispatch.occasions] == ["08:00"] * 3
    assert [o.sends_at.hour for o in dispatch.occasions] == [7, 6, 6]


async def test_of_an_hour_that_comes_twice_the_first_is_meant(clinic: Clinic) -> None:
    start = {"date": "2027-10-31", "time": "02:30"}

    dispatch = (await clinic.start(start=start)).dispatch

    assert dispatch.occasions[0].sends_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


_BAD = [
    pytest.param(
        {"recipients": [ANNA.digits, "199308282385"]},
        "recipients, rad 2 (1993••••-••••): Kontrollsiffran stämmer inte."
        " Kontrollera om någon siffra blivit fel.",
        id="a wrong personnummer",
    ),
    pytest.param(
        {"forms": [PHQ.key, "finns-inte"]},
        "forms, rad 2: formuläret finns inte. Kontrollera namnet mot listan över formulär.",
        id="an unknown form",
    ),
    pytest.param(
        {"start": {"date": "2027-01-31", "time": "08:00"}},
        "2027-01-31 08:00: tillfället har passerat. Välj en tid framåt.",
        id="a moment that has passed",
    ),
    pytest.param(
        {"start": {"date": "2027-02-02", "time": "25:00"}},
        "start: Klockslaget går inte att tolka. Ange det som HH:MM, till exempel 08:00.",
        id="an impossible time",
    ),
    pytest.param(
        {"start": {"date": "2027-02-30", "time": "08:00"}},
        "start: Datumet går inte att tolka. Ange det som ÅÅÅÅ-MM-DD, till exempel 2027-02-01.",
        id="an impossible date",
    ),
    pytest.param(
        {"start": {"date": "2027-03-28", "time": "02:30"}},
        "2027-03-28 02:30: Klockan 02:30 finns inte den 2027-03-28",
        id="a time that the clock skips",
    ),
    pytest.param(
        {"start": {"date": "2037-01-01", "time": "08:00"}},
        "2037-01-01 08:00: tillfället är mer än fem år bort. Kontrollera årtalet.",
        id="a wrong year",
    ),
    pytest.param(
        {"start": {"date": "2027-02-02"}},
        "start: klockslag saknas. Ange det som HH:MM.",
        id="no time",
    ),
    pytest.param(
        {"start": {"time": "08:00"}},
        "start: datum saknas. Ange det som ÅÅÅÅ-MM-DD.",
        id="no date",
    ),
    pytest.param(
        {"start": None, "occasions": []},
        "occasions: det finns inget tillfälle. Ange datum och klockslag.",
        id="no occasion",
    ),
    pytest.param(
        {"start": None, "occasions": [{"date": "2027-02-02", "time": "08:00"}] * 2},
        "2027-02-02 08:00: tillfället finns två gånger. Ta bort det ena.",
        id="an occasion twice",
    ),
    pytest.param(
        {"recipients": []},
        "recipients: Mottagarlistan är tom. Lägg till minst en mottagare.",
        id="an empty list",
    ),
    pytest.param(
        {"recipients": ["19121212-1212"] * 251},
        "recipients: Listan har 251 mottagare, men ett utskick kan ha högst 250.",
        id="too many recipients",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, ANNA.formatted]},
        "recipients, rad 2 (1991••••-••••): Personen finns redan på rad 1. Ta bort den ena raden.",
        id="a person twice",
    ),
    pytest.param(
        {"inbox_message": "Hej {{ namn }}!"},
        "inbox_message: {{ namn }} går inte att använda i meddelandet. Använd {{ enhet }}",
        id="a mistyped placeholder",
    ),
    pytest.param(
        {"inbox_message": "{{ 'a' * 10 ** 9 }}"},
        "inbox_message: {{ 'a' * 10 ** 9 }} går inte att använda i meddelandet.",
        id="a bomb",
    ),
    pytest.param(
        {"unit": "SE2321000131-E000000000999"},
        "unit: enheten finns inte, eller så får du inte skicka för den.",
        id="an unknown unit",
    ),
    pytest.param(
        {"unit": OTHER_UNIT.id},
        "unit: enheten finns inte, eller så får du inte skicka för den.",
        id="another unit",
    ),
    pytest.param(
        {"package": "finns-inte"},
        "package: paketutskicket finns inte för enheten.",
        id="an unknown package",
    ),
    pytest.param(
        {"title": f"Inför besök {ANNA.formatted}"},
        "title: texten innehåller något som liknar ett personnummer. Ta bort det.",
        id="a personnummer in the title",
    ),
    pytest.param(
        {"inbox_message": f"Hej {ANNA.digits}"},
        "inbox_message: texten innehåller något som liknar ett personnummer.",
        id="a personnummer in the message",
    ),
    pytest.param(
        {"form_banner": f"Om {ANNA.formatted}"},
        "form_banner: texten innehåller något som liknar ett personnummer.",
        id="a personnummer in the banner",
    ),
    pytest.param(
        {"answer_by": "2027-01-31"},
        "answer_by: besvaras senast ligger före det sista utskickstillfället.",
        id="answers wanted before the occasion",
    ),
    pytest.param(
        {"package": WEEKLY.key, "start": None, "answer_by": "2027-02-21"},
        "answer_by: besvaras senast ligger före det sista utskickstillfället.",
        id="answers wanted before the last occasion",
    ),
    pytest.param(
        {"answer_by": "2027-03-01", "purge_after": "2027-02-28"},
        "purge_after: gallras efter ligger före besvaras senast. Välj ett senare datum.",
        id="purged before answered",
    ),
    pytest.param(
        {"purge_after": "2027-01-31"},
        "purge_after: gallras efter har passerat. Välj ett senare datum.",
        id="purged before sent",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, PROTECTED.digits]},
        "recipients, rad 2 (1995••••-••••): Skyddad identitet."
        " Ta bort personen och använd en formulärlänk i stället.",
        id="a protected identity",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, DECEASED.digits]},
        "recipients, rad 2 (1996••••-••••): Avliden. Ta bort personen ur mottagarlistan.",
        id="a deceased person",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, EMIGRATED.digits]},
        "recipients, rad 2 (1996••••-••••): Utvandrad. Ta bort personen ur mottagarlistan.",
        id="an emigrated person",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, STRANGER.digits]},
        "recipients, rad 2 (1997••••-••••): Finns inte i befolkningsregistret."
        " Kontrollera personnumret.",
        id="an unknown person",
    ),
    pytest.param(
        {"recipients": [ANNA.digits, WITHOUT_ACCOUNT.digits]},
        "recipients, rad 2 (1998••••-••••): Har inget konto på 1177. Be personen logga in",
        id="a person without an account",
    ),
]


@pytest.mark.parametrize(("changes", "told"), _BAD)
async def test_each_fault_is_told_in_a_sentence_of_its_own(
    clinic: Clinic, changes: dict[str, Any], told: str
) -> None:
    (problem,) = await refused(clinic, **changes)

    assert problem.startswith(told)


async def test_all_faults_are_told_at_once(clinic: Clinic) -> None:
    problems = await refused(
        clinic,
        unit=OTHER_UNIT.id,
        forms=["finns-inte"],
        recipients=["fel", "199308282385", ANNA.digits],
        start={"date": "2026-01-01", "time": "08:00"},
        inbox_message="{{ namn }}",
        title=ANNA.formatted,
    )

    places = [problem.partition(":")[0] for problem in problems]
    assert sorted(places) == [
        "2026-01-01 08",
        "forms, rad 1",
        "inbox_message",
        "recipients, rad 1 (••••-••••)",
        "recipients, rad 2 (1993••••-••••)",
        "title",
        "unit",
    ]


async def test_another_units_package_is_as_unknown_as_one_that_is_not_there(
    clinic: Clinic,
) -> None:
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(actor=OTHER_STAFF, unit=OTHER_UNIT.id)

    (problem,) = caught.value.problems
    assert (problem.place, problem.reason) == (
        "package",
        "paketutskicket finns inte för enheten.",
    )


async def test_a_form_archived_in_our_register_blocks_the_start(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.forms.archive(GAD.id, archived_at=clinic.clock.now())

    with pytest.raises(StartBlocked) as caught:
        await clinic.start()

    assert (caught.value.archived, caught.value.unsubscribed) == (("GAD-7",), ())
    assert nothing_has_happened(clinic)


async def test_a_form_archived_in_the_form_service_blocks_the_start(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)

    with pytest.raises(StartBlocked, match="1 archived"):
        await clinic.start()

    assert nothing_has_happened(clinic)


@pytest.mark.parametrize("form", [UNSUBSCRIBED, FOREIGN])
async def test_a_form_that_is_not_the_units_to_send_blocks_the_start(
    clinic: Clinic, form: Any
) -> None:
    with pytest.raises(StartBlocked) as caught:
        await clinic.start(forms=[PHQ.key, form.key])

    assert caught.value.unsubscribed == (form.name,)
    assert f"saknar prenumeration: {form.name}." in caught.value.staff_message
    assert nothing_has_happened(clinic)


async def test_a_subscription_that_has_ended_blocks_the_start(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        records.forms.set_subscriptions([])

    with pytest.raises(StartBlocked) as caught:
        await clinic.start()

    assert caught.value.unsubscribed == (SHARED.name,)


async def test_a_blocked_start_is_told_at_once_and_once_an_hour(clinic: Clinic) -> None:
    clinic.forms.archived.add(GAD.id)

    for _ in range(2):
        with pytest.raises(StartBlocked):
            await clinic.start(error_addresses=["chef@vgregion.se"])
    (mail,) = clinic.mailer.sent
    clinic.clock.advance(3600)
    with pytest.raises(StartBlocked):
        await clinic.start()

    assert mail.to == (FORMS_DESK, "chef@vgregion.se")
    assert mail.subject == f"Paketutskick kunde inte startas: {PACKAGE.name}, {UNIT.name}"
    assert "- GAD-7" in mail.body
    assert len(mails(clinic)) == 2


async def test_without_the_form_service_our_register_decides(clinic: Clinic) -> None:
    clinic.forms.fails_reading.append(AWAY)

    started = await clinic.start()

    assert started.registered


@pytest.mark.parametrize("register", ["persons", "inbox"])
async def test_without_a_register_that_answers_nothing_is_started(
    clinic: Clinic, register: str
) -> None:
    getattr(clinic, register).fails_reading.append(AWAY)

    with pytest.raises(type(AWAY)):
        await clinic.start()

    assert nothing_has_happened(clinic)


async def test_staff_may_go_on_without_those_who_cannot_be_reached(clinic: Clinic) -> None:
    started = await clinic.start(
        recipients=[ANNA.digits, PROTECTED.digits, BO.digits], leave_out_unreachable=True
    )

    assert recipients(started, clinic) == {
        ANNA: RecipientState.ACTIVE,
        PROTECTED: RecipientState.LEFT_OUT,
        BO: RecipientState.ACTIVE,
    }
    assert started.warnings == (
        "recipients, rad 2 (1995••••-••••): Skyddad identitet. Får inget formulär.",
    )
    assert clinic.scheduler.plans[0].recipients == 2


async def test_a_dispatch_to_nobody_is_refused(clinic: Clinic) -> None:
    (problem,) = await refused(clinic, recipients=[PROTECTED.digits], leave_out_unreachable=True)

    assert problem.startswith("recipients: ingen av mottagarna kan nås.")


async def test_without_inbox_message_no_account_is_needed(clinic: Clinic) -> None:
    started = await clinic.start(recipients=[WITHOUT_ACCOUNT.digits], creates_inbox_message=False)

    assert recipients(started, clinic) == {WITHOUT_ACCOUNT: RecipientState.ACTIVE}


async def test_staff_are_warned_of_whom_1177_will_not_tell(clinic: Clinic) -> None:
    started = await clinic.start(recipients=[ANNA.digits, UNNOTIFIED.digits])

    (warning,) = started.warnings
    assert warning.startswith("1 mottagare har ingen avisering via 1177")


async def test_staff_are_warned_of_an_hour_at_night(clinic: Clinic) -> None:
    started = await clinic.start(start={"date": "2027-02-02", "time": "05:30"})

    (warning,) = started.warnings
    assert warning.startswith("2027-02-02 05:30 är tidigt på dagen")


async def test_the_same_submission_twice_starts_one_dispatch(clinic: Clinic) -> None:
    first = await clinic.start(key="double-click")
    second = await clinic.start(key="double-click", recipients=[CILLA.digits])

    assert second.already
    assert second.dispatch.id == first.dispatch.id
    assert len(clinic.scheduler.plans) == 1
    assert len(clinic.listed()) == 1


async def test_another_units_submission_key_is_another_submission(clinic: Clinic) -> None:
    await clinic.start(key="1")

    with pytest.raises(SpecRefused):
        await clinic.start(actor=OTHER_STAFF, key="1")


async def test_with_the_scheduler_away_it_is_saved_told_and_registered_later(
    clinic: Clinic,
) -> None:
    clinic.scheduler.fails_with.append(AWAY)

    started = await clinic.start()
    before = list(clinic.scheduler.plans)
    mended = await reconciled(clinic)

    assert not started.registered
    assert (before, mended.registered) == ([], 1)
    assert clinic.scheduler.plans[0].dispatch_id == started.dispatch.id


async def test_the_scheduler_is_told_nothing_personal(clinic: Clinic) -> None:
    await clinic.start()

    told = str(clinic.scheduler.plans)

    assert UNIT.name in told
    assert not any(n.digits in told or n.formatted in told for n in (ANNA, BO))


async def test_putting_somebody_on_a_list_is_logged(clinic: Clinic, log: Log) -> None:
    await clinic.start()

    assert log() == ["Skriva: lagt till mottagare i utskick (person)"] * 2
