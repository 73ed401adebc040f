"""Register the standing deployments of `prefect.yaml`: `python -m flows.deploy`.

In one process, without questions, and with nothing of this folder: the runs import the package.
Done again, it renews them.
"""

import asyncio
from importlib import import_module
from typing import Any

import yaml
from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists
from prefect.utilities.callables import parameter_schema

from utskick.files import PREFECT_YAML
from utskick.wiring.safety import require_safe_settings
from utskick.worker.refusals import refused_in_words


async def deploy() -> None:
    """Make the work pool, and one deployment for each entry."""
    entries: list[dict[str, Any]] = yaml.safe_load(PREFECT_YAML.read_text())["deployments"]
    async with get_client() as client:
        for pool in {entry["work_pool"]["name"] for entry in entries}:
            await _make_pool(client, pool)
        for entry in entries:
            await _deploy(client, entry)


async def _make_pool(client: PrefectClient, name: str) -> None:
    try:
        await client.create_work_pool(WorkPoolCreate(name=name, type="process"))
    except ObjectAlreadyExists:
        return


async def _deploy(client: PrefectClient, entry: dict[str, Any]) -> None:
    module, _, function = entry["entrypoint"].rpartition(".")
    flow: Flow[..., Any] = getattr(import_module(module), function)
    await client.create_deployment(
        flow_id=await client.create_flow(flow),
        name=entry["name"],
        description=entry["description"],
        tags=entry["tags"],
        work_pool_name=entry["work_pool"]["name"],
        entrypoint=entry["entrypoint"],
        parameter_openapi_schema=closed_schema(flow),
        enforce_parameter_schema=True,
        schedules=[
            DeploymentScheduleCreate(
                schedule=CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]),
                slug=schedule["slug"],
            )
            for schedule in entry.get("schedules", [])
        ],
    )


def closed_schema(flow: Flow[..., Any]) -> dict[str, Any]:
    """What may be filled in, and nothing else: Prefect would keep it."""
    return parameter_schema(flow).model_dump_for_openapi() | {"additionalProperties": False}


def main() -> None:
    """As the other processes: nothing is registered from a demo's settings in production."""
    with refused_in_words():
        require_safe_settings()
    asyncio.run(deploy())


if __name__ == "__main__":
    main()
