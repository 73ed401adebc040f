"""Prefect as the clock: one deployment for each occasion, with a one-shot schedule in local time.

An occasion that starts within a quarter of an hour gets its run at once. Later ones get theirs
from Prefect, which surely looks each ten minutes: its quicker look at what is new passes over a
deployment when it comes late itself, and a schedule whose time passes before its run exists is
never made up. Nothing rests on Prefect for sending once: a run that
comes twice, or all the same, finds nothing to do.

A deployment shows what is to come: when its occasion has ended it is deleted, and its runs, which
have the occasion's name and tags, show what was. Ten thousand ended ones would be in the way of
operators, and of Prefect, which looks at all of them now and then.
"""

import ssl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import SettingsContext, get_settings_context
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.settings import Settings
from prefect.states import Cancelled, Crashed, Scheduled

from utskick.adapters.prefect_deployments import (
    KNOWN_DEPLOYMENTS,
    PARAMETERS,
    KnownDeployment,
    description_of,
    is_ahead,
    is_as_planned,
    name_of,
    occasion_of,
    parameters_of,
    schedule_of,
    tag_of,
    tags_of,
    version_of,
)
from utskick.domain.occasions import OccasionId, RunToken
from utskick.ports import OccasionPlan, RunUnderWay, ScheduledOccasion, TemporaryFailure

FLOW_NAME = "Skicka utskickstillfälle"
ENTRYPOINT = "flows.run_occasion.run_occasion"
"""As a module: a run needs no folder, since the package is installed."""

_AT_ONCE = timedelta(minutes=15)
_STARTS_WITHIN = timedelta(seconds=30)
"""A run that was taken so long ago, and has not claimed its occasion, has died on the way."""
_PAGE = 200
_HOLDS_A_PLACE = StateType.PENDING, StateType.RUNNING, StateType.CANCELLING
_DIED = "Its process died. What it had left to send is sent by another run."
_RETRIES = 2
"""For "database is locked". Prefect's own five take a minute, while staff wait for their page."""


_Found = TypeVar("_Found")


