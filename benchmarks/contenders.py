"""Three ways to make the same CreateFormRequest calls."""

import asyncio
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from prefect import flow
from prefect import task as prefect_task
from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_LEVEL, temporary_settings
from prefect.task_runners import ThreadPoolTaskRunner

from config.settings import FormServiceSettings, InboxSettings, PersonsSettings, Settings
from utskick.adapters.in_memory import InMemoryScheduler
from utskick.adapters.prefect_environment import prefect_environment
from utskick.adapters.yaml_region import read_region
from utskick.domain.occasions import RunToken
from utskick.domain.specs import DispatchSpec, Moment
from utskick.domain.units import Actor, HsaId
from utskick.running.children import Children
from utskick.running.ports import HOST, choose_ports
from utskick.use_cases.load_region import load_region
from utskick.use_cases.message_values import PLACEHOLDERS
from utskick.use_cases.run_occasion import OccasionRun
from utskick.use_cases.start_dispatch import start_dispatch
from utskick.wiring import Services, make_key_file, wire

UNIT = HsaId("SE2321000131-E000000000101")
PACKAGE = "vuxenpsykiatri-infor-besok"
_PREPARED_WITHIN = timedelta(seconds=8)
_ANSWER_BY, _PURGE_AFTER = date(2030, 1, 1), date(2030, 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What all contenders have to do."""

    url: str
    numbers: list[str]
    form_keys: list[str]
    form_ids: list[str]
    concurrency: int

    def bodies(self) -> Iterator[dict[str, Any]]:
        """The calls, as the form service wants them."""
        for number in self.numbers:
            for form_id in self.form_ids:
                request = {
                    "expireDate": f"{_ANSWER_BY:%Y%m%d}",
                    "healthcare_facility_CareUnit": UNIT,
                    "keepUntil": f"{_PURGE_AFTER:%Y%m%d}",
                    "subjectOfCare": number,
                    "templateId": form_id,
                }
                yield {"formRequests": [request]}


@dataclass(frozen=True, slots=True)
class Ours:
    """Seconds: before the moment, from the moment until all is sent, and to close."""

    preparing_s: float
    sending_s: float
    closing_s: float


def wired(folder: Path, url: str, *, concurrency: int) -> Services:
    """The product on SQLite and its own HTTP adapters; nothing is scheduled."""
    default = Settings()
    key_file = folder / "keys.json"
    make_key_file(key_file)
    database = default.database.model_copy(
        update={"url": f"sqlite:///{folder / 'utskick.db'}", "key_file": key_file}
    )
    settings = default.model_copy(
        update={
            "database": database,
            "forms": FormServiceSettings(url=f"{url}/forms", concurrency=concurrency),
            "inbox": InboxSettings(url=f"{url}/inbox", concurrency=concurrency, per_s=10_000),
            "persons": PersonsSettings(url=f"{url}/persons", per_s=1000),
        }
    )
    services = replace(wire(settings), scheduler=InMemoryScheduler())
    region = read_region(settings.region, texts=services.texts, placeholders=PLACEHOLDERS)
    load_region(region, store=services.store)
    return services


async def ours(task: Task, services: Services, *, inbox_messages: bool) -> Ours:
    """One occasion as the product sends it, from its claim to its close."""
    run = await _started(task, services, inbox_messages=inbox_messages)
    began = time.perf_counter()
    await asyncio.to_thread(run.claim)
    async with run.held():
        await run.check_templates()
        await run.validate_recipients()
        await asyncio.to_thread(run.render_message)
        prepared = time.perf_counter()
        await run.wait_until_due()
        due = time.perf_counter()
        await asyncio.gather(run.send_forms(), run.send_inbox_messages())
        sent = time.perf_counter()
        await asyncio.to_thread(run.close)
    return Ours(prepared - began, sent - due, time.perf_counter() - sent)


async def bare_loop(task: Task) -> float:
    """The least there is to it: as many workers as calls are allowed, and no memory of anything.

    Each worker has a client of its own: one client for all spends its time on searching its pool.
    """
    waiting = list(task.bodies())
    certificates = ssl.create_default_context()

    async def worker() -> None:
        async with httpx.AsyncClient(timeout=60, verify=certificates) as client:
            while waiting:
                answer = await client.post(
                    f"{task.url}/forms/CreateFormRequest", json=waiting.pop()
                )
                assert answer.json()["resultCode"] == "OK"

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(task.concurrency)))
    return time.perf_counter() - began


@contextmanager
def prefect_server(folder: Path) -> Iterator[None]:
    """A real server of its own, which this process then talks to."""
    port = choose_ports(usual=False).prefect
    api_url = f"http://{HOST}:{port}/api"
    environment = prefect_environment(home=folder / "prefect", api_url=api_url)
    with Children(logs=folder / "prefect-logs", environment=environment) as server:
        server.start(
            "prefect",
            [
                *(sys.executable, "-m", "prefect", "server", "start"),
                *("--host", HOST, "--port", str(port)),
            ],
        )
        server.wait_healthy("prefect", f"{api_url}/health")
        with temporary_settings({PREFECT_API_URL: api_url, PREFECT_LOGGING_LEVEL: "WARNING"}):
            yield


def plain_prefect(task: Task) -> float:
    """A flow with one task for each form, as one would write it first."""
    client = httpx.Client(limits=httpx.Limits(max_connections=task.concurrency), timeout=60)

    @prefect_task
    def send(body: dict[str, Any]) -> None:
        answer = client.post(f"{task.url}/forms/CreateFormRequest", json=body)
        assert answer.json()["resultCode"] == "OK"

    runner: Any = ThreadPoolTaskRunner(max_workers=task.concurrency)

    @flow(task_runner=runner)
    def send_all(bodies: list[dict[str, Any]]) -> None:
        send.map(bodies).wait()

    with client:
        began = time.perf_counter()
        send_all(list(task.bodies()))
        return time.perf_counter() - began


async def _started(task: Task, services: Services, *, inbox_messages: bool) -> OccasionRun:
    moment = services.clock.now() + _PREPARED_WITHIN
    local = moment.astimezone(services.rules.zone)
    spec = DispatchSpec(
        unit=UNIT,
        package=PACKAGE,
        recipients=task.numbers,
        forms=task.form_keys,
        creates_inbox_message=inbox_messages,
        start=Moment(date=f"{local:%Y-%m-%d}", time=f"{local:%H:%M:%S}"),
        answer_by=_ANSWER_BY,
        purge_after=_PURGE_AFTER,
    )
    started = await start_dispatch(
        spec,
        actor=Actor("benchmark", UNIT),
        submission_key=str(uuid4()),
        with_=services.starting,
        now=services.clock.now(),
    )
    return services.occasion_run(started.dispatch.occasions[0].id, RunToken(uuid4()))
