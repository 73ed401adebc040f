"""What the web process and the worker do beside their own work."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.clinic import Clinic
from tests.people import TOLVAN
from tests.waiting import beside, until
from tests.web.conftest import Broken, services_of
from utskick.domain.certificates import Certificate
from utskick.worker.background_work import run_background_work


async def test_the_background_work_registers_what_the_scheduler_missed(clinic: Clinic) -> None:
    await clinic.start()
    plan = clinic.scheduler.plans[0]
    clinic.scheduler.remove_all([plan.occasion_id])
    clinic.clock.moment = plan.starts_at + timedelta(minutes=1)

    async with beside(run_background_work(services_of(clinic))):
        await until(lambda: clinic.scheduler.plans)


async def test_the_background_work_survives_a_fault_and_logs_only_its_kind(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    broken = replace(services_of(clinic), store=Broken())

    async with beside(run_background_work(broken)) as task:
        await until(lambda: "Reconciling failed: RuntimeError" in caplog.text)

        assert not task.done()
    assert TOLVAN.digits not in caplog.text


async def test_a_certificate_that_has_ended_is_said_at_the_start(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    ended = clinic.clock.now() - timedelta(days=1)
    clinic.certificates.held.append(
        Certificate(setting="UTSKICK_PLATFORM", path="ours.pem", mark="x", ends_at=ended)
    )

    async with beside(run_background_work(services_of(clinic))):
        await until(lambda: "UTSKICK_PLATFORM (ours.pem): ended" in caplog.text)