class PrefectScheduler:
    """A `Scheduler` on a Prefect 3 server."""

    def __init__(
        self,
        *,
        api_url: str,
        auth_string: str | None = None,
        work_pool: str,
        pages_url: str = "",
        timeout_s: float = 15,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._api_url = api_url
        self._auth_string = auth_string
        self._work_pool = work_pool
        self._pages_url = pages_url.rstrip("/")
        self._timeout_s = timeout_s
        self._tls = tls
        self._flow_id: UUID | None = None

    # Both take longer to make than a call takes, and not every process makes one.
    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    @cached_property
    def _settings(self) -> Settings:
        return get_settings_context().settings.copy_with_update({"client.max_retries": _RETRIES})

    def register_all(self, plans: Collection[OccasionPlan], *, now: datetime) -> None:
        with self._client() as client:
            known = _known(client, [plan.occasion_id for plan in plans])
            for plan in plans:
                self._register(client, plan, known.get(plan.occasion_id), now)

    def start_now(self, plan: OccasionPlan, *, attempt: str, now: datetime) -> None:
        with self._client() as client:
            known = _known(client, [plan.occasion_id]).get(plan.occasion_id)
            deployment_id = known.id if known else self._deploy(client, plan, active=False)
            key = f"{plan.occasion_id}:{plan.version}:{attempt}"
            _run(client, deployment_id, plan, key=key, at=now)

    def remove_all(self, occasion_ids: Collection[OccasionId]) -> None:
        with self._client() as client:
            deployment_ids = [known.id for known in _known(client, occasion_ids).values()]
            for deployment_id in deployment_ids:
                with suppress(ObjectNotFound):
                    client.delete_deployment(deployment_id)
            # Prefect's scheduler may have added one while its runs were being deleted.
            for run in _waiting_runs(client, deployment_ids):
                with suppress(ObjectNotFound):
                    client.delete_flow_run(run.id)

    def count_waiting(self) -> int:
        under_way = FlowRunFilter(state=_in_state(StateType.PENDING, StateType.RUNNING))
        with self._client() as client:
            known = client.request(
                "POST",
                "/deployments/count",
                json={"flows": _our_flow().model_dump(mode="json", exclude_unset=True)},
            )
            return int(known.text) - client.count_flow_runs(
                flow_filter=_our_flow(), flow_run_filter=under_way
            )

    def registered(
        self,
        *,
        only: Collection[OccasionId] | None = None,
        dead: Collection[RunToken] = (),
        now: datetime,
    ) -> Sequence[ScheduledOccasion]:
        ours = None if only is None else _of(only)
        with self._client() as client:
            coming = {
                run.deployment_id
                for run in _runs_that_may_start(client, ours, now)
                if run.id not in dead
            }
            return [
                ScheduledOccasion(
                    occasion_id=occasion_id,
                    version=version_of(known),
                    waiting=known.id in coming or is_ahead(known, now=now),
                )
                for known in _deployments(client, ours, flows=_our_flow())
                if (occasion_id := occasion_of(known)) is not None
            ]

    def under_way(self) -> Sequence[RunUnderWay]:
        pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[self._work_pool]))
        holding = FlowRunFilter(state=_in_state(*_HOLDS_A_PLACE))
        with self._client() as client:
            ours = {run.id for run in _runs(client, holding, pool, flows=_our_flow())}
            return [
                RunUnderWay(RunToken(run.id), run.id in ours, run.state.timestamp)
                for run in _runs(client, holding, pool, flows=None)
                if run.state is not None
            ]

    def report_dead(self, tokens: Collection[RunToken]) -> None:
        if not tokens:
            return
        known = FlowRunFilter(
            id=FlowRunFilterId(any_=list(tokens)), state=_in_state(*_HOLDS_A_PLACE)
        )
        with self._client() as client:
            for run in _runs(client, known, None, flows=None):
                # Whatever has ended meanwhile, Prefect leaves as it is.
                with suppress(ObjectNotFound):
                    client.set_flow_run_state(run.id, _died(run))

    @contextmanager
    def _client(self) -> Iterator[SyncPrefectClient]:
        """A client whose every failure says only that Prefect is away."""
        try:
            with (
                SettingsContext(profile=get_settings_context().profile, settings=self._settings),
                SyncPrefectClient(
                    api=self._api_url,
                    auth_string=self._auth_string,
                    httpx_settings={
                        "timeout": self._timeout_s,
                        # Not Prefect's own, which tries a refused connection for 1.5 s.
                        "transport": httpx.HTTPTransport(verify=self._certificates),
                        "verify": self._certificates,
                    },
                ) as client,
            ):
                yield client
        # An answer that makes no sense is a ValueError.
        except (httpx.HTTPError, PrefectException, RuntimeError, ValueError) as error:
            # Another server may be there the next time, with a database of its own.
            self._flow_id = None
            raise TemporaryFailure(f"Prefect is away: {type(error).__name__}") from None

    def _register(
        self,
        client: SyncPrefectClient,
        plan: OccasionPlan,
        known: KnownDeployment | None,
        now: datetime,
    ) -> None:
        at_once = plan.starts_at <= now + _AT_ONCE
        if known is not None and not at_once and is_as_planned(known, plan):
            return
        if known is not None and known.name != name_of(plan):
            client.delete_deployment(known.id)
        deployment_id = self._deploy(client, plan, active=not at_once)
        if at_once:
            key = f"{plan.occasion_id}:{plan.version}"
            _run(client, deployment_id, plan, key=key, at=max(plan.starts_at, now))

    def _deploy(self, client: SyncPrefectClient, plan: OccasionPlan, *, active: bool) -> UUID:
        if self._flow_id is None:
            self._flow_id = client.create_flow_from_name(FLOW_NAME)
        return client.create_deployment(
            flow_id=self._flow_id,
            name=name_of(plan),
            description=description_of(plan, pages_url=self._pages_url),
            tags=tags_of(plan),
            parameters=parameters_of(plan),
            schedules=[schedule_of(plan, active=active)],
            paused=False,
            work_pool_name=self._work_pool,
            entrypoint=ENTRYPOINT,
            parameter_openapi_schema=PARAMETERS,
            enforce_parameter_schema=True,
        )


