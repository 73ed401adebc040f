"""Ångra: a removal is undone until the next occasion begins, and never after."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import PHQ, STAFF, WEEKLY, Clinic
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import run_to_its_end
from tests.use_cases.visit_days import (
    MARCH_1,
    booked,
    cancelled,
    change,
    dispatches,
    standing,
)
from utskick.domain.dispatches import Dispatch, RecipientId, RecipientState
from utskick.domain.personnummer import Personnummer
from utskick.domain.visit_messages import VisitMessage
from utskick.use_cases.restore_recipient import TooLateToRestore


async def weekly(clinic: Clinic, **changes: Any) -> Dispatch:
    """Three Mondays at eight, for Anna and Bo."""
    return (await clinic.start(package=WEEKLY.key, start={}, **changes)).dispatch


def id_of(clinic: Clinic, dispatch: Dispatch, number: Personnummer) -> RecipientId:
    return next(r.id for r in clinic.show(dispatch).recipients if r.personnummer == number)


def restore(clinic: Clinic, dispatch: Dispatch, number: Personnummer = BO) -> None:
    clinic.restore_recipient(
        dispatch.id, id_of(clinic, dispatch, number), actor=STAFF, now=clinic.clock.now()
    )


async def test_whoever_is_back_gets_all_that_is_to_come_once(clinic: Clinic, log: Log) -> None:
    dispatch = await weekly(clinic)
    clinic.remove(dispatch, BO)

    restore(clinic, dispatch)
    restore(clinic, dispatch)
    for occasion in dispatch.occasions:
        await run_to_its_end(clinic, occasion)

    assert clinic.sent_to(BO) == clinic.sent_to(ANNA) == [PHQ] * 3
    assert log().count("Skriva: ångrat borttagning av mottagare (person)") == 1


async def test_between_two_occasions_it_can_be_undone_too(clinic: Clinic) -> None:
    dispatch = await weekly(clinic)
    await run_to_its_end(clinic, dispatch.occasions[0])
    clinic.clock.advance(3600)
    clinic.remove(dispatch, BO)

    restore(clinic, dispatch)
    await run_to_its_end(clinic, dispatch.occasions[1])

    assert clinic.sent_to(BO) == [PHQ] * 2


async def test_once_a_run_has_claimed_an_occasion_it_is_too_late(clinic: Clinic) -> None:
    dispatch = await weekly(clinic)
    clinic.remove(dispatch, BO)
    run = clinic.run_of(dispatch.occasions[0])
    with clinic.store.transaction() as records:
        assert records.occasions.claim(dispatch.occasions[0].id, token=run.token, lease_s=60)

    with pytest.raises(TooLateToRestore):
        restore(clinic, dispatch)


async def test_after_an_occasion_without_them_it_is_too_late(clinic: Clinic) -> None:
    dispatch = await weekly(clinic)
    clinic.remove(dispatch, BO)
    await run_to_its_end(clinic, dispatch.occasions[0])

    with pytest.raises(TooLateToRestore):
        restore(clinic, dispatch)

    assert clinic.sent_to(BO) == []
    [bo] = [r for r in clinic.show(dispatch).recipients if r.personnummer == BO]
    assert bo.state is RecipientState.REMOVED


async def test_when_nothing_is_to_come_it_is_too_late(clinic: Clinic) -> None:
    dispatch = (await clinic.start()).dispatch
    clinic.remove(dispatch, BO)
    await run_to_its_end(clinic, dispatch.occasions[0])

    with pytest.raises(TooLateToRestore):
        restore(clinic, dispatch)


async def test_of_a_stopped_dispatch_it_can_be_undone(clinic: Clinic) -> None:
    dispatch = await weekly(clinic)
    clinic.remove(dispatch, BO)
    clinic.stop(dispatch)

    restore(clinic, dispatch)
    clinic.restart(dispatch)
    await run_to_its_end(clinic, dispatch.occasions[0])

    assert clinic.sent_to(BO) == [PHQ]


@pytest.mark.parametrize("change_of", [cancelled(), booked(day=MARCH_1 + timedelta(days=7))])
async def test_before_a_visit_that_was_cancelled_or_moved_since_it_is_too_late(
    clinic: Clinic, change_of: VisitMessage
) -> None:
    await standing(clinic)
    await change(clinic, booked(number=BO), booked("b2", ANNA))
    [dispatch] = dispatches(clinic)
    clinic.remove(dispatch, BO)
    await change(clinic, replace(change_of, personnummer=change_of.personnummer and BO))

    with pytest.raises(TooLateToRestore):
        restore(clinic, dispatch)
    await run_to_its_end(clinic, dispatch.occasions[0])

    assert clinic.sent_to(BO) == []


async def test_before_a_visit_that_stands_it_can_be_undone(clinic: Clinic) -> None:
    await standing(clinic)
    await change(clinic, booked(number=BO), booked("b2", ANNA))
    [dispatch] = dispatches(clinic)
    clinic.remove(dispatch, BO)

    restore(clinic, dispatch)
    await run_to_its_end(clinic, dispatch.occasions[0])

    assert len(clinic.sent_to(BO)) == len(clinic.sent_to(ANNA)) == 2
