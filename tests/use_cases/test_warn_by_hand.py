from datetime import datetime

import pytest

from tests.clinic import OTHER_STAFF, STAFF, Clinic
from tests.use_cases.test_send_missed_occasion import missed
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import Dispatch
from utskick.domain.errors import NotFound
from utskick.domain.units import Actor


def warnings(clinic: Clinic, dispatch: Dispatch, *, hour: int, actor: Actor = STAFF) -> list[str]:
    return clinic.warn_by_hand(
        dispatch.occasions[0].id, actor=actor, now=datetime(2027, 2, 3, hour, 30, tzinfo=STOCKHOLM)
    )


async def test_what_is_sent_by_hand_in_the_night_is_warned_of(clinic: Clinic) -> None:
    dispatch = await missed(clinic)

    (said,) = warnings(clinic, dispatch, hour=5)

    assert said.startswith("Klockan är 05:30, och det är tidigt på dagen")
    assert warnings(clinic, dispatch, hour=12) == []


async def test_without_an_inbox_message_nobody_is_woken(clinic: Clinic) -> None:
    dispatch = (await clinic.start(creates_inbox_message=False)).dispatch

    assert warnings(clinic, dispatch, hour=5) == []


async def test_another_units_occasion_is_not_there(clinic: Clinic) -> None:
    dispatch = await missed(clinic)

    with pytest.raises(NotFound):
        warnings(clinic, dispatch, hour=5, actor=OTHER_STAFF)
