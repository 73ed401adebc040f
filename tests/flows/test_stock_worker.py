"""Prefect's own worker, which starts an interpreter for each run, sends what ours sends."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.states import Scheduled

from tests.clinic import Clinic
from tests.flows.stock_occasion import ENTRYPOINT, MOMENT, STORE
from tests.prefect_server import PrefectServer
from utskick.adapters.prefect_scheduler import FLOW_NAME
from utskick.domain.occasions import Occasion

_ROOT = Path(__file__).parents[2]
_POOL = "stock"


async def test_an_occasion_that_prefects_own_worker_runs_is_sent_and_shown_alike(
    prefect_server: PrefectServer, clinic: Clinic, tmp_path: Path
) -> None:
    dispatch = (await clinic.start()).dispatch
    occasion = dispatch.occasions[0]
    run_id = _scheduled(occasion, prefect_server.client)

    _work_once(
        **prefect_server.environment,
        **{
            "PREFECT_HOME": str(tmp_path / "prefect"),
            STORE: f"sqlite:///{tmp_path}/utskick.db",
            MOMENT: str(occasion.sends_at - clinic.rules.lead),
        },
    )

    state = prefect_server.client.read_flow_run(run_id).state
    assert state is not None
    assert (state.name, state.message) == ("Skickat", "8 av 8 formulär skickade")
    with clinic.store.transaction() as records:
        forms = records.progress.summary(dispatch.id)
    assert [form.sent for form in forms] == [2] * 4


def _scheduled(occasion: Occasion, client: SyncPrefectClient) -> UUID:
    """A run of it that is due, in a pool of its own."""
    client.create_work_pool(WorkPoolCreate(name=_POOL, type="process"))
    order = {"occasion_id": str(occasion.id), "version": occasion.version}
    deployment_id = client.create_deployment(
        flow_id=client.create_flow_from_name(FLOW_NAME),
        name="stock",
        work_pool_name=_POOL,
        entrypoint=ENTRYPOINT,
    )
    return client.create_flow_run_from_deployment(
        deployment_id, parameters={"order": order}, state=Scheduled()
    ).id


def _work_once(**environment: str) -> None:
    """Take what is due, and wait for its end."""
    stock = ("prefect", "worker", "start", "--pool", _POOL, "--type", "process", "--run-once")
    subprocess.run(
        [sys.executable, "-m", *stock],
        env=os.environ | environment | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        check=True,
    )
