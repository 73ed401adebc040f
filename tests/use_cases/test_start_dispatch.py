"""Starta paketutskick: everything is checked before anything is stored."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import (
    GAD,
    OTHER_STAFF,
    PACKAGE,
    PHQ,
    STAFF,
    UNIT,
    WEEKLY,
    Clinic,
    a_spec,
)
from tests.people import ANNA, BO, CILLA, PROTECTED, UNNOTIFIED, WITHOUT_ACCOUNT
from tests.use_cases.clinic_days import AWAY, nothing_has_happened, reconciled
from utskick.domain.dispatches import RecipientState
from utskick.domain.errors import KeyReused, SpecRefused
from utskick.domain.packages import FORMS_DESK
from utskick.domain.personnummer import Personnummer
from utskick.domain.specs import DispatchSpec
from utskick.use_cases.submissions import Started


def recipients(started: Started, clinic: Clinic) -> dict[Personnummer, RecipientState]:
    with clinic.store.transaction() as records:
        return {
            r.personnummer: r.state for r in records.dispatches.recipients(started.dispatch.id)
        }


async def test_a_started_dispatch_is_saved_and_registered(clinic: Clinic) -> None:
    started = await clinic.start()

    (plan,) = clinic.scheduler.plans
    assert started.registered
    kept = clinic.dispatch(started.dispatch)
    (occasion,) = started.dispatch.occasions
    (as_planned,) = kept.occasions
    assert kept == replace(started.dispatch, occasions=kept.occasions)
    assert as_planned == replace(occasion, questions_due=2)
    assert plan.dispatch_id == started.dispatch.id
    assert plan.starts_at == clinic.rules.starts_at(as_planned)
    assert clinic.forms.forms == []


async def test_what_staff_left_out_is_the_packages(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch

    assert (dispatch.name, dispatch.title) == (PACKAGE.name, PACKAGE.resident_title)
    assert [form.template_id for form in dispatch.forms] == list(PACKAGE.template_ids)
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


async def test_the_forms_desk_is_always_notified_of_errors(clinic: Clinic) -> None:
    dispatch = (await clinic.start(error_addresses=["chef@vgregion.se", FORMS_DESK])).dispatch

    assert dispatch.error_addresses == (FORMS_DESK, "chef@vgregion.se")


async def test_mail_about_errors_goes_to_the_regions_own_addresses_alone(clinic: Clinic) -> None:
    clinic.rules = replace(clinic.rules, error_domains=("vgregion.se",))

    with pytest.raises(SpecRefused) as refused:
        await clinic.start(error_addresses=["chef@vgregion.se", "me@evil.example"])

    [problem] = refused.value.problems
    assert (problem.place, problem.reason) == (
        "error_addresses",
        "en adress är utanför regionen.",
    )
    assert "evil.example" not in str(refused.value)


async def test_a_title_is_one_line_and_turns_nothing_around(clinic: Clinic) -> None:
    title = "Inför\u202e ditt\u2028besök\r\nBcc: x\u2066"

    dispatch = (await clinic.start(title=title)).dispatch

    assert dispatch.title == "Inför ditt besök Bcc: x"


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


async def test_without_the_form_service_our_register_decides(clinic: Clinic) -> None:
    clinic.forms.fails_reading.append(AWAY)

    started = await clinic.start()

    assert started.registered


async def test_without_a_register_that_answers_nothing_is_started(clinic: Clinic) -> None:
    clinic.persons.fails_reading.append(AWAY)

    with pytest.raises(type(AWAY)):
        await clinic.start()

    assert nothing_has_happened(clinic)


async def test_an_inbox_that_does_not_answer_keeps_nothing_from_being_started(
    clinic: Clinic,
) -> None:
    clinic.inbox.fails_reading.extend([AWAY] * 100)

    started = await clinic.start(recipients=[ANNA.digits, BO.digits])

    assert started.unchecked == 2
    assert [each for each in started.warnings if "inte kontrollera" in each]
    recipients = clinic.show(started.dispatch).recipients
    assert [each.notified_by for each in recipients] == [None, None]


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


async def test_without_inbox_message_no_account_is_needed(clinic: Clinic) -> None:
    started = await clinic.start(recipients=[WITHOUT_ACCOUNT.digits], creates_inbox_message=False)

    assert recipients(started, clinic) == {WITHOUT_ACCOUNT: RecipientState.ACTIVE}


async def test_staff_are_warned_of_whom_1177_will_not_notify(clinic: Clinic) -> None:
    started = await clinic.start(recipients=[ANNA.digits, UNNOTIFIED.digits])

    (warning,) = started.warnings
    assert warning.startswith("1 mottagare har ingen avisering via 1177")


async def test_staff_are_warned_of_an_hour_at_night(clinic: Clinic) -> None:
    started = await clinic.start(start={"date": "2027-02-02", "time": "05:30"})

    (warning,) = started.warnings
    assert warning.startswith("2027-02-02 05:30 är tidigt på dagen")


async def test_the_same_submission_twice_starts_one_dispatch(clinic: Clinic) -> None:
    first = await clinic.start(key="double-click")
    second = await clinic.start(key="double-click")

    assert second.already
    assert second.dispatch.id == first.dispatch.id
    assert len(clinic.scheduler.plans) == 1
    assert len(clinic.listed()) == 1


async def test_a_key_that_comes_again_with_other_content_is_not_taken_for_the_first(
    clinic: Clinic,
) -> None:
    await clinic.start(key="k")

    with pytest.raises(KeyReused):
        await clinic.start(key="k", recipients=[CILLA.digits])

    assert len(clinic.listed()) == 1


async def test_other_content_under_a_key_that_was_taken_meanwhile_is_shown(clinic: Clinic) -> None:
    now = clinic.clock.now()
    first, second = [
        await clinic.start_dispatch.check(
            DispatchSpec.model_validate(a_spec(now) | {"title": title}), actor=STAFF, now=now
        )
        for title in ("Det ena", "Det andra")
    ]
    saving: dict[str, Any] = {"submission_key": "k", "now": now}
    await clinic.start_dispatch.save_and_register(first, actor=STAFF, **saving)

    with pytest.raises(KeyReused):
        await clinic.start_dispatch.save_and_register(second, actor=STAFF, **saving)

    assert len(clinic.listed()) == 1


async def test_another_units_submission_key_is_another_submission(clinic: Clinic) -> None:
    await clinic.start(key="1")

    with pytest.raises(SpecRefused):
        await clinic.start(actor=OTHER_STAFF, key="1")


async def test_with_the_scheduler_away_it_is_saved_reported_and_registered_later(
    clinic: Clinic,
) -> None:
    clinic.scheduler.fails_with.append(AWAY)

    started = await clinic.start()
    before = list(clinic.scheduler.plans)
    clinic.clock.advance(15)
    mended = await reconciled(clinic)

    assert not started.registered
    assert (before, mended.registered) == ([], 1)
    assert clinic.scheduler.plans[0].dispatch_id == started.dispatch.id


async def test_the_scheduler_learns_nothing_personal(clinic: Clinic) -> None:
    await clinic.start()

    shown = str(clinic.scheduler.plans)

    assert UNIT.id in shown
    assert UNIT.name not in shown
    assert not any(n.digits in shown or n.formatted in shown for n in (ANNA, BO))


async def test_putting_somebody_on_a_list_is_logged(clinic: Clinic, log: Log) -> None:
    await clinic.start()

    assert log() == [
        *["Läsa: kontrollerat mottagare (person)"] * 2,
        *["Skriva: lagt till mottagare i utskick (person)"] * 2,
    ]
