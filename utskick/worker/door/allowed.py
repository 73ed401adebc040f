"""What operators may ask of Prefect: to look at everything, and to start, cancel, pause.

Not to change what a run does: a deployment's command or a pool's would be run by a stock worker as
it stands, and whose order a run is must not be changed after it was given.
"""

import re
from collections.abc import Mapping
from typing import Any

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LOOKS = re.compile(
    r"/(?:.+/)?(?:filter|paginate|count|history|lateness|concurrency_status)"
    r"|/events/count-by/[a-z]+|/ui/.+"
)
"""What Prefect's page asks by POST without changing anything."""
_START = re.compile(rf"/deployments/{_ID}/create_flow_run")
_POOL = re.compile(r"/work_pools/[^/]+")
_CHANGES = (
    ("POST", _START),
    ("POST", re.compile(rf"/deployments/{_ID}/(?:pause|resume)_deployment")),
    ("POST", re.compile(rf"/flow_runs/{_ID}/set_state")),
    ("POST", re.compile(r"/flow_runs/bulk_(?:set_state|delete)")),
    ("DELETE", re.compile(rf"/flow_runs/{_ID}")),
    ("PUT", re.compile(r"/saved_searches/")),
    ("DELETE", re.compile(rf"/saved_searches/{_ID}")),
    ("POST", re.compile(r"(?:/v2)?/concurrency_limits/")),
    ("PATCH", re.compile(r"/v2/concurrency_limits/[^/]+")),
    ("DELETE", re.compile(r"(?:/v2)?/concurrency_limits/(?:tag/)?[^/]+")),
    ("PATCH", _POOL),
)
_OF_A_POOL = {"is_paused", "concurrency_limit"}
STREAMS = re.compile(r"/(?:events|logs)/out")
"""The websockets that Prefect's page opens."""


def is_look(method: str, path: str) -> bool:
    """Whether it only reads. `path` is below `/api`."""
    return method in ("GET", "HEAD") or (method == "POST" and bool(_LOOKS.fullmatch(path)))


def may(method: str, path: str) -> bool:
    """Whether operators may ask for it at all."""
    return is_look(method, path) or any(
        method == known and address.fullmatch(path) for known, address in _CHANGES
    )


def may_with(path: str, body: Mapping[str, Any]) -> bool:
    """Whether they may say this with it."""
    if _START.fullmatch(path):
        # Prefect reads 0, "no" and "false" as False as well.
        free = body.get("enforce_parameter_schema", True) not in (True, None)
        return not (free or body.get("job_variables") or body.get("infrastructure_document_id"))
    if _POOL.fullmatch(path):
        return set(body) <= _OF_A_POOL
    return True
