"""One heartbeat keeps all that a process has, and gives it its part of the calls."""

from collections.abc import Mapping
from uuid import uuid4

import pytest

from tests.clinic import PHQ, Clinic, a_clinic
from tests.waiting import until
from utskick.domain.occasions import OccasionId, RunToken
from utskick.sending import heartbeat
from utskick.sending.run_occasion import OccasionRun
from utskick.store import SqlStore
from utskick.store.occasions import SqlOccasions

_LEASE_S = 60


@pytest.fixture(autouse=True)
def _beats_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """While leases last until they are cut short."""
    monkeypatch.setattr(heartbeat, "_BEATS_IN_A_LEASE", 60 * _LEASE_S)


async def claimed(clinic: Clinic) -> OccasionRun:
    dispatch = (await clinic.start(forms=[PHQ.key])).dispatch
    run = clinic.run_of(dispatch.occasions[0])
    run.claim()
    return run


def abandoned(store: SqlStore) -> list[tuple[OccasionId, RunToken]]:
    with store.transaction() as records:
        return records.occasions.abandoned()


def run_out(store: SqlStore, *runs: OccasionRun) -> None:
    """As if nobody had renewed their leases for long."""
    with store.transaction() as records:
        records.occasions.renew({run.token: run.occasion_id for run in runs}, lease_s=-1)


async def test_all_that_is_held_outlives_its_leases(store: SqlStore) -> None:
    clinic = a_clinic(store, lease_s=_LEASE_S)
    first, second = await claimed(clinic), await claimed(clinic)

    async with first.held(), second.held():
        run_out(store, first, second)

        await until(lambda: abandoned(store) == [])


async def test_what_is_let_go_runs_out_while_the_rest_is_kept(store: SqlStore) -> None:
    clinic = a_clinic(store, lease_s=_LEASE_S)
    first, second = await claimed(clinic), await claimed(clinic)

    async with second.held():
        async with first.held():
            pass
        run_out(store, first, second)

        await until(lambda: abandoned(store) == [(first.occasion_id, first.token)])


async def test_a_beat_that_fails_is_followed_by_another(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = a_clinic(store, lease_s=_LEASE_S)
    run = await claimed(clinic)
    renew, failures = SqlOccasions.renew, [True]

    def failing(self: SqlOccasions, held: Mapping[RunToken, OccasionId], *, lease_s: float) -> int:
        if failures:
            failures.pop()
            raise RuntimeError("the database is away")
        return renew(self, held, lease_s=lease_s)

    run_out(store, run)
    monkeypatch.setattr(SqlOccasions, "renew", failing)
    async with run.held():
        await until(lambda: abandoned(store) == [])

    assert not failures


async def test_the_calls_at_once_are_divided_among_the_processes_that_send(
    store: SqlStore,
) -> None:
    one, other = (a_clinic(store, lease_s=_LEASE_S, forms_concurrency=50) for _ in range(2))

    async with (await claimed(one)).held():
        async with (await claimed(other)).held():
            await until(lambda: (one.call_slots.at_once, other.call_slots.at_once) == (25, 25))

        await until(lambda: one.call_slots.at_once == 50)


def test_a_process_that_has_gone_leaves_its_part_to_the_others(store: SqlStore) -> None:
    gone, goes_on, died = uuid4(), uuid4(), uuid4()
    with store.transaction() as records:
        records.budgets.count_sender(gone, lease_s=60)
        records.budgets.count_sender(died, lease_s=-1)
        both = records.budgets.count_sender(goes_on, lease_s=60)

    with store.transaction() as records:
        records.budgets.forget_sender(gone)
        alone = records.budgets.count_sender(goes_on, lease_s=60)

    assert (both, alone) == (2, 1)
