"""How often the worker asks Prefect what there is to do."""

from typing import Any

import pytest

from utskick.worker.warm_worker import WarmWorker


class Pool:
    """A client of Prefect whose pool has `due` runs that are due, and counts the questions."""

    def __init__(self) -> None:
        self.due = 0
        self.asked = 0

    async def count_flow_runs(self, **_filters: Any) -> int:
        return self.due

    async def get_scheduled_flow_runs_for_work_pool(self, **_filters: Any) -> list[Any]:
        self.asked += 1
        return []


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def worker(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> WarmWorker:
    worker = WarmWorker(work_pool_name="utskick")
    monkeypatch.setattr(worker, "_client", pool)
    monkeypatch.setattr(worker, "_has_successfully_synced", True)
    return worker


async def test_the_pool_is_asked_at_first_so_that_the_deployments_count_as_polled(
    worker: WarmWorker, pool: Pool
) -> None:
    for _ in range(10):
        await worker.get_and_submit_flow_runs()

    assert pool.asked == 1


async def test_the_pool_is_asked_whenever_a_run_is_due(worker: WarmWorker, pool: Pool) -> None:
    await worker.get_and_submit_flow_runs()
    pool.due = 1

    await worker.get_and_submit_flow_runs()
    await worker.get_and_submit_flow_runs()

    assert pool.asked == 3


async def test_the_pool_is_asked_again_after_a_while(
    worker: WarmWorker, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utskick.worker.warm_worker._SEEN_EVERY_S", 0)

    for _ in range(3):
        await worker.get_and_submit_flow_runs()

    assert pool.asked == 3
