"""What an installation costs while nothing is due, as shares of one core."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun

from benchmarks import NotAsPromised
from benchmarks.installation import Installation
from benchmarks.processes import Usage
from utskick.adapters.prefect_logins import login_of_processes

AUDIT = "Stäm av/Stäm av"
AUDITED_EVERY_S = 3600
"""As its schedule in `prefect.yaml` says."""
_ENDS_WITHIN_S = 600
_LOOKS_EVERY_S = 1


class AuditFailed(NotAsPromised):
    """The audit's run did not complete, so that its cost means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Shares of one core, for each process. `audit_cpu_s` is one audit's, run by the worker.

    The audit comes seldom: whether one fell into the time that was measured would decide the
    figure. So it is kept out of it, and counted as what one costs, for each time between two.
    """

    seconds: float
    at_rest: Mapping[str, float]
    audit_s: float
    audit_cpu_s: Mapping[str, float]

    @property
    def of_each(self) -> dict[str, float]:
        """With its part of the audits."""
        return {
            name: share + self.audit_cpu_s.get(name, 0) / AUDITED_EVERY_S
            for name, share in self.at_rest.items()
        }

    @property
    def in_all(self) -> float:
        return sum(self.of_each.values())


def measure_idle(installed: Installation, *, seconds: float, calm_s: float) -> Idle:
    """Let it be for `calm_s`, measure for `seconds`, then run one audit. Raises `AuditFailed`."""
    with (
        SyncPrefectClient(
            api=f"{installed.stack.prefect_url}/api",
            auth_string=login_of_processes(installed.stack.services.settings.scheduler),
        ) as client,
        _without_audits(client) as audit_id,
    ):
        time.sleep(calm_s)
        before, began = installed.usage(), time.monotonic()
        time.sleep(seconds)
        at_rest = shares(before, installed.usage(), time.monotonic() - began)
        before, began = installed.usage(), time.monotonic()
        _run_to_end(client, audit_id)
        # What the run leaves to be written, a moment later.
        time.sleep(_LOOKS_EVERY_S)
        took = time.monotonic() - began
        audit = above(at_rest, before, installed.usage(), took)
    return Idle(seconds=seconds, at_rest=at_rest, audit_s=round(took, 1), audit_cpu_s=audit)


def shares(
    before: Mapping[str, Usage], after: Mapping[str, Usage], seconds: float
) -> dict[str, float]:
    """Of one core, of each process."""
    return {name: after[name].since(before[name]).cpu_s / seconds for name in before}


def above(
    at_rest: Mapping[str, float],
    before: Mapping[str, Usage],
    after: Mapping[str, Usage],
    seconds: float,
) -> dict[str, float]:
    """CPU seconds of each process beyond what it would have used at rest."""
    used = shares(before, after, seconds)
    return {name: max(0.0, used[name] - at_rest[name]) * seconds for name in used}


@contextmanager
def _without_audits(client: SyncPrefectClient) -> Iterator[UUID]:
    audit_id = client.read_deployment_by_name(AUDIT).id
    # This one, unlike the client's method, takes away the run that waits already.
    client.request("POST", "/deployments/{id}/pause_deployment", path_params={"id": str(audit_id)})
    try:
        yield audit_id
    finally:
        client.request(
            "POST", "/deployments/{id}/resume_deployment", path_params={"id": str(audit_id)}
        )


def _run_to_end(client: SyncPrefectClient, deployment_id: UUID) -> None:
    run: FlowRun = client.create_flow_run_from_deployment(deployment_id)
    until = time.monotonic() + _ENDS_WITHIN_S
    while run.state is None or not run.state.is_final():
        if time.monotonic() > until:
            raise AuditFailed("it did not end")
        time.sleep(_LOOKS_EVERY_S)
        run = client.read_flow_run(run.id)
    if not run.state.is_completed():
        raise AuditFailed(run.state.name)