def _known(
    client: SyncPrefectClient, occasion_ids: Collection[OccasionId]
) -> dict[OccasionId, KnownDeployment]:
    """Those of them that Prefect has."""
    if not occasion_ids:
        return {}
    return {
        occasion_id: known
        for known in _deployments(client, _of(occasion_ids), flows=None)
        if (occasion_id := occasion_of(known)) is not None
    }


def _run(
    client: SyncPrefectClient, deployment_id: UUID, plan: OccasionPlan, *, key: str, at: datetime
) -> None:
    client.create_flow_run_from_deployment(
        deployment_id,
        parameters=parameters_of(plan),
        state=Scheduled(scheduled_time=at),
        name=name_of(plan),
        idempotency_key=key,
    )


def _of(occasion_ids: Collection[OccasionId]) -> DeploymentFilter:
    tags = [tag_of(occasion_id) for occasion_id in occasion_ids]
    return DeploymentFilter(tags=DeploymentFilterTags(any_=tags))


def _deployments(
    client: SyncPrefectClient, ours: DeploymentFilter | None, *, flows: FlowFilter | None
) -> Iterator[KnownDeployment]:
    def read(offset: int) -> Sequence[KnownDeployment]:
        answer = client.request(
            "POST",
            "/deployments/filter",
            json={
                "flows": flows.model_dump(mode="json") if flows else None,
                "deployments": ours.model_dump(mode="json") if ours else None,
                "limit": _PAGE,
                "offset": offset,
            },
        )
        return KNOWN_DEPLOYMENTS.validate_json(answer.content)

    return _paged(read)


def _runs_that_may_start(
    client: SyncPrefectClient, ours: DeploymentFilter | None, now: datetime
) -> Iterator[FlowRun]:
    """Unended, and soon: later ones are seen by their schedules."""
    soon = FlowRunFilter(
        state=_in_state(StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now + _AT_ONCE),
    )
    runs = _paged(
        lambda offset: client.read_flow_runs(
            flow_filter=_our_flow(),
            flow_run_filter=soon,
            deployment_filter=ours,
            limit=_PAGE,
            offset=offset,
        )
    )
    return (run for run in runs if _may_start(run, now))


def _waiting_runs(
    client: SyncPrefectClient, deployment_ids: Collection[UUID]
) -> Sequence[FlowRun]:
    if not deployment_ids:
        return []
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=list(deployment_ids)),
            state=_in_state(StateType.SCHEDULED),
        )
    )


def _runs(
    client: SyncPrefectClient,
    wanted: FlowRunFilter,
    pool: WorkPoolFilter | None,
    *,
    flows: FlowFilter | None,
) -> Sequence[FlowRun]:
    return list(
        _paged(
            lambda offset: client.read_flow_runs(
                flow_filter=flows,
                flow_run_filter=wanted,
                work_pool_filter=pool,
                limit=_PAGE,
                offset=offset,
            )
        )
    )


def _died(run: FlowRun) -> State[Any]:
    """One that an operator was cancelling can only become cancelled."""
    if run.state_type is StateType.CANCELLING:
        return Cancelled(message=_DIED)
    return Crashed(message=_DIED)


def _paged(read: Callable[[int], Sequence[_Found]]) -> Iterator[_Found]:
    offset = 0
    while page := read(offset):
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE


def _our_flow() -> FlowFilter:
    return FlowFilter(name=FlowFilterName(any_=[FLOW_NAME]))


def _in_state(*types: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))


def _may_start(run: FlowRun, now: datetime) -> bool:
    """Whether a worker will still take the run, or has just done so."""
    if run.state_type is StateType.SCHEDULED:
        return True
    return run.state is not None and run.state.timestamp + _STARTS_WITHIN > now
