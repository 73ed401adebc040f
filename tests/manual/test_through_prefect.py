"""What staff do, as the real Prefect server sees it. No worker: nothing is sent here."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.clinic import STAFF, UNIT, WEEKLY, Clinic
from tests.people import ANNA, BO
from tests.prefect_server import WORK_POOL, PrefectServer
from utskick.adapters.prefect_scheduler import PrefectScheduler
from utskick.domain.dispatches import Dispatch
from utskick.domain.specs import DispatchSpec
from utskick.use_cases.clean_up import CleanUp
from utskick.use_cases.restart_dispatch import RestartDispatch
from utskick.use_cases.stop_dispatch import StopDispatch

THREE_SPRING_MONDAYS = {"date": "2027-03-15", "time": "08:00"}
"""Summer time begins before the last of them."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The clinic, with Prefect for its clock."""

    clinic: Clinic
    scheduler: PrefectScheduler

    async def start(self) -> Dispatch:
        spec = {
            "unit": UNIT.id,
            "package": WEEKLY.key,
            "start": THREE_SPRING_MONDAYS,
            "recipients": [ANNA.digits, BO.digits],
        }
        started = await replace(self.clinic.start_dispatch, scheduler=self.scheduler)(
            DispatchSpec.model_validate(spec),
            actor=STAFF,
            submission_key=str(uuid4()),
            now=self.clinic.clock.now(),
        )
        assert started.registered
        return started.dispatch

    def stop(self, dispatch: Dispatch) -> None:
        StopDispatch(
            store=self.clinic.store,
            scheduler=self.scheduler,
            clock=self.clinic.clock,
            rules=self.clinic.rules,
        )(dispatch.id, actor=STAFF, now=self.clinic.clock.now())

    def restart(self, dispatch: Dispatch) -> None:
        RestartDispatch(
            store=self.clinic.store, scheduler=self.scheduler, rules=self.clinic.rules
        )(dispatch.id, actor=STAFF, now=self.clinic.clock.now())


@pytest.fixture
def server(prefect_server: PrefectServer) -> PrefectServer:
    return prefect_server


@pytest.fixture
def scheduled(clinic: Clinic, server: PrefectServer) -> Scheduled:
    prefect = PrefectScheduler(
        api_url=server.api_url, auth_string=server.logins.processes, work_pool=WORK_POOL
    )
    return Scheduled(clinic, prefect)


async def test_every_occasion_gets_one_run_just_before_its_local_time(
    scheduled: Scheduled, server: PrefectServer
) -> None:
    """Kontrollera eventuella förvalda värden för Datum och Klockslag för de olika
    utskickstillfällena/tillfället.
    """
    dispatch = await scheduled.start()

    for occasion in dispatch.occasions:
        run = server.run(occasion.id)
        assert f"{occasion.local:%H:%M}" == "08:00"
        latest = occasion.sends_at - scheduled.clinic.rules.lead
        # Earlier by as much as it takes to ask the inbox about whoever it has not answered about.
        assert run.expected_start_time is not None
        assert latest - timedelta(seconds=10) <= run.expected_start_time <= latest


async def test_operators_see_package_and_unit_and_nobodys_personnummer(
    scheduled: Scheduled, server: PrefectServer
) -> None:
    """Paketutskickets namn så som det visas för vårdpersonal."""
    dispatch = await scheduled.start()

    shown = server.deployment(dispatch.occasions[0].id).model_dump_json()

    assert WEEKLY.name in shown
    assert UNIT.id in shown
    assert not any(text in shown for who in (ANNA, BO) for text in (who.digits, who.formatted))


async def test_nothing_of_a_stopped_package_waits_to_be_started(
    scheduled: Scheduled, server: PrefectServer
) -> None:
    """Klicka på Stoppa Paketutskick högst upp på sidan."""
    dispatch = await scheduled.start()
    occasions = [occasion.id for occasion in dispatch.occasions]
    for occasion_id in occasions:
        server.run(occasion_id)

    scheduled.stop(dispatch)

    assert not any(server.deployments(occasion_id) for occasion_id in occasions)
    assert not any(
        run.state is not None and run.state.is_scheduled()
        for occasion_id in occasions
        for run in server.runs(occasion_id)
    )


async def test_a_restarted_package_waits_for_each_occasion_again(
    scheduled: Scheduled, server: PrefectServer
) -> None:
    """Klicka på Återstarta Paketutskick."""
    dispatch = await scheduled.start()
    scheduled.stop(dispatch)

    scheduled.restart(dispatch)

    known = {
        each.occasion_id: each.waiting
        for each in scheduled.scheduler.registered(now=scheduled.clinic.clock.now())
    }
    assert all(known[occasion.id] for occasion in dispatch.occasions)
    assert [len(server.deployments(o.id)) for o in dispatch.occasions] == [1, 1, 1]


async def test_a_deleted_package_is_gone_from_prefect_too(
    scheduled: Scheduled, server: PrefectServer
) -> None:
    """Paketutskick … finns kvar i listan i 7 dagar. Därefter raderas de."""
    dispatch = await scheduled.start()
    clinic = scheduled.clinic
    clinic.stop(dispatch)

    CleanUp(store=clinic.store, scheduler=scheduled.scheduler, rules=clinic.rules)(
        now=clinic.clock.now() + timedelta(days=7)
    )

    assert not any(server.deployments(occasion.id) for occasion in dispatch.occasions)
