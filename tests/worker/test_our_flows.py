"""The worker runs our flows, and nothing else."""

import pytest
import yaml

from utskick.adapters.prefect_scheduler import ENTRYPOINT
from utskick.files import PREFECT_YAML
from utskick.worker.our_flows import NotOurFlow, flow_named, our_flows


def test_every_flow_that_is_deployed_can_be_run() -> None:
    entries = yaml.safe_load(PREFECT_YAML.read_text())["deployments"]

    ours = {f"{flow.fn.__module__}.{flow.fn.__name__}" for flow in our_flows().values()}
    assert {*(each["entrypoint"] for each in entries), ENTRYPOINT} == ours


@pytest.mark.parametrize("name", ["", "os.system", "run_occasion", "flows.deploy.deploy"])
def test_nothing_else_is_ever_run(name: str) -> None:
    with pytest.raises(NotOurFlow):
        flow_named(name)
