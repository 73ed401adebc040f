"""Prefect as the clock: one deployment for each occasion, with a one-shot schedule in local time.

An occasion that starts within two minutes gets its run at once, as a schedule whose time passes
before its run exists is never made up. Nothing rests on Prefect for sending once: a run that
comes twice, or all the same, finds nothing to do.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import RRuleSchedule
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Scheduled

from utskick.domain.occasions import OccasionId
from utskick.ports import OccasionPlan, ScheduledOccasion, TemporaryFailure

FLOW_NAME = "Skicka utskickstillfälle"
ENTRYPOINT = "flows.run_occasion.run_occasion"
"""As a module: a run needs no folder, since the package is installed."""

_AT_ONCE = timedelta(minutes=2)
_STARTS_WITHIN = timedelta(seconds=90)
"""A run that was taken so long ago, and has not claimed its occasion, has died on the way."""
_PAGE = 200
_SLUG = "tillfalle"
_OCCASION_TAG = "tillfälle:"
_REFUSED_IN_NAMES = re.compile(r"[/%&<>]")
_DTSTART = re.compile(r"DTSTART:(\d{8}T\d{6})")
_UNENDED = (StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING)


class PrefectScheduler:
    """A `Scheduler` on a Prefect 3 server."""

    def __init__(
        self,
        *,
        api_url: str,
        auth_string: str | None = None,
        work_pool: str,
        staff_url: str,
        timeout_s: float = 15,
    ) -> None:
        self._api_url = api_url
        self._auth_string = auth_string
        self._work_pool = work_pool
        self._staff_url = staff_url.rstrip("/")
        self._timeout_s = timeout_s

    def register(self, plan: OccasionPlan, *, now: datetime) -> None:
        with self._client() as client:
            at_once = plan.starts_at <= now + _AT_ONCE
            known = self._known(client, plan.occasion_id)
            if known is not None and not at_once and _is_as_planned(known, plan):
                return
            if known is not None and known.name != _name(plan):
                client.delete_deployment(known.id)
            deployment_id = self._deploy(client, plan, active=not at_once)
            if at_once:
                _run(client, deployment_id, plan, key=f"{plan.occasion_id}:{plan.version}")

    def start_now(self, plan: OccasionPlan, *, attempt: str, now: datetime) -> None:
        with self._client() as client:
            known = self._known(client, plan.occasion_id)
            deployment_id = known.id if known else self._deploy(client, plan, active=False)
            key = f"{plan.occasion_id}:{plan.version}:{attempt}"
            _run(client, deployment_id, plan, key=key, at=now)

    def retire(self, occasion_id: OccasionId) -> None:
        with self._client() as client:
            if known := self._known(client, occasion_id):
                for schedule in known.schedules:
                    if schedule.active:
                        client.update_deployment_schedule(known.id, schedule.id, active=False)

    def remove(self, occasion_id: OccasionId) -> None:
        with self._client() as client:
            if known := self._known(client, occasion_id):
                client.delete_deployment(known.id)

    def registered(self, *, now: datetime) -> Sequence[ScheduledOccasion]:
        with self._client() as client:
            coming = {run.deployment_id for run in _unended_runs(client) if _may_start(run, now)}
            return [
                ScheduledOccasion(
                    occasion_id=occasion_id,
                    version=int(deployment.parameters["order"]["version"]),
                    waiting=deployment.id in coming or _schedule_is_ahead(deployment, now),
                )
                for deployment in _deployments(client)
                if (occasion_id := _occasion_of(deployment)) is not None
            ]

    @contextmanager
    def _client(self) -> Iterator[SyncPrefectClient]:
        """A client whose every failure says only that Prefect is away."""
        try:
            with SyncPrefectClient(
                api=self._api_url,
                auth_string=self._auth_string,
                httpx_settings={"timeout": self._timeout_s},
            ) as client:
                yield client
        except ObjectNotFound:
            # Another process has removed it: what was asked for is done, or is done next time.
            return
        except (httpx.HTTPError, PrefectException, RuntimeError) as error:
            raise TemporaryFailure(f"Prefect is away: {type(error).__name__}") from None

    def _known(
        self, client: SyncPrefectClient, occasion_id: OccasionId
    ) -> DeploymentResponse | None:
        found = client.read_deployments(
            deployment_filter=DeploymentFilter(
                tags=DeploymentFilterTags(all_=[f"{_OCCASION_TAG}{occasion_id}"])
            ),
            limit=1,
        )
        return found[0] if found else None

    def _deploy(self, client: SyncPrefectClient, plan: OccasionPlan, *, active: bool) -> UUID:
        return client.create_deployment(
            flow_id=client.create_flow_from_name(FLOW_NAME),
            name=_name(plan),
            description=self._description(plan),
            tags=[
                f"enhet:{plan.unit_id}",
                f"paketutskick:{plan.dispatch_id}",
                f"{_OCCASION_TAG}{plan.occasion_id}",
            ],
            parameters=_parameters(plan),
            schedules=[
                DeploymentScheduleCreate(schedule=_schedule(plan), active=active, slug=_SLUG)
            ],
            work_pool_name=self._work_pool,
            entrypoint=ENTRYPOINT,
        )

    def _description(self, plan: OccasionPlan) -> str:
        rows = {
            "Paketutskick": plan.package_name,
            "Enhet": f"{plan.unit_name} ({plan.unit_id})",
            "Titel för invånaren": plan.title,
            "Tillfälle": f"{plan.number} av {plan.of}",
            "Skickas": f"{plan.local:%Y-%m-%d %H:%M:%S}",
            "Mottagare": str(plan.recipients),
        }
        table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows.items())
        forms = "\n".join(f"- {_cell(name)}" for name in plan.form_names)
        link = f"{self._staff_url}/paketutskick/{plan.dispatch_id}"
        return f"| | |\n|---|---|\n{table}\n\n**Formulär**\n\n{forms}\n\n[Öppna utskicket]({link})"


def _name(plan: OccasionPlan) -> str:
    """The page shows a one-shot schedule without its date, so the name tells it."""
    package = _REFUSED_IN_NAMES.sub("-", plan.package_name)
    moment = f"{plan.local:%Y-%m-%d %H:%M}"
    return f"{package} · {plan.number} av {plan.of} · {moment} · {str(plan.occasion_id)[:8]}"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")


def _parameters(plan: OccasionPlan) -> dict[str, dict[str, str | int]]:
    return {"order": {"occasion_id": str(plan.occasion_id), "version": plan.version}}


def _schedule(plan: OccasionPlan) -> RRuleSchedule:
    """Once, in local time without zone: with one, Prefect would shift the hour."""
    assert isinstance(plan.local.tzinfo, ZoneInfo)
    start = plan.starts_at.astimezone(plan.local.tzinfo)
    return RRuleSchedule(
        rrule=f"DTSTART:{start:%Y%m%dT%H%M%S}\nRRULE:FREQ=DAILY;COUNT=1",
        timezone=plan.local.tzinfo.key,
    )


def _is_as_planned(known: DeploymentResponse, plan: OccasionPlan) -> bool:
    """Renewing what is the same would drop its run and make another."""
    schedules = [s.schedule for s in known.schedules if s.active]
    return (
        known.name == _name(plan)
        and known.parameters == _parameters(plan)
        and [s.rrule for s in schedules if isinstance(s, RRuleSchedule)] == [_schedule(plan).rrule]
    )


def _run(
    client: SyncPrefectClient,
    deployment_id: UUID,
    plan: OccasionPlan,
    *,
    key: str,
    at: datetime | None = None,
) -> None:
    client.create_flow_run_from_deployment(
        deployment_id,
        parameters=_parameters(plan),
        state=Scheduled(scheduled_time=at or plan.starts_at),
        name=_name(plan),
        idempotency_key=key,
    )


def _deployments(client: SyncPrefectClient) -> Iterator[DeploymentResponse]:
    offset = 0
    while page := client.read_deployments(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW_NAME])), limit=_PAGE, offset=offset
    ):
        yield from page
        offset += len(page)


def _unended_runs(client: SyncPrefectClient) -> Iterator[FlowRun]:
    offset = 0
    while page := client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW_NAME])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(_UNENDED)))
        ),
        limit=_PAGE,
        offset=offset,
    ):
        yield from page
        offset += len(page)


def _may_start(run: FlowRun, now: datetime) -> bool:
    """Whether a worker will still take the run, or has just done so."""
    if run.state_type is StateType.SCHEDULED:
        return True
    return run.state is not None and run.state.timestamp + _STARTS_WITHIN > now


def _schedule_is_ahead(deployment: DeploymentResponse, now: datetime) -> bool:
    for each in deployment.schedules:
        if each.active and isinstance(each.schedule, RRuleSchedule):
            found = _DTSTART.search(each.schedule.rrule)
            zone = ZoneInfo(each.schedule.timezone or "UTC")
            if found and datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=zone) > now:
                return True
    return False


def _occasion_of(deployment: DeploymentResponse) -> OccasionId | None:
    for tag in deployment.tags:
        if tag.startswith(_OCCASION_TAG):
            return OccasionId(UUID(tag.removeprefix(_OCCASION_TAG)))
    return None
