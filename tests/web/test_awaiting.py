"""A system's start may wait for a colleague, who is a person: no token gets around it."""

from dataclasses import replace
from uuid import UUID

import pytest
from fastapi import FastAPI

from tests.use_cases.test_decide_approval import COLLEAGUE
from tests.web.conftest import Rest, services_of
from utskick.domain.dispatches import DispatchId


@pytest.fixture
def careful(app: FastAPI, rest: Rest) -> Rest:
    """A system of a unit where more than one recipient takes a colleague."""
    rest.clinic.rules = replace(rest.clinic.rules, approval_above=1)
    app.state.services = services_of(rest.clinic)
    return rest


async def test_the_answer_says_that_it_waits(careful: Rest) -> None:
    answer = await careful.start()

    started = answer.json()
    assert answer.status_code == 201
    assert (started["status"], started["awaits_approval"]) == ("Väntar på godkännande", True)
    assert [each["waits"] for each in started["occasions"]] == [False]
    assert careful.clinic.scheduler.plans == []


async def test_a_system_cannot_let_it_go(careful: Rest) -> None:
    dispatch_id = await careful.started()

    restarted = await careful.post(f"/api/paketutskick/{dispatch_id}/aterstarta")

    assert restarted.status_code == 409
    assert "Ett system, ett kommando eller driften kan inte göra det." in restarted.text
    assert careful.clinic.scheduler.plans == []


async def test_a_person_can_and_the_system_takes_back_what_it_started(careful: Rest) -> None:
    first, second = await careful.started(key="1"), await careful.started(key="2")

    careful.clinic.decide_approval.approve_dispatch(
        DispatchId(UUID(first)), actor=COLLEAGUE, now=careful.clinic.clock.now()
    )
    stopped = await careful.post(f"/api/paketutskick/{second}/stoppa")

    shown = (await careful.get(f"/api/paketutskick/{first}")).json()
    withdrawn = (await careful.get(f"/api/paketutskick/{second}")).json()
    assert stopped.status_code == 200
    assert (shown["status"], withdrawn["status"]) == ("Pågående", "Återtagen")
