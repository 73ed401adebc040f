"""The worker runs our flows, and nothing else."""

from pathlib import Path

import pytest
import yaml
from prefect.workers.base import BaseWorker

from flows.deploy import PREFECT_YAML
from flows.warm_worker import NotOurFlow, WarmWorker, flow_named, our_flows
from utskick.adapters.prefect_scheduler import ENTRYPOINT


def test_every_flow_that_is_deployed_can_be_run() -> None:
    entries = yaml.safe_load(Path(PREFECT_YAML).read_text())["deployments"]
    modules = (each["entrypoint"].replace(".py:", ".").replace("/", ".") for each in entries)

    ours = {f"{flow.fn.__module__}.{flow.fn.__name__}" for flow in our_flows().values()}
    assert {*modules, ENTRYPOINT} == ours


@pytest.mark.parametrize("name", ["", "os.system", "run_occasion", "flows.deploy.deploy"])
def test_nothing_else_is_ever_run(name: str) -> None:
    with pytest.raises(NotOurFlow):
        flow_named(name)


def test_prefect_finds_the_worker_by_its_type() -> None:
    assert BaseWorker.get_worker_class_from_type("warm") is WarmWorker
