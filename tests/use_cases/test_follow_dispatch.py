"""Samma igen, Ersätt and Fler mottagare: nobody gets anything twice, and nothing is forgotten."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from tests.access_log import Log
from tests.clinic import PHQ, STAFF, UNIT, WEEKLY, Clinic
from tests.people import ANNA, BO, CILLA
from tests.use_cases.clinic_days import run_to_its_end
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import NothingAhead, SpecRefused
from utskick.domain.occasions import OccasionState
from utskick.domain.specs import DispatchSpec
from utskick.sending.claim_occasion import ClaimResult
from utskick.use_cases.copy_dispatch import Copied, Whom
from utskick.use_cases.submissions import Started


async def weekly(clinic: Clinic, **changes: Any) -> Dispatch:
    """Three Mondays at eight, for Anna and Bo."""
    return (await clinic.start(package=WEEKLY.key, start={}, **changes)).dispatch


async def follow(clinic: Clinic, copied: Copied, key: str = "", **changes: Any) -> Started:
    follows = copied.follows
    assert follows is not None
    link: dict[str, Any] = {"adds_to": follows.dispatch_id}
    if follows.replaces:
        link = {"replaces": follows.dispatch_id, "replaces_as_seen": follows.as_seen}
    spec = {
        "unit": UNIT.id,
        "package": WEEKLY.key,
        "occasions": [
            {"date": f"{each.local.date}", "time": f"{each.local.time:%H:%M}"}
            for each in copied.moments
        ],
        "recipients": [each.personnummer.digits for each in copied.recipients],
    }
    return await clinic.start_dispatch(
        DispatchSpec.model_validate(spec | link | changes),
        actor=STAFF,
        submission_key=key or str(uuid4()),
        now=clinic.clock.now(),
    )


def remaining(clinic: Clinic, dispatch: Dispatch) -> Copied:
    return clinic.copy_dispatch.remaining(dispatch.id, actor=STAFF, now=clinic.clock.now())


def for_more(clinic: Clinic, dispatch: Dispatch) -> Copied:
    return clinic.copy_dispatch.for_more(dispatch.id, actor=STAFF, now=clinic.clock.now())


def again(clinic: Clinic, dispatch: Dispatch, whom: Whom = Whom.ALL) -> Copied:
    return clinic.copy_dispatch.again(dispatch.id, whom, actor=STAFF, now=clinic.clock.now())


def reason(refused: pytest.ExceptionInfo[SpecRefused]) -> str:
    [problem] = refused.value.problems
    return problem.reason


# Ersätt


async def test_a_replacement_stops_the_old_one_and_sends_what_is_left_once(
    clinic: Clinic, log: Log
) -> None:
    old = await weekly(clinic)
    await run_to_its_end(clinic, old.occasions[0])

    new = (await follow(clinic, remaining(clinic, old))).dispatch
    for replaced, occasion in zip(old.occasions[1:], new.occasions, strict=True):
        assert await clinic.run(replaced) is ClaimResult.ALREADY_SENT
        await run_to_its_end(clinic, occasion)

    stopped = clinic.dispatch(old)
    assert stopped.status is DispatchStatus.STOPPED
    assert [each.state for each in stopped.occasions[1:]] == [OccasionState.ENDED] * 2
    assert (new.replaces, new.series_id) == (old.id, old.id)
    assert clinic.sent_to(ANNA) == clinic.sent_to(BO) == [PHQ] * 3
    assert "Skriva: ersatt utskick" in log()


async def test_what_has_been_replaced_cannot_go_on_beside_it(clinic: Clinic) -> None:
    old = await weekly(clinic)
    await follow(clinic, remaining(clinic, old))

    with pytest.raises(NothingAhead):
        clinic.restart(old)


async def test_the_scheduler_forgets_the_old_one(clinic: Clinic) -> None:
    old = await weekly(clinic)

    new = (await follow(clinic, remaining(clinic, old))).dispatch

    registered = clinic.scheduler.registered(now=clinic.clock.now())
    assert {each.occasion_id for each in registered} == {each.id for each in new.occasions}


async def test_a_stopped_one_is_replaced_too(clinic: Clinic) -> None:
    old = await weekly(clinic)
    clinic.stop(old)

    new = (await follow(clinic, remaining(clinic, old))).dispatch

    assert new.replaces == old.id
    with pytest.raises(NothingAhead):
        clinic.restart(old)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("sent", "har skickat ett tillfälle"),
        ("stopped", "har nu statusen Stoppad"),
        ("removed", "har fått andra mottagare"),
        ("running", "som förbereds eller skickas just nu"),
    ],
)
async def test_what_has_come_between_is_said_and_nothing_is_started(
    clinic: Clinic, change: str, said: str
) -> None:
    old = await weekly(clinic)
    copied = remaining(clinic, old)
    match change:
        case "sent":
            await run_to_its_end(clinic, old.occasions[0])
        case "stopped":
            clinic.stop(old)
        case "removed":
            clinic.remove(old, BO)
        case "running":
            run = clinic.run_of(old.occasions[0])
            with clinic.store.transaction() as records:
                assert records.occasions.claim(old.occasions[0].id, token=run.token, lease_s=60)
    before = clinic.dispatch(old)

    with pytest.raises(SpecRefused) as refused:
        await follow(clinic, copied, occasions=[{"date": "2027-03-01", "time": "08:00"}])

    assert said in reason(refused)
    assert clinic.dispatch(old) == before
    assert len(clinic.listed()) == 1


async def test_whoever_starts_the_same_replacement_twice_starts_one(clinic: Clinic) -> None:
    copied = remaining(clinic, await weekly(clinic))

    first = await follow(clinic, copied, key="one")
    second = await follow(clinic, copied, key="one")

    assert second.already
    assert second.dispatch.id == first.dispatch.id


async def test_of_two_replacements_of_the_same_one_is_started(clinic: Clinic) -> None:
    copied = remaining(clinic, await weekly(clinic))
    await follow(clinic, copied)

    with pytest.raises(SpecRefused):
        await follow(clinic, copied)

    assert len(clinic.listed()) == 2


async def test_a_system_that_has_not_looked_replaces_it_as_it_is(clinic: Clinic) -> None:
    old = await weekly(clinic)
    clinic.remove(old, BO)

    new = await follow(clinic, remaining(clinic, old), replaces_as_seen="")

    assert new.dispatch.replaces == old.id


async def test_what_is_sent_to_oneself_first_replaces_nothing(clinic: Clinic) -> None:
    old = await weekly(clinic)
    link = remaining(clinic, old).follows
    assert link is not None
    spec = {
        "unit": UNIT.id,
        "package": WEEKLY.key,
        "start": {},
        "recipients": [ANNA.digits],
        "replaces": link.dispatch_id,
        "replaces_as_seen": link.as_seen,
    }
    clinic.rules = replace(clinic.rules, trial_residents={STAFF.name: CILLA.digits})

    trial = await clinic.send_to_me.send_to_me(
        DispatchSpec.model_validate(spec), actor=STAFF, now=clinic.clock.now()
    )

    assert trial.dispatch.replaces is None
    assert clinic.dispatch(old).status is DispatchStatus.ONGOING


# Fler mottagare


async def test_others_get_what_is_left_and_it_is_one_series(clinic: Clinic) -> None:
    first = await weekly(clinic)
    await run_to_its_end(clinic, first.occasions[0])

    more = await follow(clinic, for_more(clinic, first), recipients=[CILLA.digits])

    assert more.dispatch.series_id == first.id
    assert len(more.dispatch.occasions) == 2
    assert clinic.dispatch(first).status is DispatchStatus.ONGOING
    with clinic.store.transaction() as records:
        series = records.dispatches.series(UNIT.id, first.id)
    assert [each.id for each in series] == [first.id, more.dispatch.id]


async def test_whoever_is_in_the_series_already_is_not_added_again(clinic: Clinic) -> None:
    first = await weekly(clinic)
    await follow(clinic, for_more(clinic, first), recipients=[CILLA.digits])

    for number in (BO, CILLA):
        with pytest.raises(SpecRefused) as refused:
            await follow(clinic, for_more(clinic, first), recipients=[number.digits])
        assert reason(refused) == "personen är redan med i paketutskicket."


async def test_whoever_may_get_it_after_a_restart_is_not_added_beside_it(clinic: Clinic) -> None:
    first = await weekly(clinic)
    more = (await follow(clinic, for_more(clinic, first), recipients=[CILLA.digits])).dispatch
    clinic.stop(first)

    with pytest.raises(SpecRefused) as refused:
        await follow(clinic, for_more(clinic, more), recipients=[BO.digits])

    assert reason(refused) == "personen är redan med i paketutskicket."


# Samma igen


@pytest.mark.parametrize(
    ("now", "first"), [("2027-02-08", "2027-02-15"), ("2027-02-07", "2027-02-08")]
)
async def test_a_copy_is_moved_to_the_same_weekday_from_tomorrow_on(
    clinic: Clinic, now: str, first: str
) -> None:
    dispatch = await weekly(clinic)
    clinic.clock.moment = datetime.fromisoformat(f"{now}T12:00:00+00:00")

    copied = again(clinic, dispatch)

    days = [each.local.date for each in copied.moments]
    assert days[0] == date.fromisoformat(first)
    assert [after - before for before, after in pairwise(days)] == [timedelta(weeks=1)] * 2
    assert {f"{each.local.time:%H:%M}" for each in copied.moments} == {"08:00"}


async def test_those_who_have_not_got_it_or_not_answered_are_copied_alone(
    clinic: Clinic, log: Log
) -> None:
    clinic.forms.unknown_persons.add(BO)
    dispatch = (await clinic.start()).dispatch
    await run_to_its_end(clinic, dispatch.occasions[0])

    by_choice = {
        whom: [each.personnummer for each in again(clinic, dispatch, whom).recipients]
        for whom in Whom
    }

    assert by_choice == {Whom.ALL: [ANNA, BO], Whom.UNSENT: [BO], Whom.UNANSWERED: [ANNA]}
    assert log()[-1] == "Läsa: kopierat mottagare till utkast (person)"


async def test_whoever_was_removed_is_not_copied(clinic: Clinic) -> None:
    dispatch = await weekly(clinic)
    clinic.remove(dispatch, BO)

    assert [each.personnummer for each in again(clinic, dispatch).recipients] == [ANNA]
