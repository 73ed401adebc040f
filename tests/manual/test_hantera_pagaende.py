"""Hantera pågående paketutskick: the list, removing recipients, stopping and restarting."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute

from tests.clinic import GAD, OTHER_STAFF, OWN, PACKAGE, PHQ, SHARED, WEEKLY, Clinic
from tests.people import ANNA, BO
from utskick.domain.dispatches import Dispatch, RecipientState
from utskick.domain.errors import LastRecipient, NotFound, OccasionPassed, WrongStatus
from utskick.domain.occasions import Occasion
from utskick.sending.claim_occasion import ClaimResult
from utskick.web.api import router

End = Callable[[Clinic], Awaitable[Dispatch]]


async def _stopped(clinic: Clinic) -> Dispatch:
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)
    return dispatch


async def _completed(clinic: Clinic) -> Dispatch:
    dispatch = (await clinic.start()).dispatch
    await clinic.run(dispatch.occasions[0])
    return dispatch


async def _aborted(clinic: Clinic) -> Dispatch:
    dispatch = (await clinic.start()).dispatch
    clinic.forms.archived.add(PHQ.id)
    await clinic.run(dispatch.occasions[0])
    return dispatch


ENDS = pytest.mark.parametrize(
    ("end", "label"),
    [(_stopped, "Stoppad"), (_completed, "Klar"), (_aborted, "Avbruten")],
    ids=["stopped", "completed", "aborted"],
)


def test_a_running_package_can_only_lose_a_recipient_be_stopped_or_be_restarted() -> None:
    """Det går inte göra andra ändringar i ett pågående (redan startat) paketutskick, men det går
    att ta bort mottagare från mottagarlistan, och det går stoppa ett paketutskick.
    """
    verbs = {
        route.name
        for route in router.routes
        if isinstance(route, APIRoute) and "{dispatch_id}" in route.path
    }

    assert verbs == {"show-dispatch", "remove-recipient", "stop-dispatch", "restart-dispatch"}


async def test_a_running_package_stays_as_it_was_when_its_grundplat_is_changed(
    clinic: Clinic,
) -> None:
    """Det går inte göra andra ändringar i ett pågående (redan startat) paketutskick."""
    dispatch = (await clinic.start(recipients=[ANNA.digits])).dispatch
    changed = replace(PACKAGE, version=2, template_ids=(PHQ.id,), inbox_message="Nytt meddelande")
    with clinic.store.transaction() as records:
        assert records.packages.save(changed)

    await clinic.run(dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message.text != "Nytt meddelande"
    assert clinic.sent_to(ANNA) == [PHQ, GAD, OWN, SHARED]


@ENDS
async def test_an_ended_package_is_listed_for_seven_days(
    clinic: Clinic, end: End, label: str
) -> None:
    """Paketutskick med status Stoppad, Klar eller Avbruten finns kvar i listan i 7 dagar."""
    await end(clinic)

    clinic.clock.moment += timedelta(days=6, hours=23)
    clinic.cleaned_up()

    assert [listed.dispatch.label for listed in clinic.listed()] == [label]


@ENDS
async def test_after_seven_days_an_ended_package_is_deleted(
    clinic: Clinic, end: End, label: str
) -> None:
    """Därefter raderas de."""
    dispatch = await end(clinic)
    assert clinic.dispatch(dispatch).label == label

    clinic.clock.moment += timedelta(days=7)
    clinic.cleaned_up()

    assert clinic.listed() == []
    with pytest.raises(NotFound):
        clinic.show(dispatch)


async def test_a_running_package_is_listed_however_old_it_is(clinic: Clinic) -> None:
    """Enhetens pågående paketutskick visas i en lista."""
    dispatch = (await clinic.start(start={"date": "2027-06-01", "time": "08:00"})).dispatch

    clinic.clock.moment += timedelta(days=60)
    clinic.cleaned_up()

    assert [listed.dispatch.id for listed in clinic.listed()] == [dispatch.id]


async def test_the_forms_of_a_package_are_found_as_single_forms(clinic: Clinic) -> None:
    """De formulär som skickats med paketutskick går att söka fram som enskilda formulär i vyn
    Uppföljning.
    """
    await _completed(clinic)

    found = await clinic.followed_up(personnummer=ANNA)

    assert sorted(each.form_name for each in found) == sorted(
        form.name for form in (PHQ, GAD, OWN, SHARED)
    )


async def test_the_forms_are_found_after_the_package_has_been_deleted(clinic: Clinic) -> None:
    """De formulär som skickats med paketutskick går att söka fram som enskilda formulär."""
    await _completed(clinic)

    clinic.clock.moment += timedelta(days=7)
    clinic.cleaned_up()

    found = await clinic.followed_up(form_name=PHQ.name)
    assert {each.personnummer for each in found} == {ANNA, BO}


async def test_forms_are_found_by_their_own_names_and_not_by_the_packages(clinic: Clinic) -> None:
    """Det går alltså inte att söka på paketutskickets namn, utan endast på de ingående formulärens
    namn.
    """
    await _completed(clinic)

    by_form = await clinic.followed_up(form_name="gad")
    by_package = await clinic.followed_up(form_name=PACKAGE.name)

    assert {each.form_name for each in by_form} == {"GAD-7"}
    assert by_package == []


async def test_a_unit_sees_its_own_packages_only(clinic: Clinic) -> None:
    """Enhetens pågående paketutskick visas i en lista."""
    dispatch = (await clinic.start()).dispatch

    assert [listed.dispatch.id for listed in clinic.listed()] == [dispatch.id]
    assert clinic.listed(OTHER_STAFF) == []


async def test_a_package_opens_with_its_recipients(clinic: Clinic) -> None:
    """Klicka på raden med önskat paketutskick."""
    dispatch = (await clinic.start()).dispatch

    shown = clinic.show(dispatch)

    assert shown.dispatch.name == PACKAGE.name
    assert [recipient.personnummer for recipient in shown.recipients] == [ANNA, BO]


async def test_a_removed_recipient_is_sent_nothing(clinic: Clinic) -> None:
    """Klicka på papperskorgen längst till höger i mottagarlistan för att ta bort en mottagare."""
    dispatch = (await clinic.start()).dispatch

    clinic.remove(dispatch, BO)
    await clinic.run(dispatch.occasions[0])

    assert clinic.sent_to(BO) == []
    assert len(clinic.sent_to(ANNA)) == 4
    assert [number for number, _ in clinic.inbox.messages] == [ANNA]


async def test_a_recipient_removed_between_two_occasions_keeps_what_was_sent(
    clinic: Clinic,
) -> None:
    """Det går att ta bort mottagare från mottagarlistan."""
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    first, second, _ = dispatch.occasions
    await _run_in_time(clinic, first)

    clinic.remove(dispatch, BO)
    await _run_in_time(clinic, second)

    assert (clinic.sent_to(ANNA), clinic.sent_to(BO)) == ([PHQ, PHQ], [PHQ])
    states = {r.personnummer: r.state for r in clinic.show(dispatch).recipients}
    assert states == {ANNA: RecipientState.ACTIVE, BO: RecipientState.REMOVED}


async def test_the_last_recipient_cannot_be_removed(clinic: Clinic) -> None:
    """Om mottagarlistan bara består av en enda person så visas inte papperskorgen utan
    paketutskicket får i stället stoppas.
    """
    dispatch = (await clinic.start()).dispatch
    clinic.remove(dispatch, BO)

    with pytest.raises(LastRecipient) as caught:
        clinic.remove(dispatch, ANNA)

    assert "Stoppa paketutskicket i stället" in caught.value.staff_message
    clinic.stop(dispatch)
    assert clinic.dispatch(dispatch).label == "Stoppad"


async def test_a_stopped_package_sends_nothing(clinic: Clinic) -> None:
    """Klicka på Stoppa Paketutskick högst upp på sidan."""
    dispatch = (await clinic.start()).dispatch

    clinic.stop(dispatch)
    result = await clinic.run(dispatch.occasions[0])

    assert result is ClaimResult.NOT_ONGOING
    assert clinic.forms.forms == []
    assert clinic.scheduler.plans == []


async def test_a_package_stopped_between_two_occasions_sends_none_of_the_rest(
    clinic: Clinic,
) -> None:
    """Det går stoppa ett paketutskick."""
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    first, second, third = dispatch.occasions
    await _run_in_time(clinic, first)

    clinic.stop(dispatch)
    for occasion in (second, third):
        await _run_in_time(clinic, occasion)

    assert clinic.sent_to(ANNA) == clinic.sent_to(BO) == [PHQ]


async def test_a_stopped_package_can_be_restarted_before_its_next_occasion(
    clinic: Clinic,
) -> None:
    """Paketutskicket kan återstartas om datumet för det nästkommande utskicket inte har passerats.
    Klicka på Återstarta Paketutskick.
    """
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    first, second, third = dispatch.occasions
    await _run_in_time(clinic, first)
    clinic.stop(dispatch)

    restarted = clinic.restart(dispatch)
    await _run_in_time(clinic, second)

    assert [o.number for o in restarted.remaining] == [second.number, third.number]
    assert clinic.dispatch(dispatch).label == "Pågående"
    assert clinic.sent_to(ANNA) == [PHQ, PHQ]


async def test_a_stopped_package_stays_stopped_once_its_next_occasion_has_passed(
    clinic: Clinic,
) -> None:
    """Paketutskicket kan återstartas om datumet för det nästkommande utskicket inte har
    passerats.
    """
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch
    clinic.stop(dispatch)

    clinic.clock.moment = dispatch.occasions[0].sends_at + timedelta(days=1)
    with pytest.raises(OccasionPassed) as caught:
        clinic.restart(dispatch)

    assert "2027-02-08 kl. 08:00 och har passerat" in caught.value.staff_message
    assert clinic.dispatch(dispatch).label == "Stoppad"


async def test_a_stopped_package_can_be_restarted_all_that_day(clinic: Clinic) -> None:
    """Om datumet för det nästkommande utskicket inte har passerats: datumet, inte klockslaget."""
    dispatch = (await clinic.start()).dispatch
    clinic.stop(dispatch)
    clinic.clock.moment = dispatch.occasions[0].sends_at + timedelta(hours=5)

    clinic.restart(dispatch)
    await clinic.run(clinic.dispatch(dispatch).occasions[0])

    assert len(clinic.sent_to(ANNA)) == len(dispatch.forms)


@pytest.mark.parametrize(
    ("end", "label"), [(_completed, "Klar"), (_aborted, "Avbruten")], ids=["completed", "aborted"]
)
async def test_a_package_that_is_over_loses_no_recipients(
    clinic: Clinic, end: End, label: str
) -> None:
    """Det går inte göra andra ändringar."""
    dispatch = await end(clinic)

    with pytest.raises(WrongStatus) as caught:
        clinic.remove(dispatch, BO)

    assert f"statusen {label}" in caught.value.staff_message


async def _run_in_time(clinic: Clinic, occasion: Occasion) -> None:
    """Let the time pass until just before the occasion."""
    clinic.clock.moment = occasion.sends_at - timedelta(seconds=1)
    await clinic.run(occasion)
