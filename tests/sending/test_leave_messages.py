"""A message leaves while its batch may: within the lease, and while nothing holds it back."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.clinic import PHQ, Clinic, a_clinic
from tests.use_cases.afternoons import ready_to_send
from tests.use_cases.clinic_days import Meanwhile
from utskick.domain.brakes import BrakeScope
from utskick.domain.units import Actor, HsaId
from utskick.sending.run_occasion import OccasionRun
from utskick.store import SqlStore

ADMINISTRATOR = Actor("SE2321000131-P000000000003", HsaId("SE2321000131-S000000000001"))


async def ready_to_notify(clinic: Clinic, *, in_the_first: Callable[[], None]) -> OccasionRun:
    """Both forms are sent; something happens while the first of two messages is left."""
    _dispatch, run = await ready_to_send(clinic, forms=[PHQ.key])
    await run.send_forms()
    left = iter([in_the_first])

    def once() -> None:
        for happens in left:
            happens()
            return

    clinic.inbox.fails_before = Meanwhile(once)
    return run


@pytest.mark.parametrize("heard_within_s", [1, 30])
async def test_a_batch_ends_when_a_brake_is_pulled(store: SqlStore, heard_within_s: float) -> None:
    clinic = a_clinic(
        store, inbox_concurrency=1, lease_s=86_400, stop_heard_within_s=heard_within_s
    )

    def pull() -> None:
        now = clinic.clock.now()
        clinic.pull_brake.pull(BrakeScope(), "Fel", actor=ADMINISTRATOR, now=now)

    run = await ready_to_notify(clinic, in_the_first=pull)
    async with run.held():
        await run.send_inbox_messages()

    assert len(clinic.inbox.messages) == 1


async def test_a_message_that_its_lease_does_not_cover_is_tried_anew(
    store: SqlStore, tmp_path: Path
) -> None:
    clinic = a_clinic(store, inbox_concurrency=1, lease_s=600, stop_heard_within_s=86_400)
    run = await ready_to_notify(clinic, in_the_first=lambda: clinic.clock.advance(301))

    async with run.held():
        await run.send_inbox_messages()

    assert len(clinic.inbox.messages) == 2
    with closing(sqlite3.connect(tmp_path / "utskick.db")) as connection:
        attempts = connection.execute("SELECT attempt FROM inbox_message ORDER BY attempt")
        assert attempts.fetchall() == [(1,), (2,)]
