"""`prefect server start` with our door in front, and a queue that is left alone between tasks.

Prefect's server looks into its own queue eight times a second and more, by default, which is a
third of what an idle server costs. There is no setting for it. What is in the queue can wait.
This leans on the server's own names, in this file alone.
"""

import runpy
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from docket import Docket, Worker
from fastapi import FastAPI, Request
from prefect.server.api import background_workers, dependencies, server
from prefect.server.schemas.core import CreatedBy
from prefect.settings import get_current_settings

from utskick.adapters.prefect_logins import PrefectLogins
from utskick.worker.door.door import OPERATOR, Door

_LOOKS_EVERY = timedelta(seconds=2)
_BEATS_EVERY = timedelta(seconds=30)
OPERATORS_TYPE = "operator"
"""What a run is created by, if whoever started it had signed in."""


def start(logins: PrefectLogins) -> None:
    """Serve until ended."""
    vars(server)["Docket"] = partial(Docket, heartbeat_interval=_BEATS_EVERY)
    vars(background_workers)["Worker"] = partial(
        Worker, minimum_check_interval=_LOOKS_EVERY, scheduling_resolution=_LOOKS_EVERY
    )
    vars(server)["create_app"] = _behind_the_door(server.create_app, logins)
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _behind_the_door(
    create_app: Callable[..., FastAPI], logins: PrefectLogins
) -> Callable[..., FastAPI]:
    """The server's services ask the same application, and come through the same door."""
    ready: list[FastAPI] = []

    def create(*args: Any, **kwargs: Any) -> FastAPI:
        app = create_app(*args, **kwargs)
        if app not in ready:
            api: FastAPI = vars(app)["api_app"]
            api.dependency_overrides[dependencies.get_created_by] = _signed_in
            app.add_middleware(Door, logins=logins, origins=_own_origins())
            ready.append(app)
        return app

    return create


def _own_origins() -> list[str]:
    return get_current_settings().server.api.cors_allowed_origins.split(",")


def _signed_in(request: Request) -> CreatedBy | None:
    """Whoever has signed in, in place of what a header claims."""
    name = request.scope.get(OPERATOR)
    return CreatedBy(type=OPERATORS_TYPE, display_value=name) if name else None
